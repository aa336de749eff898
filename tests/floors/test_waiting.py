"""An export that a killed process left waiting."""

from __future__ import annotations

from pathlib import Path

import etl
from etl.export.write import waiting


def test_a_half_written_export_never_comes_into_its_place(tmp_path: Path) -> None:
    """What a process of our own number left half written is taken away, also where there is nothing new."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text("id\n1\n", encoding="utf-8")
    output = tmp_path / "out.json"
    dataset = etl.Dataset(source_dir=str(tmp_path / "in"), output=str(output))
    etl.run(dataset)
    whole = output.read_bytes()
    waiting(output).write_bytes(whole[:5])
    assert etl.run(dataset).status == "nothing new"
    assert output.read_bytes() == whole
    assert not list(tmp_path.glob(".etl-*"))
