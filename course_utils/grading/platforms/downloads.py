"""Open what was downloaded from a platform, and list the files that it gave."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.intake.archives import (
    CLUTTER,
    Say,
    is_archive,
    unpack_outer,
    unsafe,
)
from course_utils.grading.note import quoted
from course_utils.grading.platforms.names import respelled


@dataclass(frozen=True)
class Given:
    """A file as the platform gave it.

    Attributes
    ----------
    name : str
        Its path in the download, as the platform wrote it.
    path : Path
        Where it can be read.
    archive : str
        The name of the download.
    stamp : str
        A digest of the download, so that it is known when it comes again.
    """

    name: str
    path: Path
    archive: str
    stamp: str


def given_files(downloads: Sequence[Path], scratch: Path, say: Say) -> list[Given]:
    """List the files in downloads: archives, folders into which one was unpacked, single files.

    Archives in them, which students packed, are left as they are.

    Parameters
    ----------
    downloads : sequence of Path
    scratch : Path
        An empty folder to unpack into.
    say : callable
        Told what is left out, and why.

    Raises
    ------
    CourseError
        If one of the downloads is not there.
    """
    found = []
    for number, download in enumerate(downloads):
        if not download.exists():
            raise CourseError(f"there is no {download}: name the file that you downloaded")
        top = download
        if download.is_file() and is_archive(download.name):
            top = scratch / str(number)
            top.mkdir()
            unpack_outer(download, top, say, respelled)
        elif download.is_file():
            found.append(Given(download.name, download, download.name, digest([download])))
            continue
        paths = sorted(_files(top, say))
        stamp = digest([download] if download.is_file() else paths)
        found += [
            Given(path.relative_to(top).as_posix(), path, download.resolve().name, stamp)
            for path in paths
        ]
    return found


def digest(paths: Sequence[Path]) -> str:
    """Return a short digest of what is in files."""
    found = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]


def tree_digest(folder: Path) -> str:
    """Return a short digest of a folder: its files' names and what is in them.

    What is no ordinary file, a link say, counts by its name.
    """
    found = hashlib.sha256()
    for path in sorted(walk(folder)):
        found.update(os.fsencode(path.relative_to(folder).as_posix()) + b"\0")
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]


def put(source: Path, target: Path) -> None:
    """Copy a file with its time, and make the folders for it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def walk(folder: Path) -> Iterator[Path]:
    """Go through everything in a folder that is no folder; no link is followed."""
    for inner, folders, names in os.walk(folder):
        links = [name for name in folders if Path(inner, name).is_symlink()]
        yield from (Path(inner, name) for name in [*names, *links])


def _files(top: Path, say: Say) -> Iterator[Path]:
    for path in walk(top):
        name = path.relative_to(top).as_posix()
        if CLUTTER & set(name.split("/")):
            continue
        ordinary = path.is_file() and not path.is_symlink()
        why = unsafe(name) or ("" if ordinary else "it is a link, or no ordinary file")
        if why:
            say(f"{quoted(name)} is left out, because {why}")
        else:
            yield path
