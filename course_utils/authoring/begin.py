"""Begin a topic or an exercise: files that work already, to be made into something."""

from __future__ import annotations

import ast
import keyword
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.authoring.calls import words_of_calls
from course_utils.errors import CourseError, did_you_mean
from course_utils.exercises.catalog import find
from course_utils.exercises.edits import BEGIN, END

TEMPLATES = Path(__file__).parent / "templates"
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PAGES = ("index", "idea")  # of a topic, to begin with
EXERCISES = Path("course_utils", "exercises")
SETUP = "import numpy as np\n\nfrom course_utils.checks import check"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def begin_topic(course: Path, slug: str) -> list[Path]:
    """Write a topic's package, notebook and page, and its line in the table of contents.

    Parameters
    ----------
    course : Path
        A checkout of the project.
    slug : str
        Its name in small letters, words joined by ``-``.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    CourseError
        If the slug is none, or the topic is there already.
    """
    _require_checkout(course)
    if not SLUG.fullmatch(slug):
        raise CourseError(f"{slug!r} is no slug: write small letters, such as recurrent-networks")
    package = course / EXERCISES / slug.replace("-", "_")
    notebook = course / "solutions" / slug / f"{slug}.ipynb"
    pages = course / "book" / slug
    if taken := [path for path in (package, notebook, pages) if path.exists()]:
        raise CourseError(f"{slug} has begun already: {taken[0]} is there")
    title = slug.replace("-", " ").capitalize()
    _write(package / "__init__.py", f'"""The assignment on {title.lower()}."""\n\nORDER = ()\n')
    for page in PAGES:
        _write(pages / f"{page}.md", _filled(f"{page}.md", slug=slug, title=title))
    head = new_markdown_cell(_filled("head.md", title=title).rstrip("\n"), id="cell-01")
    cells = [head, _known(new_code_cell(SETUP), "setup", locked=True)]
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    _save(new_notebook(cells=cells, metadata=metadata), notebook)
    toc = course / "_toc.yml"
    toc.write_text(_with_page(toc.read_text(encoding="utf-8"), slug), encoding="utf-8")
    return [package / "__init__.py", notebook, *(pages / f"{page}.md" for page in PAGES), toc]


def begin_exercise(course: Path, slug: str, name: str, *, catches: str = "") -> list[Path]:
    """Add an exercise to a topic: its module, its place in the order, its cells in the notebook.

    It becomes the topic's last, but for those that are measured.

    Parameters
    ----------
    course : Path
    slug, name : str
        The topic, and the function that is asked for.
    catches : str
        An exercise of the topic whose mistakes are to be caught by calls that the function returns.

    Raises
    ------
    CourseError
        If there is no such topic, the name is none or taken, or calls cannot catch the mistakes.
    """
    _require_checkout(course)
    package = course / EXERCISES / slug.replace("-", "_")
    if not (package / "__init__.py").is_file():
        known = [path.parent.name for path in (course / EXERCISES).glob("*/__init__.py")]
        known = [name.replace("_", "-") for name in known]
        raise CourseError(
            f"unknown topic {slug!r}; {did_you_mean(slug, known)} `course new {slug}` begins one"
        )
    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise CourseError(f"{name!r} is no name of a function: write one such as rnn_step_forward")
    if taken := list((course / EXERCISES).glob(f"*/{name}.py")):
        raise CourseError(f"an exercise {name} is there already: {taken[0]}")
    order = _order(package / "__init__.py")
    words = _words_of_calls(package, catches, order) if catches else {}
    template = "catching" if catches else "exercise"
    module, notebook = package / f"{name}.py", course / "solutions" / slug / f"{slug}.ipynb"
    _write(module, _filled(f"{template}.py", name=name, **words))
    own, ranks = _rank(module), [_rank(package / f"{one}.py") for one in order]
    place = next((i for i, rank in enumerate(ranks) if rank > own), len(order))
    order.insert(place, name)
    _set_order(package / "__init__.py", order)
    statement = "catching" if catches else "statement"
    text = _filled(f"{statement}.md", name=name, number=place + 1, **words).rstrip("\n")
    _add_cells(notebook, name, text, before=order[place + 1 : place + 2])
    return [module, package / "__init__.py", notebook]


