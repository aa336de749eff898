"""Which format a file's name asks for."""

from __future__ import annotations

from dataclasses import dataclass

from etl.errors import UsageError
from etl.names import Sql

_FORMATS = {
    ".json": "FORMAT json, ARRAY true",
    ".ndjson": "FORMAT json, ARRAY false",
    ".jsonl": "FORMAT json, ARRAY false",
    ".csv": "FORMAT csv, HEADER true",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
}
_TEXTS = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\n'"
_BARE = {
    ".json": _TEXTS + ", PREFIX E'[\\n\\t', SUFFIX E'\\n]\\n', NEW_LINE E',\\n\\t'",
    ".ndjson": _TEXTS,
    ".jsonl": _TEXTS,
}
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True, slots=True)
class Format:
    """How DuckDB writes a file.

    Args:
        extension: Of the format, without the compression.
        options: Of COPY.
        bare: Of a COPY of texts of JSON as they stand, one a row; None where the format is not JSON.
    """

    extension: str
    options: Sql
    bare: Sql | None = None


def format_of(name: str) -> Format:
    """The format of a file name; `-` is JSON.

    Raises:
        UsageError: Its extension is none that can be written.
    """
    lower = "x.json" if name == "-" else name.lower()
    compression = next((c for c in _COMPRESSIONS if lower.endswith(c)), None)
    stem = lower.removesuffix(compression) if compression else lower
    extension = next((e for e in _FORMATS if stem.endswith(e)), None)
    if extension is None or (compression and extension == ".parquet"):
        raise UsageError(
            f"The output {name} has no extension that tells its format: give {', '.join(_FORMATS)}, "
            "the text ones also with .gz or .zst."
        )
    options = _FORMATS[extension]
    if extension != ".parquet":
        options += f", COMPRESSION {_COMPRESSIONS[compression] if compression else 'none'}"
    bare = _BARE.get(extension)
    if bare is not None:
        bare += f", COMPRESSION {_COMPRESSIONS[compression] if compression else 'none'}"
    return Format(extension, Sql(options), None if bare is None else Sql(bare))
