"""Zips: of one file, and what else may stand around and between the files of one."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Generator

from etl.errors import Problem
from etl.sources.formats import CALLED, Format, claim_of
from etl.sources.unpack import BEHIND, Unreadable, corrupt, whole_file
from etl.sources.zip_members import contents, encrypted, folder, opened, unreadable

APART = "Fetch it again; where files were put together, take them apart"
_UTF_8 = 0x800  # how a name is written; otherwise in the code page of the first PCs
_DESCRIBED = 8  # checksum and sizes stand behind the file, not before it
_HEADER = struct.Struct("<4s2x2H4x3I2H")  # before a file: APPNOTE.TXT of PKWARE, 4.3.7
_ELSEWHERE = 0xFFFFFFFF  # where a size stands in a field of 64 bits
_END = 22  # bytes of the record that ends a zip, its comment behind it
_BESIDE = ("__MACOSX/",)  # what macOS adds to a zip of one file


def unzip(raw: io.FileIO, path: str, most: int, form: Format | None) -> Generator[bytes]:
    """The one file in a zip, its checksum and length verified.

    Args:
        most: Bytes of the largest piece that is given.
        form: What the file is read as by the name of the zip, which its own name must not contradict; None where the
            format is stated.

    Raises:
        Unreadable: It is no zip, is damaged, is encrypted, has something before or behind it, holds another number of
            files than one, or one of another format.
    """
    try:
        with opened(raw) as archive:
            inside = _only(archive, path)
            if (beside := beside_zip(raw, archive)) is not None:
                raise Unreadable(corrupt(path, "zip", beside))
            if (other := _other_format(inside.filename, path, form)) is not None:
                raise Unreadable(other)
            yield from contents(raw, inside, most)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable(corrupt(path, "zip", str(error))) from error
    except NotImplementedError as error:
        raise Unreadable(_not_unpacked(path, str(error))) from error


def beside_zip(raw: io.FileIO, archive: zipfile.ZipFile) -> str | None:
    """What a zip holds that its directory does not list, or says otherwise; None where there is nothing.

    A zip is read from its end, so that of two that were put together the first would be passed over, and so would a
    file between two others; whoever reads it from its beginning would find other files.
    """
    at = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.header_offset != at:
            return ("there is something before its beginning, such as another zip or a program" if at == 0 else
                    f"its directory does not list what stands before {info.filename}")
        end = _end(raw, info)
        if end is None:
            return f"what stands before {info.filename} says otherwise than its directory"
        at = end
    if at != archive.start_dir:
        return "its directory does not list what stands before it"
    raw.seek(at)
    rest = raw.read()
    last = rest.rfind(b"PK\x05\x06")
    end = at + last + _END + int.from_bytes(rest[last + 20 : last + 22], "little")
    return None if end == raw.seek(0, io.SEEK_END) else BEHIND


def _end(raw: io.FileIO, info: zipfile.ZipInfo) -> int | None:
    """Where a file of a zip ends; None where its own header is not what the directory says of it."""
    raw.seek(info.header_offset)
    head = raw.read(_HEADER.size)
    if len(head) < _HEADER.size:
        return None
    mark, flags, method, checksum, packed, size, name, extra = _HEADER.unpack(head)
    end: int = info.header_offset + _HEADER.size + name + extra + info.compress_size
    if mark != b"PK\x03\x04" or method != info.compress_type or _other_name(raw.read(name), flags, info):
        return None
    if not flags & _DESCRIBED:
        said = ((checksum, info.CRC), (packed, info.compress_size), (size, info.file_size))
        return end if all(here in (there, _ELSEWHERE) for here, there in said) else None
    raw.seek(end)
    behind = raw.read(24)
    marked = 4 if behind.startswith(b"PK\x07\x08") else 0
    for sizes in ("<III", "<IQQ"):
        described = behind[marked : marked + struct.calcsize(sizes)]
        if described == struct.pack(sizes, info.CRC, info.compress_size & _most(sizes), info.file_size & _most(sizes)):
            return end + marked + len(described)
    return None


def _other_name(name: bytes, flags: int, info: zipfile.ZipInfo) -> bool:
    """Whether the header of a file of a zip has another name than the directory."""
    try:
        return name.decode("utf-8" if flags & _UTF_8 else "cp437") != info.orig_filename
    except UnicodeDecodeError:
        return True


def _most(sizes: str) -> int:
    """The largest size that a description of a file has room for."""
    return (1 << 64) - 1 if "Q" in sizes else (1 << 32) - 1


def _only(archive: zipfile.ZipFile, path: str) -> zipfile.ZipInfo:
    """The one file of a zip."""
    files = [info for info in archive.infolist() if not folder(info) and not info.filename.startswith(_BESIDE)]
    if len(files) != 1:
        have = ", ".join(info.filename for info in files[:5]) + (", ..." if len(files) > 5 else "")  # noqa: PLR2004
        what = f"the zip holds {len(files)} files ({have})" if files else "the zip holds no file"
        raise Unreadable(whole_file("not_one_file", path, f"{what}; one is needed", "Unpack it, and load its files"))
    if encrypted(files[0]):
        raise Unreadable(whole_file("encrypted", path, "the file in the zip is encrypted", "Unpack it first"))
    if (why := unreadable(files[0])) is not None:
        raise Unreadable(_not_unpacked(path, f"{files[0].filename} {why}"))
    return files[0]


def _not_unpacked(path: str, why: str) -> Problem:
    return whole_file("unreadable_zip", path, f"the zip cannot be unpacked ({why})",
                      "Unpack it, and load the file in it")


def _other_format(inside: str, path: str, form: Format | None) -> Problem | None:
    """What is said where the name of the file in a zip claims another format than the zip's."""
    claim = claim_of(inside)
    if form is None or not claim.extension or claim.format == form:
        return None
    return whole_file(f"not_{form}", path, f"the file in the zip is {inside}, which is {CALLED[claim.format]}, not "
                      f"{CALLED[form]}", f"Unpack it, or state its --format {claim.format}")
