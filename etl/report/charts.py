"""The charts of a report, drawn by matplotlib as SVG, wide for a screen or paper and narrow for a phone.

A chart goes into the page as a picture (`data:` address), where nothing of it can run or reach anything.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from etl.report.facts import FileRow, PastLoad
from etl.report.words import amount, elided, shown

WIDE, NARROW = 9.2, 4.1  # inches, drawn at 80 dots each
ROOMY, CLOSE = 38, 22  # characters of a name beside a bar
BARS = 15  # files that have a bar of their own

# Told apart by who sees no red or no green (after Okabe and Ito).
COLOURS = {
    "inserted": "#009e73", "updated": "#0072b2", "unchanged": "#aab4be", "duplicate": "#e8b23a",
    "superseded": "#cc79a7", "rejected": "#d55e00",
}
INK, QUIET, RULE = "#1d2733", "#5b6875", "#dfe4e9"
THIS, OTHERS, FAILED, FAINT = "#0b4f8a", "#9dc0dd", "#d55e00", "#fbe7dc"

STYLE: Any = {  # matplotlib types its keys one by one, and not alike in its versions
    "svg.fonttype": "none",  # texts stay texts, in the font of who reads them
    "svg.hashsalt": "etl",  # the same chart has the same bytes
    "text.parse_math": False,  # a `$` in a file's name is a `$`
    "font.family": "sans-serif", "font.size": 10.5, "text.color": INK, "axes.labelcolor": QUIET,
    "xtick.color": QUIET, "ytick.color": INK, "axes.edgecolor": RULE,
}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: two pictures of it as addresses for `src`, and what it shows, in words."""

    wide: str
    narrow: str
    said: str


def books_chart(files: Sequence[FileRow]) -> Chart:
    """What became of the records of each file: a bar a file, the longest ones by themselves."""
    bars = _bars(files)
    used = [word for word in COLOURS if any(getattr(file, word) for file in files)]

    def draw(axes: Axes, room: int) -> None:
        starts = [0] * len(bars)
        for word in used:
            lengths = [sum(getattr(file, word) for file in part) for _, part in bars]
            axes.barh(range(len(bars)), lengths, left=starts, height=0.68, color=COLOURS[word])
            starts = [start + length for start, length in zip(starts, lengths, strict=True)]
        for place, total in enumerate(starts):
            axes.annotate(f"{total:,}", (total, place), xytext=(5, 0), textcoords="offset points", va="center",
                          color=QUIET, fontsize=9.5)
        _rows(axes, [name for name, _ in bars], room, max(starts, default=0))
        _legend(axes, {word: Patch(color=COLOURS[word]) for word in used}, room)

    return _chart(draw, 0.75 + 0.34 * len(bars), "For each file a bar as long as its records, divided by what became "
                  f"of them: {', '.join(used) or 'none'}. The table below has the numbers.")


def reasons_chart(reasons: Sequence[tuple[str, int]]) -> Chart:
    """How many records each reason rejected."""
    def draw(axes: Axes, room: int) -> None:
        counts = [count for _, count in reasons]
        axes.barh(range(len(reasons)), counts, height=0.62, color=COLOURS["rejected"])
        for place, count in enumerate(counts):
            axes.annotate(f"{count:,}", (count, place), xytext=(5, 0), textcoords="offset points", va="center",
                          color=QUIET, fontsize=9.5)
        _rows(axes, [name for name, _ in reasons], room, max(counts, default=0))

    return _chart(draw, 0.45 + 0.34 * len(reasons), "For each reason a bar as long as the number of records. "
                  "The table below has the numbers.")


def history_chart(loads: Sequence[PastLoad], load_id: int) -> Chart:
    """Records in the table after each load; the load of the report stands out, a failed one is hatched."""
    states = {(load.load_id, load.status) for load in loads}

    def draw(axes: Axes, room: int) -> None:
        for place, load in enumerate(loads):
            colour = THIS if load.load_id == load_id else OTHERS
            if load.status == "loaded":
                axes.bar(place, load.records, width=0.78, color=colour)
            else:
                axes.bar(place, load.records, width=0.78, facecolor=FAINT if load.load_id == load_id else "white",
                         edgecolor=FAILED, hatch="////", linewidth=1.2)
        every = max(1, -(-len(loads) // (8 if room == CLOSE else 20)))
        places = range((len(loads) - 1) % every, len(loads), every)
        axes.set_xticks(places, [str(loads[place].load_id) for place in places])
        axes.set_xlabel("load", fontsize=9.5)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.set_xlim(-0.7, max(len(loads), 6) - 0.3)
        axes.set_ylim(0, max((load.records for load in loads), default=0) * 1.08 or 1)
        axes.grid(axis="y", color=RULE, linewidth=0.8)
        axes.spines["bottom"].set_visible(True)
        _legend(axes, {
            **({"this load": Patch(color=THIS)} if (load_id, "loaded") in states else {}),
            "other loads": Patch(color=OTHERS),
            **({"failed, changed nothing": Patch(facecolor="white", edgecolor=FAILED, hatch="////")}
               if any(status != "loaded" for _, status in states) else {}),
        }, room)

    return _chart(draw, 2.6, "For each load a column as high as the records in the table after it. "
                  "The table below has the numbers.")


def _bars(files: Sequence[FileRow]) -> list[tuple[str, list[FileRow]]]:
    """The names of the bars from above, each with the rows that it counts."""
    named = [file for file in files if file.path is not None]
    if len(files) <= BARS:
        rest = [file for file in files if file.path is None]
    else:
        largest = sorted(named, key=lambda file: -file.read)[:BARS - 1]
        rest = [file for file in files if file not in largest]
        named = [file for file in named if file in largest]
    bars = [(shown(file.path), [file]) for file in named]
    if rest:
        bars.append((f"{sum(file.files for file in rest):,} other files", rest))
    return bars


def _rows(axes: Axes, names: Sequence[str], room: int, longest: int) -> None:
    """Horizontal bars with their names, the first one at the top."""
    axes.set_yticks(range(len(names)), [elided(name, room) for name in names])
    axes.invert_yaxis()
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, (longest or 1) * 1.01)
    axes.margins(y=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3 if room == CLOSE else 6, integer=True))
    axes.grid(axis="x", color=RULE, linewidth=0.8)


def _legend(axes: Axes, kinds: Mapping[str, Patch], room: int) -> None:
    """What each colour means, over the whole width above the chart."""
    figure = axes.figure
    figure.legend(list(kinds.values()), list(kinds), loc="outside upper left", ncols=3 if room == CLOSE else 6,
                  frameon=False, handlelength=0.9, handleheight=0.9, columnspacing=1.2, handletextpad=0.5,
                  borderpad=0.2, fontsize=9.5 if room == CLOSE else None)


def _chart(draw: Callable[[Axes, int], None], height: float, said: str) -> Chart:
    return Chart(_picture(draw, WIDE, height, ROOMY), _picture(draw, NARROW, height, CLOSE), said)


def _picture(draw: Callable[[Axes, int], None], width: float, height: float, room: int) -> str:
    """Draw a chart as SVG; `room` is `ROOMY` or `CLOSE`."""
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name may have characters that matplotlib's own font lacks: browsers do not
        figure = Figure(figsize=(width, height), dpi=80, layout="constrained")
        axes = figure.add_subplot()
        axes.set_axisbelow(True)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.tick_params(length=0)
        draw(axes, room)
        svg = io.StringIO()
        figure.savefig(svg, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(svg.getvalue().encode()).decode()
