"""What must be true after each step of a term; what is not is noted in `term.wrong`."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import nbformat

from course_utils.checks.grade import grade
from course_utils.exercises.catalog import SECRET, SUBMISSION, hidden_cases
from course_utils.grading.judge.notebook import submission_digest
from course_utils.grading.report.results import cents, results
from tests.grading.platforms.blackboard import Blackboard
from tests.grading.platforms.player import Platform, Received, Refused
from tests.grading.soak import functions_of

if TYPE_CHECKING:
    from tests.grading.platforms.class_of_60 import Case
    from tests.grading.term import Term

PAGE = re.compile(r"<title>[^<]*: feedback for ([^<]*)</title>")
TOTAL = re.compile(r'<p class="total"><strong>([\d.]+)</strong>')


def check_collected(term: Term, slug: str) -> None:
    """See that everybody's attempts are there, in order and marked as they must be."""
    path = term.folder / "collected" / f"{slug}.json"
    if not path.is_file():
        term.wrong.append(f"there is no {path.relative_to(term.folder)}")
        return
    kept = json.loads(path.read_text(encoding="utf-8"))
    said = {key: kept.get(key) for key in ("version", "platform", "rule")}
    if said != {"version": 1, "platform": term.platform.name, "rule": term.rule}:
        term.wrong.append(f"collected says {said}")
    for entry in kept["attempts"]:
        owner = _owner(term.platform, entry["file"])
        if owner and entry["student"] not in (owner, *_stranger(term, owner)):
            term.wrong.append(f"{entry['file']!r} is {owner}'s, and went to {entry['student']}")
    for case in term.cases:
        if not case.unlisted and not case.dropped:
            mine = [e for e in kept["attempts"] if e["student"] == case.student.id]
            mine.sort(key=lambda entry: entry["attempt"])
            term.wrong += [f"{_who(case)}: {what}" for what in _attempts(term, case, mine)]
            term.wrong += [f"{_who(case)}: {what}" for what in _submitted(term, case, slug)]
    term.wrong += list(_told(term))
    for stray in (
        term.folder / "submitted" / "student-001" / "x.ipynb",
        Path("/tmp/slipped.ipynb"),
    ):
        if stray.exists():
            term.wrong.append(f"{stray} was written from a student's zip")


def _stranger(term: Term, owner: str) -> list[str]:
    """Return what else somebody may be called of whom no list knows: as the platform does."""
    platform = term.platform
    unlisted = {case.student.id: case.student for case in term.cases if case.unlisted}
    if owner not in unlisted:
        return []
    user = platform.user(unlisted[owner]) if isinstance(platform, Blackboard) else owner
    return [str(platform.numbers[owner]), user]


def _owner(platform: Platform, file: str) -> str:
    """Return whose a file is by the platform's own books; nothing if it is no file of its."""
    for name in (file, file.split("/")[0]):
        try:
            return platform.owner(name)
        except KeyError:
            continue
    owners = {o for n, o in platform.owners.items() if n.startswith(f"{file}/")}
    return owners.pop() if len(owners) == 1 else ""


def visible(term: Term, case: Case) -> list[int]:
    """Return the places of the attempts that the downloads show.

    Blackboard gives out all of them, the others the last one at the time of each download.
    """
    times = [attempt.time for attempt in case.student.attempts]
    if term.platform.name == "blackboard" or not times:
        return list(range(len(times)))
    on_time = [i for i, time in enumerate(times) if time <= term.platform.due]
    return sorted({*on_time[-1:], len(times) - 1})


def counting(term: Term, case: Case) -> int:
    """Return the place of the attempt that must count."""
    return case.counting(term.rule, visible(term, case))


