"""What the name of a file says of it: its format and its compression. The one place that knows extensions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from etl.config import Reading, SourceFormat

Format = SourceFormat
FORMATS: tuple[Format, ...] = get_args(Format)
Compression = Literal["none", "gzip", "zstd", "bzip2", "xz", "zip"]

TEXT_EXTENSIONS: dict[str, Format] = {  # of text: each may be compressed as well
    ".csv": "csv", ".tsv": "csv", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson",
}
CLOSED_EXTENSIONS: dict[str, Format] = {".parquet": "parquet", ".xlsx": "xlsx"}  # they compress by themselves
CLOSED: tuple[Format, ...] = ("parquet", "xlsx")
COMPRESSIONS: dict[str, Compression] = {
    ".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip",
}
CALLED: dict[Format, str] = {
    "csv": "CSV text", "json": "JSON text", "ndjson": "lines of JSON", "parquet": "a Parquet file",
    "xlsx": "an XLSX workbook",
}

_COMPRESSED = dict(COMPRESSIONS) | {".zstd": "zstd"}  # `.zstd` is understood where a file is named
_EXTENSIONS = TEXT_EXTENSIONS | CLOSED_EXTENSIONS


def _any_of(extensions: dict[str, Format] | dict[str, Compression]) -> str:
    return "|".join(re.escape(extension) for extension in extensions)


KNOWN = re.compile(rf".(?:(?:{_any_of(TEXT_EXTENSIONS)})(?:{_any_of(COMPRESSIONS)})?|{_any_of(CLOSED_EXTENSIONS)})\Z",
                   re.IGNORECASE | re.DOTALL)
SAID = (f"Files end in {', '.join(TEXT_EXTENSIONS)}, also with {', '.join(COMPRESSIONS)} behind it, or in "
        f"{' or '.join(CLOSED_EXTENSIONS)}; others are named one by one")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file's name claims.

    Args:
        extension: The known extension of the format, in lower case; empty where the name has none.
    """

    format: Format
    compression: Compression
    extension: str


def claim_of(path: str) -> Claim:
    """What a file's name claims; a name without a known extension claims CSV."""
    lowered = path.lower()
    compression: Compression = "none"
    for extension, found in _COMPRESSED.items():
        if lowered.endswith(extension):
            compression, lowered = found, lowered.removesuffix(extension)
            break
    extension = next((extension for extension in _EXTENSIONS if lowered.endswith(extension)), "")
    return Claim(_EXTENSIONS.get(extension, "csv"), compression, extension)


def read_as(path: str, reading: Reading) -> tuple[Format, Compression]:
    """How a file is read: in the stated format, else in that of its name."""
    claim = claim_of(path)
    form = reading.format or claim.format
    return form, "none" if form in CLOSED else claim.compression
