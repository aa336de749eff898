"""The page in a real browser: it asks for nothing, complains of nothing, runs nothing, and fits its window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.report import report
from report.browser import Browser, browser, path_of_browser
from report.conftest import EVIL, Past

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

SIDEWAYS = "[...document.querySelectorAll('div.wide')].filter(d => d.scrollWidth > d.clientWidth).length"
PNG, PDF = b"\x89PNG", b"%PDF"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DRAWN = "[...document.images].filter(i => i.offsetWidth).map(i => i.complete && i.naturalWidth > 0)"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, where there is one."""
    program = path_of_browser()
    if program is None:
        pytest.skip("there is no chromium; `bash tests/report/browser.sh` installs it")
    with browser(program, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the last load, as a file."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report(past.warehouse, None, 5), encoding="utf-8")
    return path


def test_a_page_that_misbehaves_is_found_out(window: Browser, tmp_path: Path) -> None:
    """A page with a request, an error and a script of its own is caught at each of them."""
    bad = tmp_path / "bad.html"
    bad.write_text("<img src='http://127.0.0.1:9/x.png'><script>console.error('oh'); nothing()</script>")
    window.open(bad)
    assert "http://127.0.0.1:9/x.png" in window.asked
    assert any("oh" in complaint for complaint in window.complaints)
    assert any("nothing" in complaint for complaint in window.complaints)


def test_the_page_asks_for_nothing_and_complains_of_nothing(window: Browser, page: Path) -> None:
    """No request but its own, no line on the console, no dialog; all its pictures are drawn."""
    window.size(1200, 900)
    window.open(page)
    assert [address for address in window.asked if not address.startswith("data:")] == [page.as_uri()]
    assert window.complaints == []
    drawn = window.ask(DRAWN)
    assert len(drawn) == 3
    assert all(drawn)


def test_a_script_in_a_cell_stays_text(window: Browser, page: Path) -> None:
    """It is seen as it stands in the file, and there is no script in the page."""
    window.open(page)
    assert EVIL in window.ask("document.body.innerText")
    assert window.ask("document.scripts.length") == 0
    assert window.ask("[...document.all].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length") == 0


@pytest.mark.parametrize(("width", "phone"), [(1200, False), (768, False), (375, True), (320, True)])
def test_the_page_fits_its_window(window: Browser, page: Path, width: int, phone: bool) -> None:
    """On a desk, a tablet and a phone nothing stands out at the side, and each chart is there once."""
    window.size(width, 800, phone=phone)
    window.open(page)
    assert window.ask("window.innerWidth") == width
    assert window.ask(WIDER) == 0
    assert window.ask(SIDEWAYS) == 0 or width < 375
    assert window.ask(DRAWN) == [True] * 3
    assert window.picture().startswith(PNG)


def test_the_page_prints(window: Browser, page: Path) -> None:
    """It becomes a PDF of a few pages."""
    window.size(1200, 900)
    window.open(page)
    paper = window.paper()
    assert paper.startswith(PDF)
    assert 1 <= paper.count(b"/Type /Page\n") <= 6
