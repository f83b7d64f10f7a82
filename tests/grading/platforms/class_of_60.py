"""A class with everything that happens in a term, and what must come of it.

Ids are neutral, names are words. What each hands in is made from the corpus, so that the score that
it must get is known: the grader says it, called on the same answers and the same hidden cases.
"""

from __future__ import annotations

import io
import json
import random
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import nbformat

from course_utils.exercises.catalog import topic
from course_utils.exercises.exercise import Exercise
from course_utils.grading.handout.sample_class import (
    ENDLESS_LOOP,
    EXCEPTION,
    SYNTAX_ERROR,
    answer_source,
)
from tests.grading.platforms.player import Attempt, Student, Upload

DUE = datetime(2026, 10, 1, 12, 0, 0, tzinfo=UTC)
EXTENDED = DUE + timedelta(days=2)
SPAM = "for i in range(200):\n    print('spam ' * 20_000)"
BOMB_BYTES = 120_000_000

Answers = dict[str, str | None]  # by exercise; None earns nothing, whatever stands there


@dataclass(frozen=True)
class Work:
    """What is uploaded at one time, and what it is worth.

    Attributes
    ----------
    files : list of Upload
    answers : dict of str to (str or None)
        What is graded, by exercise.
    rank : int
        How many of them are right: more is worth more.
    """

    files: list[Upload]
    answers: Answers
    rank: int = 0


@dataclass
class Case:
    """A student, and what must come of what was handed in.

    Attributes
    ----------
    what : str
        In a few words.
    student : Student
    works : list of Work
        Of each attempt.
    dropped, unlisted : bool
        Whether the course's own list says that the student has left, or does not have the student.
    """

    what: str
    student: Student
    works: list[Work] = field(default_factory=list)
    dropped: bool = False
    unlisted: bool = False

    @property
    def due(self) -> datetime:
        return self.student.due or DUE

    @property
    def graded(self) -> bool:
        """Whether there must be a grade."""
        return bool(self.works) and not self.dropped and not self.unlisted

    def counting(self, rule: str, places: Sequence[int] = ()) -> int:
        """Return the place of the attempt that counts, among those in `places`."""
        attempts = self.student.attempts
        places = places or range(len(attempts))
        if rule == "last-in-time":
            on_time = [i for i in places if attempts[i].time <= self.due]
            return on_time[-1] if on_time else places[0]
        if rule == "best":
            return max(places, key=lambda i: (self.works[i].rank, i))
        return places[-1]


class Maker:
    """Makes notebooks of one assignment.

    Parameters
    ----------
    slug : str
    released : NotebookNode
        As students get it; perhaps with fewer exercises than the topic has.
    seed : int
    """

    def __init__(self, slug: str, released: nbformat.NotebookNode, seed: int = 0) -> None:
        self.slug = slug
        self.released = released
        self.random = random.Random(seed)
        there = {grade_id(cell) for cell in released.cells}
        self.exercises: list[Exercise] = [e for e in topic(slug) if f"{e.name}-answer" in there]
        self._right = {
            e.name: {answer_source(f, e.name) for f in e.right.values()} for e in self.exercises
        }

    def right(self, style: int | None = None) -> Answers:
        """Answer all exercises rightly, each in a style of its own."""
        found: Answers = {}
        for exercise in self.exercises:
            functions = list(exercise.right.values())
            place = self.random.randrange(len(functions)) if style is None else style
            found[exercise.name] = answer_source(functions[place % len(functions)], exercise.name)
        return found

    def wrong(self, share: float = 0.6) -> Answers:
        """Answer a share of the exercises with mistakes of the corpus."""
        found = self.right()
        for exercise in self.exercises:
            if self.random.random() < share:
                mistake = self.random.choice(list(exercise.mistakes.values()))
                found[exercise.name] = answer_source(mistake.function, exercise.name)
        return found

    def blank(self) -> Answers:
        """Answer nothing."""
        return dict.fromkeys((e.name for e in self.exercises), None)

    def notebook(self, answers: Answers, faults: dict[str, str] | None = None) -> Any:
        """Write answers, and faults in their places, into the cells meant for them."""
        sources = {**answers, **(faults or {})}
        notebook = nbformat.from_dict(json.loads(nbformat.writes(self.released)))
        for cell in notebook.cells:
            name = grade_id(cell)
            if name.endswith("-answer") and sources.get(name.removesuffix("-answer")):
                cell.source = sources[name.removesuffix("-answer")]
        return notebook

    def upload(self, notebook: Any, name: str = "") -> Upload:
        """Save a notebook."""
        return Upload(name or f"{self.slug}.ipynb", nbformat.writes(notebook).encode("utf-8"))

    def plain(self, answers: Answers) -> Work:
        """Hand in one honest notebook."""
        rank = sum(answers[name] in self._right[name] for name in answers)
        return Work([self.upload(self.notebook(answers))], answers, rank)

    def faulty(self, exercise: Exercise, template: str) -> Work:
        """Hand in right answers but for one, which earns nothing."""
        answers = self.right(0)
        fault = template.format(name=exercise.name).strip()
        notebook = self.notebook(answers, {exercise.name: fault})
        return Work([self.upload(notebook)], {**answers, exercise.name: None})


