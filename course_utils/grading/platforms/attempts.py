"""Every attempt that a student handed in, kept as it came, and which of them counts.

Attempts lie in ``attempts/<assignment>/<student>/<n>``, from 1 on in the order of time.
``collected/<assignment>.json`` says of each where it came from, when, and whether it counts.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.intake.archives import CLUTTER, Say, is_archive, stem, unpack
from course_utils.grading.intake.salvage import read_regular
from course_utils.grading.intake.submissions import submitted_folder
from course_utils.grading.intake.times import TIMESTAMP, read_time, written_time
from course_utils.grading.platforms.downloads import put, tree_digest, walk
from course_utils.grading.platforms.names import handed_in_again

VERSION = 1
MAX_BYTES = 100_000_000
MINUTE = len("2026-10-01 09:30")
LAST, LAST_IN_TIME, BEST = RULES = ("last", "last-in-time", "best")


@dataclass(frozen=True)
class Attempt:
    """One attempt, as it is kept in the file.

    Attributes
    ----------
    student : str
    attempt : int
        From 1 on.
    counts : bool
    archive, file : str
        The download's name, and the path in it as the platform wrote it; empty if it was in
        ``submitted`` before.
    time : str
        When it was handed in, in UTC; empty if that is not known.
    late : bool
        Whether the platform says that it was late.
    order : int
        A number of the platform's that grows from one to the next; 0 if there is none.
    stamp, contents, laid_out : str
        Digests of the download, of the attempt, and of what was made of it in ``submitted``.
    """

    student: str
    attempt: int = 0
    counts: bool = False
    archive: str = ""
    file: str = ""
    time: str = ""
    late: bool = False
    order: int = 0
    stamp: str = ""
    contents: str = ""
    laid_out: str = ""

    @property
    def when(self) -> datetime | None:
        """When it was handed in, in UTC."""
        return read_time(self.time) if self.time else None

    def is_same(self, other: Attempt, *, last: bool, to_minute: bool) -> bool:
        """Say whether a kept attempt is one that comes again.

        The same files in another download are the same attempt if nothing was handed in between.

        Parameters
        ----------
        other : Attempt
        last : bool
            Whether the kept one is the student's last.
        to_minute : bool
            Whether only the minute is known in which the other one was handed in.
        """
        length = MINUTE if to_minute else None
        if self.contents != other.contents or (
            self.time and other.time and self.time[:length] != other.time[:length]
        ):
            return False
        if self.order and other.order:
            return self.order == other.order
        return bool(self.time and other.time) or last or self.stamp in ("", other.stamp)

    def with_more(self, other: Attempt) -> Attempt:
        """Return this one with what is known of it as the other one."""
        origin = self if self.file else other
        return replace(
            self,
            archive=origin.archive or self.archive,
            file=origin.file,
            stamp=origin.stamp,
            time=max(self.time, other.time),  # the same, or in the same minute
            order=self.order or other.order,
            late=self.late or other.late,
            laid_out=self.laid_out or other.laid_out,
        )

    def is_later(self, other: Attempt) -> bool:
        """Say whether this one is known to have been handed in after another."""
        if self.when and other.when:
            return self.when > other.when
        return bool(self.order and other.order) and self.order > other.order


@dataclass
class Incoming:
    """An attempt in a download.

    Attributes
    ----------
    entry : Attempt
    files : dict of str to Path
        By the name within the attempt where it can be read.
    by_sheet : bool
        Whether its time is from a sheet, which may be older than the download.
    """

    entry: Attempt
    files: dict[str, Path] = field(default_factory=dict)
    by_sheet: bool = False


class Kept:
    """All attempts of one assignment.

    Parameters
    ----------
    root : Path
        The folder with ``submitted``.
    slug : str

    Raises
    ------
    CourseError
        If it is said what was collected, and that cannot be read.
    """

    def __init__(self, root: Path, slug: str) -> None:
        self._root, self._slug = root, slug
        self.file = root / "collected" / f"{slug}.json"
        self.platform, self.rule = "", LAST
        self.of: dict[str, list[Attempt]] = {}
        self._load()

    def _load(self) -> None:
        names = {one.name for one in fields(Attempt)}
        try:
            found = json.loads(read_regular(self.file, MAX_BYTES))
            for row in found["attempts"]:
                one = Attempt(**{name: value for name, value in row.items() if name in names})
                self.of.setdefault(one.student, []).append(one)
            self.platform, self.rule = found["platform"], found["rule"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CourseError(
                f"{self.file} cannot be read ({error}): move it away, and collect again"
            ) from error

    def save(self) -> None:
        """Write what was collected, in one step."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        attempts = [asdict(one) for student in sorted(self.of) for one in self.of[student]]
        found = {
            "version": VERSION,
            "platform": self.platform,
            "rule": self.rule,
            "attempts": attempts,
        }
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(draft, self.file)

    @contextlib.contextmanager
    def saved(self) -> Iterator[None]:
        """Write at the end what was collected meanwhile, also if that is cut off."""
        try:
            yield
        finally:
            self.save()

    def folder(self, student: str) -> Path:
        """Return where a student's attempts lie."""
        return self._root / "attempts" / self._slug / student

    def add(self, incoming: Incoming) -> bool:
        """Keep an attempt, and say whether it is a new one."""
        new = incoming.entry
        with self._scratch() as scratch:
            for name, path in incoming.files.items():
                put(path, scratch / "new" / name)
            new = replace(new, contents=tree_digest(scratch / "new"))
            kept = self.of.setdefault(new.student, [])
            self._adopt(new.student)
            for place, old in enumerate(kept):
                if old.is_same(new, last=old is kept[-1], to_minute=incoming.by_sheet):
                    kept[place] = old.with_more(new)
                    return False
            if incoming.by_sheet and new.time in [old.time for old in kept]:
                new = replace(new, time="")  # that is when the student handed in before
            place = len(kept)
            while place and kept[place - 1].is_later(new):
                place -= 1
            self._insert(new, place, scratch)
        return True

    def _insert(self, new: Attempt, place: int, scratch: Path) -> None:
        """Put the new attempt, which lies in `scratch`, at its place, and count anew from there."""
        kept, folder = self.of[new.student], self.folder(new.student)
        if place == len(kept):
            folder.mkdir(parents=True, exist_ok=True)
            os.rename(scratch / "new", folder / str(place + 1))
        else:
            draft = scratch / "all"
            draft.mkdir()
            for number, old in enumerate(kept, start=1):
                target = draft / str(number if number <= place else number + 1)
                shutil.copytree(folder / str(old.attempt), target, symlinks=True)
            os.rename(scratch / "new", draft / str(place + 1))
            os.rename(folder, scratch / "before")
            os.rename(draft, folder)
        kept.insert(place, new)
        self.of[new.student] = [replace(one, attempt=i) for i, one in enumerate(kept, start=1)]

    def _adopt(self, student: str) -> None:
        """Take over attempts of which nothing is said, as after a collection that was cut off."""
        kept, folder = self.of[student], self.folder(student)
        while (there := folder / str(len(kept) + 1)).is_dir():
            contents = tree_digest(there)
            kept.append(Attempt(student, len(kept) + 1, contents=contents))

    def rename(self, student: str, name: str) -> bool:
        """Give a student's attempts to another id that has none; say whether that was done."""
        old, new = (self._root / "submitted" / one / self._slug for one in (student, name))
        if self.of.get(name) or self.folder(name).exists() or os.path.lexists(new):
            return False
        if self.folder(student).is_dir():
            os.rename(self.folder(student), self.folder(name))
        if old.is_dir():
            new.parent.mkdir(parents=True, exist_ok=True)
            os.rename(old, new)
            with contextlib.suppress(OSError):  # other assignments are in it
                old.parent.rmdir()
        self.of[name] = [replace(one, student=name) for one in self.of.pop(student)]
        return True

    def rescue(self, student: str, time: str = "") -> bool:
        """Keep what stands in ``submitted``, if it came from elsewhere; say whether it did.

        Parameters
        ----------
        student : str
        time : str
            When that was handed in, in UTC, if it is known.
        """
        there = submitted_folder(self._root / "submitted", student, self._slug)
        if not there.is_dir() or there.is_symlink():
            return False
        digest = tree_digest(there)
        if digest in [one.laid_out for one in self.of.get(student, [])]:
            return False
        files = {path.relative_to(there).as_posix(): path for path in walk(there)}
        plain = {name: path for name, path in files.items() if not path.is_symlink()}
        if not plain:
            return False
        entry = Attempt(student, archive="submitted", time=time, laid_out=digest)
        return self.add(Incoming(entry, plain))

    def choose(self, student: str, attempt: int, say: Say) -> bool:
        """Have an attempt count, and put it into ``submitted``; say whether that changed anything.

        Where it counts already, what stands there is left alone, whoever may have mended it.
        """
        kept = self.of[student]
        chosen = kept[attempt - 1]
        target = submitted_folder(self._root / "submitted", student, self._slug)
        if chosen.counts and target.is_dir():
            return False
        with self._scratch() as scratch:
            lay_out(self.folder(student) / str(attempt), scratch / "new", self._slug, say)
            digest = tree_digest(scratch / "new")
            if not (target.is_dir() and tree_digest(target) == digest):
                target.parent.mkdir(parents=True, exist_ok=True)
                if os.path.lexists(target):
                    os.rename(target, scratch / "before")
                os.rename(scratch / "new", target)
        self.of[student] = [
            replace(one, counts=one is chosen, laid_out=digest if one is chosen else one.laid_out)
            for one in kept
        ]
        return True

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        """Make a folder on the same disk, from which things can be moved in one step."""
        top = self._root / "attempts"
        top.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=top) as scratch:
            yield Path(scratch)


