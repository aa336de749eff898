"""What a file is by its first bytes, where that is not what its name or the stated encoding claims."""

from __future__ import annotations

import re

from etl.errors import Problem
from etl.sources import content
from etl.sources.formats import CALLED, Format
from etl.sources.unpack import whole_file

_CLAIMS = (
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an Office document that is old or encrypted"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_HTML = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_CONTROL = bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32))
_BINARY_SAMPLE = 4096
_BINARY_SHARE = 0.3
_BINARY_LEAST = 16


def false_claim(start: bytes, path: str, stated_encoding: str | None, claimed: Format = "csv") -> Problem | None:
    """What a file is that begins like this, where that is no text of the format that its name claims."""
    code, wanted = f"not_{claimed}", CALLED[claimed]
    for magic, what in _CLAIMS:
        if start.startswith(magic):
            return whole_file(code, path, f"the file is {what}, not {wanted}", "Give it the name of what it is")
    if _HTML.match(start):
        return whole_file(code, path, f"the file is an HTML page, not {wanted}",
                          "Fetch it again; a log-in or error page may have been saved in its place")
    if stated_encoding is not None and (mark := content.other_mark(start, stated_encoding)) is not None:
        return whole_file("other_encoding", path, f"the file begins with the byte order mark of {mark}, which is not "
                          f"the stated --encoding {stated_encoding}", f"Leave --encoding out, or state {mark}")
    if content.encoding_of(start, stated_encoding) == "utf-8":
        sample = start[:_BINARY_SAMPLE]
        controls = len(sample) - len(sample.translate(None, _CONTROL))
        if len(sample) >= _BINARY_LEAST and controls > _BINARY_SHARE * len(sample):
            return whole_file(code, path, f"the file is binary, not {wanted}",
                              "If it is text, state its --encoding, for example utf-16")
    return None