def class_of(maker: Maker, count: int = 60) -> list[Case]:
    """Return a class; of fewer than 60, those that are worth most to look at."""
    cases = [*_oddities(maker), *_ordinary(maker)]
    chosen = cases[:count]
    for number, case in enumerate(chosen, start=1):
        student = case.student
        student.id = f"student-{number:03}"
        if not student.last:
            student.last, student.first = f"Family {number:03}", f"Given {number:03}"
    order = random.Random(1)
    order.shuffle(chosen)  # in a download they stand by name, not by kind
    return chosen


def _person(last: str = "", first: str = "", **facts: Any) -> Student:
    return Student("", last, first, **facts)


def _case(what: str, student: Student, *works: tuple[timedelta, Work], **facts: bool) -> Case:
    """Hand in works at times after the due date."""
    for after, work in works:
        student.attempts.append(Attempt(DUE + after, tuple(work.files)))
    return Case(what, student, [work for _, work in works], **facts)


def _oddities(maker: Maker) -> Iterator[Case]:
    """Yield what goes wrong in a term, the most telling first."""
    hour, day, second = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
    early, on_time = -3 * day, -hour
    right, wrong, blank = maker.right, maker.wrong, maker.blank
    plain = maker.plain

    yield _case("right", _person("Ümlaut", "Ä. 017"), (on_time, plain(right())))
    yield _case(
        "a later attempt is worse",
        _person("Same", "Name"),
        (early, plain(right())),
        (on_time, plain(blank())),
    )
    yield _case("late by a second", _person("Same", "Name"), (second, plain(wrong())))
    yield _case("not on the list", _person(on_sheet=False), (early, plain(right())), unlisted=True)
    yield _case("hands in nothing", _person("Comma, Name", "With"))
    yield _case("a hostile name of a file", _person('Quote "Q"', "Name"), (early, _hostile(maker)))
    yield _case("a zip that leads out", _person("=1+1", "Formula"), (early, _zip_slip(maker)))
    yield _case("has left", _person(), (early, plain(right())), dropped=True)
    yield _case(
        "the later of two is late",
        _person("Under_42_Score", "Name"),
        (on_time, plain(wrong(1.0))),
        (3 * hour, plain(right())),
    )
    yield _case("blank", _person("O'Apostrophe", "Name"), (early, plain(blank())))
    third, last = _places(maker)
    yield _case("a syntax error", _person(), (early, maker.faulty(third, SYNTAX_ERROR)))
    yield _case("an exception", _person("+Plus", "@At"), (early, maker.faulty(third, EXCEPTION)))
    yield _case("an endless loop", _person(), (early, maker.faulty(last, ENDLESS_LOOP)))
    yield _case("a test cell removed", _person(), (early, _without_tests(maker)))
    yield _case("an answer twice", _person(), (early, _doubled(maker)))
    yield _case("cells in another order", _person(), (early, _reordered(maker)))
    yield _case("renamed", _person("名", "前"), (early, _named(maker, "my homework (final).ipynb")))
    yield _case("a zip in the zip", _person(), (early, _packed(maker, f"{maker.slug}.ipynb")))
    deep = f"Desktop/course/{maker.slug}/{maker.slug}.ipynb"
    yield _case("in nested folders", _person(), (early, _packed(maker, deep)))
    name = unicodedata.normalize("NFD", f"Übung é {maker.slug}.ipynb")
    nfd = unicodedata.normalize("NFD", "Ünicode")
    yield _case("decomposed names", _person(nfd, "Names"), (early, _named(maker, name)))
    yield _case("a bomb beside it", _person("LATE", "Participant 4037"), (early, _bomb(maker)))
    yield _case("a forged test cell", _person(), (early, _forged(maker)))
    yield _case("points edited", _person(), (early, _points_edited(maker)))
    yield _case("output without end", _person(), (early, _spam(maker)))
    yield _case("damaged file", _person(), (early, _damaged(maker)))
    yield _case("hands in nothing", _person("-Dash", "Name"))
    yield _case("hands in nothing", _person())
    yield _case(
        "an extension",
        _person("Granted", "Name", due=EXTENDED),
        (day, plain(right())),
    )
    for late in (timedelta(seconds=59), hour, 26 * hour, 3 * day, 10 * day):
        yield _case(f"late by {late}", _person(), (late, plain(wrong())))
    yield _case(
        "better each time",
        _person(),
        *((n * hour - day, plain(wrong(1 - n / 2))) for n in range(3)),
    )
    yield _case(
        "twice the same file",
        _person(),
        *((n * hour - day, work) for n, work in enumerate([plain(right(0))] * 2)),
    )
    yield _case(
        "right, and blank when it is late",
        _person(),
        (on_time, plain(right())),
        (day, plain(blank())),
    )
    yield _case("a name like another's number", _person("Hidden_4037"), (early, plain(right())))


