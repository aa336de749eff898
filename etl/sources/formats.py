"""What the name of a file says of it: its format and its compression. The one place that knows extensions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Format = Literal["csv"]
Compression = Literal["none", "gzip", "zstd", "bzip2", "xz", "zip"]

TEXT_EXTENSIONS: dict[str, Format] = {".csv": "csv", ".tsv": "csv"}  # of text: each may be compressed as well
COMPRESSIONS: dict[str, Compression] = {
    ".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip",
}

_COMPRESSED = dict(COMPRESSIONS) | {".zstd": "zstd"}  # `.zstd` is understood where a file is named


def _any_of(extensions: dict[str, Format] | dict[str, Compression]) -> str:
    return "|".join(re.escape(extension) for extension in extensions)


KNOWN = re.compile(rf".(?:{_any_of(TEXT_EXTENSIONS)})(?:{_any_of(COMPRESSIONS)})?\Z", re.IGNORECASE | re.DOTALL)
SAID = (f"Files end in {' or '.join(TEXT_EXTENSIONS)}, also with {', '.join(COMPRESSIONS)} behind it; "
        "others are named one by one")


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
    extension = next((extension for extension in TEXT_EXTENSIONS if lowered.endswith(extension)), "")
    return Claim(TEXT_EXTENSIONS.get(extension, "csv"), compression, extension)
