"""The recipe of an assignment of an instructor's own choice: what stands in it, and for how much.

It is a file `recipes/NAME.toml` in the course's folder:

    title = "Week 3"
    introduction = "What a memory cell keeps."
    give = ["lstm_step_forward"]      # the course's answer stands there, to be called

    [[part]]
    exercise = "lstm_forward"         # or "lstm:lstm_forward"
    points = 10

    [[part]]
    kind = "text"                     # or "plot", "code", "test"
    name = "why_gates"
    title = "Why gates?"
    points = 4
    statement = "Say in three sentences what the forget gate is for."

A person grades a `text` and a `plot`. A `code` has `tests` of its own, a `test` is one more cell of
tests on functions above it; both may hide some of them from students.
"""

from __future__ import annotations

import json
import keyword
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError, did_you_mean
from course_utils.exercises.catalog import exercise_module, exercise_names, find, topics
from course_utils.exercises.edits import BEGIN, END
from course_utils.grading.judge.definitions import parsed

FOLDER = "recipes"
EXERCISE, TEXT, PLOT, CODE, TEST = KINDS = ("exercise", "text", "plot", "code", "test")
BY_HAND = (TEXT, PLOT)
MOST = 1000
HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"  # nbgrader's marks
MARK = re.compile(r"#\s*(BEGIN|END)\b.*\b(SOLUTION|HIDDEN|TEST)", re.IGNORECASE)
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Part:
    """What is asked for under one number.

    Attributes
    ----------
    name : str
        The exercise, or the task's own name: its cells are called by it.
    points : float
    kind : str
        One of `KINDS`.
    title : str
        The heading of a task; an exercise's is its name.
    statement : str
        Of a task, in Markdown.
    answer : str
        The instructor's: what students get of it stands outside nbgrader's marks.
    tests : str
        Source of the cell that tests a `code` or `test`.
    """

    name: str
    points: float
    kind: str = EXERCISE
    title: str = ""
    statement: str = ""
    answer: str = ""
    tests: str = ""


@dataclass(frozen=True)
class Recipe:
    """What an assignment is made of.

    Attributes
    ----------
    title : str
    parts : tuple of Part
        In their order.
    introduction : str
        Stands below the title, in Markdown.
    give : tuple of str
        Exercises whose model answers are handed out, for others to call.
    """

    title: str
    parts: tuple[Part, ...]
    introduction: str = ""
    give: tuple[str, ...] = ()


def recipe_path(course: Path, name: str) -> Path:
    """Return where the recipe of an assignment is kept.

    It is not beside the notebook, because what lies there is handed out.
    """
    return course / FOLDER / f"{name}.toml"


def require_own_name(name: str) -> None:
    """Raise a CourseError, unless an assignment of one's own may have that name."""
    if not NAME.fullmatch(name) or len(name) > 60:
        raise CourseError(
            f"{name!r} is no name for an assignment: small letters and digits, words joined by -, "
            "as in week-3"
        )
    if name in topics():
        raise CourseError(f"{name} is a topic of the course: choose another name, as in my-{name}")


