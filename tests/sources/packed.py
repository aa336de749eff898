"""Bytes compressed in each of the ways that are read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import zstandard

EXTENSIONS = (".gz", ".zst", ".bz2", ".xz", ".zip")
STREAMS = EXTENSIONS[:-1]


def packed(data: bytes, extension: str) -> bytes:
    """The bytes as a file of that extension holds them."""
    if extension == ".zip":
        return zipped({"x.csv": data})
    if extension == ".zst":
        return zstandard.ZstdCompressor(write_checksum=True).compress(data)
    return {".gz": lambda: gzip.compress(data, mtime=0), ".bz2": lambda: bz2.compress(data),
            ".xz": lambda: lzma.compress(data)}[extension]()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()
