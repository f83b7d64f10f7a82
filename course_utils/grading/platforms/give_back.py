"""Give a graded class back through a learning platform: grades in its sheet, pages in its zip."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.intake.roster import Person, Roster, read_roster
from course_utils.grading.intake.salvage import read_notebook
from course_utils.grading.intake.submissions import handed_in, odd
from course_utils.grading.judge.cells import heading
from course_utils.grading.platforms.attempts import Kept
from course_utils.grading.platforms.feedback_pages import up_to_date_pages
from course_utils.grading.platforms.feedback_zip import own_names, page_name, write_zip
from course_utils.grading.platforms.fill_in import Filled, Grades, fill_in
from course_utils.grading.platforms.given_back import FOLDER, SHOWN, GivenBack
from course_utils.grading.platforms.names import read_name
from course_utils.grading.report.results import Result, gradebook_address, points_of, results
from course_utils.grading.report.table import write_rows


def give_back(
    course: Path,
    root: Path,
    slug: str,
    platform: str,
    *,
    sheet: Path | None = None,
    out: Path | None = None,
    column: str = "",
    zero: bool = False,
) -> GivenBack:
    """Write a class's grades into a copy of the platform's sheet, and its pages into a zip.

    Parameters
    ----------
    course, root : Path
        The course's folder and the class's.
    slug : str
        The assignment.
    platform : str
        ``"moodle"``, ``"canvas"``, ``"blackboard"`` or ``"folder"``.
    sheet : Path, optional
        The platform's grade sheet. It is not touched.
    out : Path, optional
        Where the files go; ``returned/<slug>`` in `root` unless given.
    column : str
        The name of the sheet's column for the grades, in place of looking for it.
    zero : bool
        Whether those who handed in nothing get 0.

    Raises
    ------
    CourseError
        If nothing is graded, or the sheet cannot be filled in.
    """
    gradebook = gradebook_address(course, root)
    found = results(root, slug, gradebook)
    roster, collected = read_roster(root), _collected(root, slug, platform)
    grades = _grades(root, slug, platform, found, roster, collected)
    folder = out or root / "returned" / slug
    filled = None
    if sheet is not None:
        names = (slug, _title(course, root, slug))
        filled = fill_in(sheet, platform, grades, names, column=column, zero=zero)
    students = [student for student in grades.grades if student not in grades.left]
    pages = up_to_date_pages(course, root, slug, students, gradebook)
    back = GivenBack(slug, platform, folder, grades.points, pages, filled, zero=zero)
    back.left = sorted({result.student for result in found} & set(grades.left))
    folder.mkdir(parents=True, exist_ok=True)
    if sheet is not None and filled is not None:
        back.sheet, back.written = _write_copy(sheet, folder, filled), len(filled.written)
        back.absent = filled.absent
    elif platform == FOLDER:
        back.absent = sorted(set(grades.present or ()) - set(grades.handed_in))
        back.sheet, back.written = _write_grades(back, grades, found, roster)
    _pack(back, collected, roster)
    back.mismatches = _mismatches(back, found)
    return back


def _collected(root: Path, slug: str, platform: str) -> dict[str, str]:
    """Return, by student, the last file that was collected from a platform, as it was named there.

    Empty if the attempts are another platform's.
    """
    kept = Kept(root, slug)
    if kept.platform != platform:
        return {}
    files = {student: [one.file for one in ones if one.file] for student, ones in kept.of.items()}
    return {student: named[-1] for student, named in files.items() if named}


def _grades(
    root: Path,
    slug: str,
    platform: str,
    found: Iterable[Result],
    roster: Roster | None,
    collected: dict[str, str],
) -> Grades:
    """Gather what is to be given back, and to whom."""
    found = list(found)
    people = list(roster.people.values()) if roster else []
    users = [person.keys[platform] for person in people if platform in person.keys]
    keys: dict[str, str] = {}
    for student, file in collected.items():
        own = roster.people.get(student) if roster else None
        known = [*users, student] if platform == "blackboard" else [_key(platform, student, own)]
        named = read_name(platform, file, dict.fromkeys(known, ""))
        if named and named.key:
            # A group's number is nobody's own.
            keys[named.key] = "" if named.key in keys else student
    listed = {person.keys[platform]: person.id for person in people if platform in person.keys}
    listed |= {person.email: person.id for person in people if person.email}
    came = handed_in(root / "submitted", slug).folders.keys()
    return Grades(
        sum(points_of(found).values()),
        {result.student: result.grade for result in found if result.graded and not result.waits},
        handed_in={*came, *collected, *(result.student for result in found)},
        present=roster.present if roster else None,
        left=[person.id for person in people if person.dropped],
        keys={key: student for key, student in keys.items() if student},
        listed=listed,
    )


def _key(platform: str, student: str, person: Person | None) -> str:
    """Return what the platform calls a student, by the list."""
    return person.keys.get(platform, student) if person else student


def _title(course: Path, root: Path, slug: str) -> str:
    """Return the first heading of an assignment as students have it; empty if there is none."""
    for folder in (root / "exercises", course / "exercises"):
        path = folder / slug / f"{slug}.ipynb"
        notebook = read_notebook(path)[0] if path.is_file() else None
        if notebook and (title := heading(notebook)):
            return title
    return ""


def _write_copy(sheet: Path, folder: Path, filled: Filled) -> str:
    """Write the sheet with grades beside nothing of the same name, and return its name."""
    path = folder / f"{sheet.stem}-graded{sheet.suffix}"
    if path.exists() and path.samefile(sheet):
        raise CourseError(f"{path} is the sheet itself: choose another folder with --out")
    _put(path, filled.data)
    return path.name


def _write_grades(
    back: GivenBack, grades: Grades, found: Iterable[Result], roster: Roster | None
) -> tuple[str, int]:
    """Write a table of the grades; return its name, and how many there are."""
    names = {result.student: (result.last_name, result.first_name) for result in found}
    people = roster.people.values() if roster else ()
    names |= {person.id: (person.last_name, person.first_name) for person in people if person.name}
    due: dict[str, float | None] = dict.fromkeys([*back.absent, *(grades.present or ())])
    due |= dict.fromkeys(back.absent, 0.0 if back.zero else None)
    due |= {s: grade for s, grade in grades.grades.items() if s not in grades.left}
    text = io.StringIO()
    write_rows(
        text,
        [
            ("student", "last_name", "first_name", "grade", "points"),
            *((s, *names.get(s, ("", "")), due[s], back.points) for s in sorted(due)),
        ],
    )
    _put(back.folder / "grades.csv", text.getvalue().encode())
    return "grades.csv", sum(grade is not None for grade in due.values())


def _pack(back: GivenBack, collected: dict[str, str], roster: Roster | None) -> None:
    """Put the pages where the platform, or a person, takes them from."""
    found = back.pages.found
    people = roster.people if roster else {}
    rows = back.filled.rows if back.filled else {}
    names = {}
    for student in found:
        if back.filled and student not in rows:  # the platform does not know them, and it is said
            continue
        row, person = rows.get(student), people.get(student)
        key = row.key if row else person.keys.get(back.platform, "") if person else ""
        if back.platform == FOLDER:
            names[student] = f"{student}.html"
        elif back.platform == "blackboard":
            user = key or student
            names[student] = "" if odd(user) else f"pages/{user}.html"
        else:
            name = f"{row.first_name} {row.last_name}" if row else person.name if person else ""
            file = collected.get(student, "")
            if back.platform == "canvas":
                key = key or _key(back.platform, student, person)
            named = read_name(back.platform, file, {key: ""})
            if row and named and named.key != row.key:  # it was collected from somewhere else
                file = ""
            names[student] = page_name(back.platform, back.slug, file, key, name)
    back.packed = own_names(names)
    if back.platform in (FOLDER, "blackboard"):
        back.packed_in = "pages/" if back.platform == "blackboard" else ""
        inside = back.folder / back.packed_in
        inside.mkdir(exist_ok=True)
        for student, name in back.packed.items():
            _put(back.folder / name, found[student].read_bytes())
        there = {path.relative_to(back.folder).as_posix() for path in inside.glob("*.html")}
        back.remains = sorted(there - set(back.packed.values()))
    else:
        back.packed_in = f"{back.slug}-feedback.zip"
        pages = {name: found[student] for student, name in back.packed.items()}
        write_zip(back.folder / back.packed_in, pages)


def _mismatches(back: GivenBack, found: Iterable[Result]) -> dict[str, list[str]]:
    """Return what a person must look at."""
    waits = sorted({result.student for result in found if result.waits} - set(back.left))
    filled = back.filled or Filled("", None)
    nameless = sorted(back.pages.found.keys() - back.packed.keys() - set(filled.missing))
    each = {
        "graded, but not in the sheet": filled.missing,
        "handed in and in the sheet, but without a grade": sorted(
            set(filled.ungraded) - set(waits)
        ),
        "in the sheet, but nobody that is known here; their cells are as they were": filled.unknown,
        **{f"not written, because it is {why}": who for why, who in filled.refused.items()},
        "not given back, because points by hand are missing": waits,
        "without a page of feedback": back.pages.without,
        f"with a page that {SHOWN[back.platform]} would not know the student of": nameless,
    }
    return {what: who for what, who in each.items() if who}


def _put(path: Path, data: bytes) -> None:
    """Write a file in one step."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(data)
    os.replace(draft, path)