def picked(words: Iterable[str], give: Iterable[str] = (), title: str = "") -> Recipe:
    """Return the recipe that picks such as `lstm:lstm_forward=10` make.

    Parameters
    ----------
    words : iterable of str
        Exercises; what stands in front of a colon is its topic, and behind `=` are its points,
        those of the exercise if there are none.
    give : iterable of str
    title : str

    Raises
    ------
    CourseError
        If an exercise is unknown or there twice, or points are none.
    """
    parts = []
    for word in words:
        name, equals, points = word.partition("=")
        try:
            worth = float(points) if equals else None
        except ValueError:
            raise CourseError(f"{word!r}: behind = stand points, as in {name}=10") from None
        parts.append(_exercise({"exercise": name} | ({} if worth is None else {"points": worth})))
    return _checked(Recipe(title, tuple(parts), give=tuple(map(_named, give))), "the picks")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    CourseError
        If it cannot be read, or something in it is amiss.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise CourseError(f"there is no recipe {path}: check its name") from None
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # what is no TOML, or no UTF-8
        raise CourseError(f"{path} is no recipe in TOML: {error}") from None
    try:
        return _from_data(data, str(path))
    except CourseError as error:
        raise CourseError(f"{path}: {error}") from None


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe of picks as the file that is kept."""
    lines = [f"title = {_quoted(recipe.title)}"]
    if recipe.give:
        lines.append(f"give = [{', '.join(map(_quoted, recipe.give))}]")
    for part in recipe.parts:
        points = int(part.points) if part.points == int(part.points) else part.points
        lines += ["", "[[part]]", f"exercise = {_quoted(part.name)}", f"points = {points}"]
    return "\n".join(lines) + "\n"


def _from_data(data: Mapping[str, Any], where: str) -> Recipe:
    _require_known(data, ("title", "introduction", "give", "part"), "a recipe")
    parts = data.get("part")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise CourseError("write a [[part]] for each exercise and each task")
    give = data.get("give", [])
    if not isinstance(give, list) or not all(isinstance(name, str) for name in give):
        raise CourseError('give is a list of exercises, as in give = ["lstm_step_forward"]')
    made = []
    for number, part in enumerate(parts, start=1):
        try:
            made.append(_part(part))
        except CourseError as error:
            raise CourseError(f"part {number}: {error}") from None
    title, introduction = (_text(data, key) for key in ("title", "introduction"))
    given = tuple(map(_named, give))
    return _checked(Recipe(title, tuple(made), introduction, given), "the recipe")


def _part(data: Mapping[str, Any]) -> Part:
    if "exercise" in data:
        _require_known(data, ("exercise", "points"), "an exercise")
        return _exercise(data)
    keys = [field.name for field in fields(Part)]
    _require_known(data, keys, "a task")
    texts = {key: _text(data, key) for key in keys if key != "points"}
    name, kind = texts["name"], texts["kind"]
    if kind not in KINDS[1:]:
        says = did_you_mean(kind, KINDS[1:])
        raise CourseError(f'name an exercise = "...", or a kind that there is; {says}')
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise CourseError(f"{name!r} is no name for a task: letters, digits and _, as in why_gates")
    if name.startswith("setup") or name == "progress":
        raise CourseError(f"{name} is the name of another cell: choose another one")
    if _is_exercise(name):
        raise CourseError(f"{name} is an exercise of the course: choose another name for the task")
    for key in ("title", *(("statement",) if kind != TEST else ())):
        if not texts[key].strip():
            raise CourseError(f"{name} has no {key}")
    if "\n" in texts["title"]:
        raise CourseError(f"the title of {name} is more than one line")
    _require_cells(kind, texts)
    if "points" not in data:
        raise CourseError(f"{name} has no points")
    return Part(points=_points(data["points"], name), **texts)


def _require_cells(kind: str, texts: Mapping[str, str]) -> None:
    """See that a task has the cells of its kind, and that they can be handed out."""
    name, answer, tests = (texts[key] for key in ("name", "answer", "tests"))
    if (kind in (CODE, TEST)) != bool(tests.strip()):
        has = "needs tests" if kind in (CODE, TEST) else "has tests, but a person grades it"
        raise CourseError(f"{name}, a {kind}, {has}")
    if kind == TEST and answer:
        raise CourseError(f"{name} only tests: an answer is a task of the kind code")
    if kind == CODE and answer.count(BEGIN) != 1:
        raise CourseError(
            f"put what students are to write in the answer of {name} between lines "
            f"{BEGIN} and {END}"
        )
    _require_marks(name, answer, (BEGIN, END))
    _require_marks(name, tests, HIDDEN)
    for text, key in ((tests, "tests"), (answer if kind != TEXT else "", "answer")):
        if text.strip() and not parsed(text).body:
            raise CourseError(f"the {key} of {name} are no Python")


def _require_marks(name: str, text: str, marks: tuple[str, str]) -> None:
    """See that what students are not to get stands between lines that nbgrader knows."""
    found = [line.strip() for line in text.splitlines() if MARK.search(line)]
    if found != list(marks) * (len(found) // 2):
        begin, end = marks
        says = f"each line {begin} of {name} needs its line {end}, written exactly so"
        raise CourseError(f"{says}; there are {', '.join(found)}")


def _exercise(data: Mapping[str, Any]) -> Part:
    word = _text(data, "exercise")
    name = _named(word)
    return Part(name, _points(data.get("points", find(name).points), name))


def _named(word: str) -> str:
    """Return the exercise that `topic:name` or `name` names."""
    slug, colon, name = word.rpartition(":")
    try:
        module = exercise_module(name)
    except ValueError as error:
        if name in topics():
            says = f"{name} is a topic: pick its exercises, {', '.join(exercise_names(name))}"
            raise CourseError(says) from None
        raise CourseError(str(error)) from None
    topic = module.split(".")[-2].replace("_", "-")
    if colon and slug != topic:
        raise CourseError(f"{name} is an exercise of {topic}: write {topic}:{name}")
    return name


def _is_exercise(name: str) -> bool:
    try:
        exercise_module(name)
    except ValueError:
        return False
    return True


def _points(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CourseError(f"the points of {name} are no number")
    if not (math.isfinite(value) and 0 < value <= MOST):
        raise CourseError(f"{name} can have points above 0 and up to {MOST}, got {value:g}")
    if round(value, 2) != value:
        raise CourseError(f"the points of {name} have more than two decimals: got {value}")
    return float(value)


def _checked(recipe: Recipe, what: str) -> Recipe:
    """See that there is something, and nothing twice."""
    if not recipe.parts:
        raise CourseError(f"{what} name no exercise: pick some, as in --pick output_size=3")
    if "\n" in recipe.title:
        raise CourseError("the title is more than one line")
    if not any(part.kind == EXERCISE for part in recipe.parts):
        raise CourseError("pick one of the course's exercises at least: the kit is built round it")
    seen: set[str] = set()
    for part in recipe.parts:
        if part.name in seen:
            raise CourseError(f"{part.name} is there twice")
        seen.add(part.name)

    for name in recipe.give:
        if name in seen:
            raise CourseError(f"{name} is asked for and given: leave out one of them")
    return recipe


def _require_known(data: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    known = list(known)
    for key in data:
        if key not in known:
            raise CourseError(f"{what} has no {key!r}; {did_you_mean(key, known)}")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise CourseError(f'{key} is a text, as in {key} = "..."')
    return value


def _quoted(text: str) -> str:
    """Write a text as TOML does."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