def _attempts(term: Term, case: Case, mine: list[dict[str, Any]]) -> Iterator[str]:
    places = visible(term, case)
    if len(mine) != len(places):
        shown = [(entry["attempt"], entry["file"]) for entry in mine]
        yield f"{len(mine)} attempts were kept and not {len(places)}: {shown}"
        return
    if [entry["attempt"] for entry in mine] != list(range(1, len(mine) + 1)):
        yield f"attempts are numbered {[entry['attempt'] for entry in mine]}"
    if not mine:
        return
    chosen = counting(term, case)
    for place, entry in zip(places, mine, strict=True):
        attempt = case.student.attempts[place]
        if bool(entry["counts"]) != (place == chosen):
            yield f"attempt {entry['attempt']} {'counts' if entry['counts'] else 'does not count'}"
        marks = term.platform.name != "blackboard"  # which says when, and not that it was late
        if marks and bool(entry["late"]) != (attempt.time > case.due):
            yield f"attempt {entry['attempt']} of {attempt.time} is said to be late={entry['late']}"
        if term.platform.name == "blackboard" and entry["time"] != f"{attempt.time:%F %T} UTC":
            yield f"attempt {entry['attempt']} has the time {entry['time']!r}, not {attempt.time}"
        last = place == len(case.student.attempts) - 1
        timed = entry["time"].startswith(f"{attempt.time:%F %H:%M}")
        if term.platform.name == "moodle" and last and not timed:
            yield f"attempt {entry['attempt']} has {entry['time']!r}, not {attempt.time}"


def _submitted(term: Term, case: Case, slug: str) -> Iterator[str]:
    """See that the folder holds what was handed in, and of the attempt that counts."""
    folder = term.folder / "submitted" / case.student.id / slug
    if not case.works:
        if folder.exists():
            yield "handed in nothing, and has a folder"
        return
    if not folder.is_dir():
        yield "handed in, and has no folder"
        return
    there = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    work = case.works[counting(term, case)]
    for upload in work.files:
        if upload.name.endswith(".ipynb") and upload.data not in there:
            yield f"{upload.name!r} of the attempt that counts is not in its folder"
        if upload.name == "work.zip" and not _unpacked(upload.data, there):
            yield "the notebook in work.zip is not in its folder"


def _unpacked(data: bytes, there: list[bytes]) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        inner = [
            archive.read(n) for n in archive.namelist() if "slipped" not in n and ".." not in n
        ]
    return all(content in there for content in inner)


def _told(term: Term) -> Iterator[str]:
    """See that whoever is not graded was named to the instructor."""
    said = term.said["collect"]
    for case in term.cases:
        names = (case.student.id, case.student.last, str(term.platform.numbers[case.student.id]))
        named = any(name in said for name in names if name)
        if (case.unlisted or case.dropped or not case.works) and not named:
            yield f"{_who(case)}: collect does not name this student"


def expected(term: Term, case: Case, slug: str, secret: str) -> dict[str, float]:
    """Return what the attempt that counts is worth, by the grader alone."""
    work = case.works[counting(term, case)]
    clean = {name: source for name, source in work.answers.items() if source}
    functions = functions_of(clean, term.folder.parent / f"{case.student.id}.py")
    taken = term.folder / "intake" / case.student.id / slug / f"{slug}.ipynb"
    digest = submission_digest(nbformat.read(taken, as_version=4))
    with mock.patch.dict(os.environ, {SECRET: secret, SUBMISSION: digest}):
        return {
            name: cents(grade(hidden_cases(name), functions[name]).score) if source else 0.0
            for name, source in work.answers.items()
        }


def check_grades(term: Term, slug: str, secret: str) -> None:
    """See that every score is exact, and that late is late in the gradebook."""
    found = {result.student: result for result in results(term.folder, slug)}
    late = _late(term.folder, slug)
    for case in term.cases:
        student = case.student.id
        result = found.get(student)
        if not case.graded:
            for name in dict.fromkeys((student, *_stranger(term, student))):
                if name in found and found[name].total:
                    term.wrong.append(f"{_who(case)}: has {found[name].total:g} points")
            continue
        if result is None:
            term.wrong.append(f"{_who(case)}: has no grade")
            continue
        right = expected(term, case, slug, secret)
        if result.scores != right:
            parts = {n: (result.scores.get(n), right[n]) for n in right}
            differ = {n: pair for n, pair in parts.items() if pair[0] != pair[1]}
            term.wrong.append(f"{_who(case)}: scores (there, right) {differ}")
        is_late = case.student.attempts[counting(term, case)].time > case.due
        timed = term.platform.name != "canvas"  # which marks what is late, and does not say when
        if timed and late.get(student) != is_late:
            term.wrong.append(f"{_who(case)}: the gradebook says late={late.get(student)}")
    known = {case.student.id for case in term.cases}
    known |= {number for student in known for number in _stranger(term, student)}
    for stranger in set(found) - known:
        term.wrong.append(f"the gradebook has {stranger!r}, who is nobody")