def lay_out(attempt: Path, target: Path, slug: str, say: Say) -> None:
    """Make of an attempt what is graded: archives are unpacked, and folders around all are left.

    Parameters
    ----------
    attempt, target : Path
        The attempt as it came, and the folder to make.
    slug : str
        A notebook of this name with ``-1`` behind it gets its own name back.
    say : callable
        Told what is left out, and why.
    """
    target.mkdir(parents=True)
    files = sorted(path for path in walk(attempt) if path.is_file() and not path.is_symlink())
    for path in files:
        place = target / path.relative_to(attempt)
        if not is_archive(path.name):
            put(path, place)
        elif len(files) == 1:
            unpack(path, target, say)
        else:
            unpack(path, place.with_name(stem(path.name)), say)
    _lift(target)
    (target / TIMESTAMP).unlink(missing_ok=True)  # its student may have written it
    notebook = target / f"{slug}.ipynb"
    for path in sorted(target.glob("*.ipynb"), reverse=True):
        if handed_in_again(path.name)[0] == notebook.name and not notebook.exists():
            os.rename(path, notebook)


def _lift(target: Path) -> None:
    """Take away folders that hold everything there is."""
    while True:
        there = [path for path in target.iterdir() if path.name not in CLUTTER]
        if len(there) != 1 or not there[0].is_dir() or there[0].is_symlink():
            return
        inner = there[0].rename(target.with_name(f"{target.name}.inner"))
        shutil.rmtree(target)
        inner.rename(target)


def counting(
    attempts: list[Attempt],
    rule: str,
    due: datetime | None,
    score: Callable[[Attempt], float] = lambda _: 0.0,
) -> int:
    """Say which of a student's attempts counts.

    Parameters
    ----------
    attempts : list of Attempt
        In the order of time.
    rule : str
        "last" for the last one; "last-in-time" for the last one that was not late, or else the
        first; "best" for the one with the best score, the last of these.
    due : datetime or None
        When this student had to hand in. An attempt of which no time is known was late if the
        platform says so.
    score : callable
        What an attempt is worth.
    """
    if rule == BEST:
        return max(attempts, key=lambda one: (score(one), one.attempt)).attempt
    if rule == LAST_IN_TIME:
        in_time = [one for one in attempts if not is_late(one, due)]
        return (in_time[-1] if in_time else attempts[0]).attempt
    return attempts[-1].attempt


def is_late(one: Attempt, due: datetime | None) -> bool:
    """Say whether an attempt was late: by its time if that and the date are known."""
    when = one.when
    return when > due if when and due else one.late


def time_text(time: datetime | None) -> str:
    """Write a time as it is kept."""
    return written_time(time) if time else ""
