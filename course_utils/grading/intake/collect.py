"""What `nbgrader zip_collect` does here: unpack what was downloaded, and find whose it is.

Both are plugins of nbgrader's. Names in archives are written by students, so one that is no good is
named and left out, and the others are collected.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from nbgrader.utils import parse_utc

from course_utils.grading.intake.archives import is_archive, stem, unpack, unsafe
from course_utils.grading.intake.submissions import normal, odd
from course_utils.grading.intake.times import TIMESTAMP, record_time
from course_utils.grading.note import quoted


class _Claim(NamedTuple):
    """Whose a file is by its path.

    Attributes
    ----------
    spelling : str
        The id, as it stands there.
    place : tuple of str
        The parts of the path below what was unpacked, up to the one with the id.
    """

    spelling: str
    place: tuple[str, ...]


class SafeExtractor(ExtractorPlugin):
    """Unpacks archives within bounds, and copies the other files."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack or copy everything in one folder into another."""
        archive, extracted = Path(archive_path), Path(extracted_path)
        for path in _files(archive):
            name = path.relative_to(archive).as_posix()
            why = unsafe(name) or ("" if _is_ordinary(path) else "it is no ordinary file")
            target = (extracted / name).with_name(
                stem(path.name) if is_archive(name) else path.name
            )
            if not why and os.path.lexists(target):
                why = f"there is another {quoted(target.name)}"
            if why:
                self.log.warning("%s is left out, because %s.", quoted(name), why)
                continue
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                if is_archive(name):
                    unpack(path, target, lambda what: self.log.warning("%s.", what))
                else:
                    shutil.copyfile(path, target)
            except OSError as error:
                self.log.warning("%s is left out, because %s.", quoted(name), error)


class CourseCollector(FileNameCollectorPlugin):
    """Reads ids from names, in their one spelling, and keeps the times that names have."""

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Return whose a file is; nothing if it is nobody's, or not to be taken."""
        if os.path.basename(submitted_file) == TIMESTAMP:
            return None  # its student may have written it
        found = super().collect(submitted_file)
        if not found or not isinstance(found.get("student_id"), str):
            return None
        student = normal(found["student_id"])
        why = odd(found["student_id"]) or self._doubled(found["student_id"])
        if why := why or self._packed_by_another(student, submitted_file):
            self.log.warning("%s is left out: %s.", quoted(os.path.basename(submitted_file)), why)
            return None
        time = self._time(submitted_file, found.pop("timestamp", None))
        ending = os.path.splitext(submitted_file)[1]
        name = self._free(student, found["file_id"].removesuffix(ending), timed=bool(time))
        found |= {"student_id": student, "file_id": name + ending}
        if time:
            self._keep(student, time)
            found["timestamp"] = time.isoformat(" ")
        return found

    def _doubled(self, student: str) -> str:
        """Say whom else an id would be taken for that is not in its one spelling."""
        others = {claim.spelling for claim in self._claims.get(normal(student), [])} - {student}
        if student == normal(student) or not others:
            return ""
        return f"{quoted(student)} would be one student with {', '.join(map(quoted, others))}"

    def _packed_by_another(self, student: str, file: str) -> str:
        """Say that an id stands deeper in archives than where the same id stands elsewhere.

        The platform names what is outside; what is within an archive its student named, perhaps
        after somebody else.
        """
        mine, claims = self._claim(file), self._claims.get(student, [])
        depth = min((len(claim.place) for claim in claims), default=0)
        outermost = [claim.place for claim in claims if len(claim.place) == depth]
        if not mine or mine.place[:depth] in outermost or len(mine.place) == depth:
            return ""
        return (
            f"it stands in {quoted(mine.place[0])}, and {quoted(outermost[0][-1])} is what"
            f" {student} handed in; if both are that student's, move it beside the other"
        )

    def _claim(self, file: str) -> _Claim | None:
        """Read from a path whose file it is, and where that stands."""
        match = re.match(self.named_regexp, file) if self.named_regexp else None
        if not match or match.groupdict().get("student_id") is None:
            return None
        top = self._top
        deep = file[: match.end("student_id")].count("/") - str(top).count("/")
        return _Claim(str(match["student_id"]), Path(file).relative_to(top).parts[:deep])

    @property
    def _top(self) -> Path:
        app = self.parent
        return Path(app._format_collect_path(app.extracted_directory))

    @property
    def _claims(self) -> dict[str, list[_Claim]]:
        """What all paths say whose a file is, by the one spelling of the id: looked up once."""
        if not hasattr(self, "_known"):
            self._known: dict[str, list[_Claim]] = {}
            for path in _files(self._top):
                if path.suffix in self.valid_ext and (claim := self._claim(str(path))):
                    self._known.setdefault(normal(claim.spelling), []).append(claim)
        return self._known

    def _free(self, student: str, name: str, *, timed: bool) -> str:
        """Return a name under which no other file of a student's is kept.

        Of two files with times nbgrader takes the later one; of others it takes none, and stops.
        """
        taken = self._taken = getattr(self, "_taken", {})
        free, count = name, 1
        while (student, free) in taken and not (timed and taken[student, free]):
            count += 1
            free = f"{name} ({count})"
        if free != name:
            self.log.warning("%s has two files %s: one is %s.", student, quoted(name), quoted(free))
        taken[student, free] = timed
        return free

    def _time(self, file: str, text: str | None) -> datetime | None:
        if not text:
            return None
        try:
            return parse_utc(text)
        except Exception:  # dateutil raises errors of many types
            self.log.warning("%s: %s is no time", quoted(os.path.basename(file)), quoted(text))
            return None

    def _keep(self, student: str, time: datetime) -> None:
        latest = self._latest = getattr(self, "_latest", {})
        if student not in latest or time > latest[student]:
            latest[student] = time
            course = self.parent.coursedir
            record_time(Path(course.root), course.assignment_id, student, time)


def _files(folder: Path) -> Iterator[Path]:
    for inner, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(inner, name) for name in sorted(names))


def _is_ordinary(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
