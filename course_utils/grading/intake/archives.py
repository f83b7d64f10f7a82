"""Unpack archives that strangers packed: nothing leaves its folder, and none fills the disk.

What cannot be taken is named, and the rest goes on.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from course_utils.grading.note import counted, quoted

ZIP, TAR = (".zip",), (".tar", ".tar.gz", ".tgz")
CLUTTER = {"__MACOSX", ".DS_Store"}
MAX_FILES = 10_000  # in one archive
MAX_BYTES = 50_000_000  # that a small archive may unpack to
MAX_RATIO = 20  # a large one may unpack to so many times its size
MAX_DEPTH = 2  # archives in archives in an archive
LONGEST = 200  # bytes of a name
CHUNK = 2**20
UTF8 = 0x800  # the flag of a name in a zip that says how it is written
FAULTS = (
    OSError, ValueError, RuntimeError, EOFError, NotImplementedError, zlib.error,
    zipfile.BadZipFile, tarfile.TarError, RecursionError, MemoryError, OverflowError,
)  # fmt: skip

Say = Callable[[str], None]


@dataclass(frozen=True)
class Member:
    """A file in an archive.

    Attributes
    ----------
    name : str
        With folders, as the archive has it.
    size : int
        Bytes that it says it unpacks to; no more are ever taken.
    why_not : str
        Why it is not taken; empty if it is.
    open : callable
    """

    name: str
    size: int
    why_not: str
    open: Callable[[], IO[bytes]]


def is_archive(name: str) -> bool:
    """Say whether a file's name is that of an archive that can be unpacked."""
    return name.lower().endswith((*ZIP, *TAR))


def stem(name: str) -> str:
    """Return an archive's name without what says that it is one."""
    ending = next(e for e in (*TAR, *ZIP) if name.lower().endswith(e))
    return name[: -len(ending)]