def _late(folder: Path, slug: str) -> dict[str, bool]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        found = gradebook.assignment_submissions(slug)
        return {s.student_id: s.total_seconds_late > 0 for s in found}


def check_feedback(term: Term, slug: str, out: Path) -> None:
    """See that the platform takes the zip, and that everybody gets the own page and no other."""
    zips = sorted(out.rglob("*.zip"))
    if term.platform.name == "blackboard" and not zips:  # it takes none: somebody hands them out
        zips = [_packed(sorted(out.rglob("*.html")), term.folder.parent / "pages.zip")]
    received: dict[str, list[Received]] = {}
    for path in zips:
        try:
            received.update(term.platform.upload_feedback(path))
        except Refused as error:
            term.wrong.append(f"{path.name} is refused: {error}")
            received.update(_taken_one_by_one(term, path))
    if not zips:
        term.wrong.append(f"there is no zip in {out.name}")
        return
    grades = {result.student: result.total for result in results(term.folder, slug)}
    for case in term.cases:
        student, pages = case.student.id, received.get(case.student.id, [])
        if not case.graded:
            if pages:
                term.wrong.append(f"{_who(case)}: gets {[page.name for page in pages]}")
            continue
        if not pages:
            term.wrong.append(f"{_who(case)}: gets no page")
        for page in pages:
            text = page.data.decode("utf-8", "replace")
            who, total = PAGE.search(text), TOTAL.search(text)
            if not who or who[1] != student:
                says = who[1] if who else "nobody's"
                term.wrong.append(f"{_who(case)}: gets the page of {says}")
            elif not total or float(total[1]) != grades.get(student):
                says = total[1] if total else "nothing"
                term.wrong.append(f"{_who(case)}: the page says {says}, not {grades.get(student)}")


def _packed(pages: list[Path], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for page in pages:
            archive.write(page, page.name)
    return path


def _taken_one_by_one(term: Term, path: Path) -> dict[str, list[Received]]:
    """Return what the platform takes of a zip when each file comes alone."""
    received: dict[str, list[Received]] = {}
    alone = term.folder.parent / "alone.zip"
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with zipfile.ZipFile(alone, "w") as one:
                one.writestr(name, archive.read(name))
            try:
                for student, files in term.platform.upload_feedback(alone).items():
                    received.setdefault(student, []).extend(files)
            except Refused as error:
                term.wrong.append(f"in {path.name}: {error}")
    return received


def check_sheet(term: Term, slug: str, out: Path) -> None:
    """See that the platform takes the sheet, and that its grades are those of the gradebook."""
    sheets = [
        p for p in sorted(out.rglob("*")) if p.suffix == Path(term.platform.sheet_name).suffix
    ]
    if len(sheets) != 1:
        names = [path.name for path in sorted(out.rglob("*"))]
        term.wrong.append(f"there is no one sheet in {out.name}: {names}")
        return
    data = sheets[0].read_bytes()
    try:
        grades = term.platform.upload_grades(data)
    except Refused as error:
        term.wrong.append(f"{sheets[0].name} is refused: {error}")
        return
    right = {result.student: result.grade for result in results(term.folder, slug)}
    for case in term.cases:
        student = case.student.id
        if not case.graded:
            if grades.get(student):
                term.wrong.append(f"{_who(case)}: the sheet gives {grades[student]}")
        elif grades.get(student) != right.get(student):
            says = f"{grades.get(student)}, and the gradebook has {right.get(student)}"
            term.wrong.append(f"{_who(case)}: the sheet gives {says}")
    term.wrong += [f"{sheets[0].name} has the formula {cell!r}" for cell in _formulas(term, data)]


def _formulas(term: Term, data: bytes) -> Iterator[str]:
    """Yield cells that a spreadsheet would take for a formula; `="text"` is text to it."""
    wide = data.startswith(b"\xff\xfe")
    text = data.decode("utf-16" if wide else "utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=term.platform.delimiter):
        for cell in row:
            plain = cell.strip() == "-" or re.fullmatch(r'="[^"]*"', cell)
            if cell.strip()[:1] in ("=", "+", "@", "-") and not plain:
                yield cell


def _who(case: Case) -> str:
    return f"{case.student.id} ({case.what})"