def _words_of_calls(package: Path, target: str, order: list[str]) -> dict[str, str]:
    if target not in order:
        raise CourseError(f"the topic has no exercise {target!r}; {did_you_mean(target, order)}")
    exercise = find(target)
    if exercise.measured or exercise.probe:
        kind = "is measured" if exercise.measured else "builds a network"
        raise CourseError(f"{target} {kind}: name an exercise that compares what calls come to")
    return words_of_calls(exercise, package.name)


def _require_checkout(course: Path) -> None:
    if not (course / EXERCISES).is_dir() or not (course / "_toc.yml").is_file():
        raise CourseError(f"{course} is no checkout of the project: name one with --course")


def _filled(template: str, **words: object) -> str:
    return (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8").format(**words)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _order(path: Path) -> list[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER":
            return list(ast.literal_eval(node.value))
    raise CourseError(f"{path} has no line ORDER = (...), which names the topic's exercises")


def _set_order(path: Path, names: list[str]) -> None:
    source = path.read_text(encoding="utf-8")
    rows = "".join(f'    "{name}",\n' for name in names)
    changed = re.sub(r"^ORDER = \((.*?)\)$", f"ORDER = (\n{rows})", source, flags=re.M | re.S)
    path.write_text(changed, encoding="utf-8")


def _rank(module: Path) -> int:
    """Say how late an exercise comes: usual ones, those that catch mistakes, those that learn."""
    source = module.read_text(encoding="utf-8")
    return 1 if "catches=" in source else 2 if "measured=True" in source else 0


def _add_cells(path: Path, name: str, statement: str, before: list[str]) -> None:
    """Put statement, answer and check before an exercise's, or at a notebook's end.

    `course release` fills the answer, and numbers what comes after it.
    """
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    answer = f'def {name}():\n    """"""\n    {BEGIN}\n    {END}'
    check = _known(new_code_cell(f'check("{name}", {name})'), name, locked=True, grade=True)
    check.metadata.nbgrader.points = 0
    ids = [cell.get("id") for cell in notebook.cells]
    place = ids.index(f"{before[0]}-statement") if before else len(ids)
    notebook.cells[place:place] = [
        _known(new_markdown_cell(statement), f"{name}-statement", locked=True),
        _known(new_code_cell(answer), f"{name}-answer", solution=True),
        check,
    ]
    _save(notebook, path)


def _known(
    cell: NotebookNode,
    name: str,
    *,
    locked: bool = False,
    grade: bool = False,
    solution: bool = False,
) -> NotebookNode:
    """Tell nbgrader a cell's part."""
    marks = {"grade": grade, "grade_id": name, "locked": locked, "schema_version": 3}
    cell.metadata["nbgrader"] = NotebookNode({**marks, "solution": solution, "task": False})
    cell.id = name
    return cell


def _save(notebook: NotebookNode, path: Path) -> None:
    _write(path, nbformat.writes(notebook) + "\n")


def _with_page(toc: str, slug: str) -> str:
    """Return a table of contents with a topic as the last before the pages for instructors."""
    lines = toc.splitlines()
    last = max(i for i, line in enumerate(lines) if "- file: book/" in line)
    for i, line in enumerate(lines):
        if line.strip() == "- caption: For instructors":
            last = i - 1
            break
    first, *others = PAGES
    added = [f"      - file: book/{slug}/{first}", "        sections:"]
    added += [f"          - file: book/{slug}/{page}" for page in others]
    return "\n".join([*lines[: last + 1], *added, *lines[last + 1 :], ""])