def unpack(archive: Path, folder: Path, say: Say, depth: int = 0, room: int = 0) -> int:
    """Unpack an archive and the archives in it.

    Small files come first, and each archive in it has its share of the room, so that a large one is
    never in the way of others.

    Parameters
    ----------
    archive, folder : Path
        What to unpack, and the folder to make for it.
    say : callable
        Told what is left out, and why.
    depth : int
        How many archives this one is in.
    room : int
        Bytes that may be written; worked out from the archive's size if it is 0.

    Returns
    -------
    int
        The bytes that were written.
    """
    name = quoted(archive.name)
    try:
        room = room or max(MAX_BYTES, MAX_RATIO * archive.stat().st_size)
        with _members(archive, room) as members:
            written, inner = _write(members, folder, room, lambda what: say(f"{name}: {what}"))
    except FAULTS as error:
        say(f"{name} cannot be unpacked ({_says(error)}): ask for another")
        return 0
    inner.sort(key=lambda path: path.stat().st_size)
    for i, path in enumerate(inner):
        if depth == MAX_DEPTH:
            say(f"{name}: {quoted(path.name)} is an archive too deep in others")
            continue
        inside = path.with_name(stem(path.name))
        if inside.exists():
            say(f"{name}: there are a folder and an archive {quoted(inside.name)}")
            continue
        share = max(1, (room - written) // (len(inner) - i))  # each leaves room for those to come
        written += unpack(path, inside, lambda what: say(f"{name}: {what}"), depth + 1, share)
    return written


def unpack_outer(archive: Path, folder: Path, say: Say, spelled: Callable[[str], str]) -> None:
    """Unpack an archive, and leave the archives in it as they are.

    Parameters
    ----------
    archive, folder : Path
        What to unpack, and the folder to make for it.
    say : callable
        Told what is left out, and why.
    spelled : callable
        Makes a name of one that does not say how it is written, and was read as DOS writes.
    """
    name = quoted(archive.name)
    try:
        room = max(MAX_BYTES, MAX_RATIO * archive.stat().st_size)
        with _members(archive, room, spelled) as members:
            _write(members, folder, room, lambda what: say(f"{name}: {what}"))
    except FAULTS as error:
        say(f"{name} cannot be unpacked ({_says(error)}): ask for another")


def _write(members: list[Member], folder: Path, room: int, say: Say) -> tuple[int, list[Path]]:
    """Write the files of one archive; return how many bytes, and which of them are archives."""
    written, inner = 0, []
    folder.mkdir(parents=True, exist_ok=True)
    for member in sorted(members, key=lambda member: member.size):
        if CLUTTER & set(member.name.split("/")):
            continue
        why = member.why_not or unsafe(member.name)
        if not why and member.size > room - written:
            why = f"all files together would take more than {room // 1_000_000} MB"
        target = folder / PurePosixPath(member.name)
        if not why and os.path.lexists(target):
            why = "there are two of this name"
        if why:
            say(f"{quoted(member.name)} is left out, because {why}")
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            written += _copy(member, target)
        except FAULTS as error:
            say(f"{quoted(member.name)} is left out, because it is damaged ({_says(error)})")
            continue
        inner += [target] if is_archive(member.name) else []
    return written, inner


def _copy(member: Member, target: Path) -> int:
    written = 0
    with member.open() as source, target.open("xb") as file:
        try:
            while chunk := source.read(CHUNK):
                written += len(chunk)
                if written > member.size:
                    raise ValueError("it is larger than it says")
                file.write(chunk)
        except BaseException:
            target.unlink()
            raise
    return written


def unsafe(name: str) -> str:
    """Say why no file may get a name, which may have folders; nothing if it may."""
    parts = name.split("/")
    if "\\" in name or name[1:2] == ":":
        return "its name is not one that every system has"
    if name.startswith("/") or ".." in parts:
        return "it would be put outside its folder"
    if not all(parts) or "." in parts:
        return "its name is not plain"
    if not name.isprintable():
        return "its name has characters that cannot be seen"
    if max(len(part.encode()) for part in parts) > LONGEST or len(parts) > 20:
        return "its name is too long"
    return ""


@contextmanager
def _members(
    archive: Path, room: int, spelled: Callable[[str], str] = str
) -> Iterator[list[Member]]:
    """Open an archive and list its files."""
    if archive.name.lower().endswith(ZIP):
        with zipfile.ZipFile(archive) as opened:
            infos = [info for info in opened.infolist() if not info.is_dir()]
            _require_few(len(infos))
            yield [_zipped(opened, info, spelled) for info in infos]
    else:
        with tempfile.TemporaryFile() as plain:
            _decompress(archive, plain, 2 * room)
            with tarfile.open(fileobj=plain, mode="r:") as tar:
                found = []
                while (info := tar.next()) is not None:
                    found += [] if info.isdir() else [_tarred(tar, info)]
                    _require_few(len(found))
                yield found


def _decompress(archive: Path, plain: IO[bytes], most: int) -> None:
    """Write the bytes of a tar, so that no more than these can be read of it."""
    opener = open if archive.name.lower().endswith(".tar") else gzip.open
    with opener(archive, "rb") as source:
        while chunk := source.read(CHUNK):
            if plain.tell() + len(chunk) > most:
                raise ValueError(f"it unpacks to more than {most // 1_000_000} MB")
            plain.write(chunk)
    plain.seek(0)


def _require_few(count: int) -> None:
    if count > MAX_FILES:
        raise ValueError(f"it has more than {counted(MAX_FILES, 'file')}")


def _zipped(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, spelled: Callable[[str], str]
) -> Member:
    why = ""
    name = info.filename if info.flag_bits & UTF8 else spelled(info.filename)
    kind = info.external_attr >> 28  # of a file on Unix; 0 where the archive was made elsewhere
    if info.flag_bits & 0x1:
        why = "it is encrypted"
    elif kind not in (0, 0o10):
        why = "it is a link, or no ordinary file"
    return Member(name, info.file_size, why, lambda: opened.open(info))


def _tarred(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    def contents() -> IO[bytes]:
        file = tar.extractfile(info)
        assert file is not None
        return file

    why = "" if info.isreg() and not info.issparse() else "it is a link, or no ordinary file"
    return Member(info.name.removeprefix("./"), info.size, why, contents)


def _says(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