def _ordinary(maker: Maker) -> Iterator[Case]:
    """Yield as many students as are wanted with right answers in all styles, and with mistakes."""
    number = 0
    while True:
        number += 1
        before = -timedelta(minutes=17 * number)
        answers = maker.right() if number % 2 else maker.wrong(maker.random.choice([0.3, 0.7, 1]))
        what = "right" if number % 2 else "mistakes"
        yield _case(what, _person(), (before, maker.plain(answers)))
        if number >= 60:
            return


def _places(maker: Maker) -> tuple[Exercise, Exercise]:
    """Return an exercise in the middle, and the last one that is not measured."""
    plain = [e for e in maker.exercises if not e.measured]
    return plain[min(2, len(plain) - 1)], plain[-1]


def _named(maker: Maker, name: str) -> Work:
    answers = maker.right()
    return Work([maker.upload(maker.notebook(answers), name)], answers)


def _packed(maker: Maker, inner: str) -> Work:
    answers = maker.right()
    notebook = maker.upload(maker.notebook(answers))
    return Work([Upload("work.zip", _zip({inner: notebook.data}))], answers)


def _hostile(maker: Maker) -> Work:
    """Name the file so that it reads, on each platform, as another student's."""
    name = (
        "x_4037_assignsubmission_file_student-003_attempt_2026-09-01-00-00-00_"
        f"LATE_4074_407400_{maker.slug}.ipynb"
    )
    return _named(maker, name)


def _zip_slip(maker: Maker) -> Work:
    answers = maker.wrong()
    notebook = maker.upload(maker.notebook(answers))
    packed = {
        "../../../student-001/x.ipynb": b"{}",
        "/tmp/slipped.ipynb": b"{}",
        f"work/{notebook.name}": notebook.data,
    }
    return Work([Upload("work.zip", _zip(packed))], answers)


def _bomb(maker: Maker) -> Work:
    answers = maker.right()
    bomb = Upload("data.zip", _zip({"zeros.ipynb": bytes(BOMB_BYTES)}))
    return Work([maker.upload(maker.notebook(answers)), bomb], answers)


def _without_tests(maker: Maker) -> Work:
    answers = maker.right()
    notebook = maker.notebook(answers)
    first = maker.exercises[0].name
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != first]
    return Work([maker.upload(notebook)], answers)


def _doubled(maker: Maker) -> Work:
    """Keep a first try above the answer that is meant: the last one counts."""
    answers, tries = maker.right(), maker.wrong(1.0)
    notebook, first = maker.notebook(answers), maker.exercises[0].name
    place = next(i for i, c in enumerate(notebook.cells) if grade_id(c) == f"{first}-answer")
    copy = nbformat.from_dict({**notebook.cells[place], "source": tries[first], "id": "copy-1"})
    notebook.cells.insert(place, copy)
    return Work([maker.upload(notebook)], answers)


def _reordered(maker: Maker) -> Work:
    answers = maker.right()
    notebook = maker.notebook(answers)
    notebook.cells = [notebook.cells[0], *reversed(notebook.cells[1:])]
    return Work([maker.upload(notebook)], answers)


def _forged(maker: Maker) -> Work:
    """Write what a test would say into the tests, and answer nothing."""
    notebook = maker.notebook(maker.blank())
    for cell in notebook.cells:
        points = cell.metadata.get("nbgrader", {}).get("points")
        if cell.cell_type == "code" and points:
            cell.source = str(float(points))
    return Work([maker.upload(notebook)], maker.blank())


def _points_edited(maker: Maker) -> Work:
    answers = {**maker.right(), maker.exercises[-1].name: None}
    notebook = maker.notebook(answers)
    for cell in notebook.cells:
        if "points" in cell.metadata.get("nbgrader", {}):
            cell.metadata["nbgrader"]["points"] = 1000
    return Work([maker.upload(notebook)], answers)


def _spam(maker: Maker) -> Work:
    answers = maker.right()
    notebook = maker.notebook(answers)
    place = next(i for i, c in enumerate(notebook.cells) if grade_id(c).endswith("-answer"))
    notebook.cells.insert(place, nbformat.v4.new_code_cell(SPAM, id="spam-1"))
    return Work([maker.upload(notebook)], answers)


def _damaged(maker: Maker) -> Work:
    """Cut the file off behind the answer to the first exercise."""
    answers = maker.right(0)
    first = maker.exercises[0].name
    whole = maker.upload(maker.notebook(answers))
    text = whole.data.decode("utf-8")
    second = f"{maker.exercises[1].name}-answer"
    cut = text.index(second)
    left = {name: source if name == first else None for name, source in answers.items()}
    return Work([Upload(whole.name, text[:cut].encode("utf-8"))], left)


def _zip(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def grade_id(cell: nbformat.NotebookNode) -> str:
    """Return by what nbgrader knows a cell."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
