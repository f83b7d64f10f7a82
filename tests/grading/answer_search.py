"""Search a kit for the course's answers: as code, whatever its layout, and as lines of text."""

import ast
import collections
import functools
import html
import io
import itertools
import json
import re
import textwrap
import zipfile
from pathlib import Path
from typing import NamedTuple

import nbformat

from course_utils.exercises import catalog
from course_utils.exercises.edits import definition

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "course_utils"
SECRET_CODE = ("reference/**/*.py", "exercises/**/*.py", "arithmetic.py", "layer_arithmetic.py")
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", re.DOTALL | re.MULTILINE)
TELLING = 20  # a single statement shorter than this may be anywhere by chance


class Body(NamedTuple):
    """The statements of an answer, without its docstring."""

    where: str
    code: tuple[str, ...]  # each statement as `ast.dump` writes it
    text: str  # as `bare_lines` writes it


@functools.cache
def answer_bodies():
    """Return the bodies of all solutions, references, right answers and mistakes."""
    found = []
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for solution in SOLUTION.findall(cell.source):
                source = textwrap.dedent(solution)
                statements = ast.parse(source).body
                found.append(body(f"{path.name}: {cell.id}", statements, source.splitlines()))
    for path in sorted(path for pattern in SECRET_CODE for path in PACKAGE.glob(pattern)):
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                where = f"{path.relative_to(PACKAGE)}: {node.name}"
                found.append(body(where, without_docstring(node), lines))
    for exercise in itertools.chain(*catalog().values()):
        for name, mistake in exercise.mistakes.items():
            source = definition(mistake.function)
            statements = without_docstring(ast.parse(source).body[0])
            where = f"mistake {name} of {exercise.name}"
            found.append(body(where, statements, source.splitlines()))
    return [answer for answer in found if answer]


def without_docstring(function):
    """Return the statements of a function that do something."""
    return function.body[1:] if ast.get_docstring(function, clean=False) else function.body


def body(where, statements, lines):
    """Return statements that stand in these lines as a Body; None if anybody might write them."""
    if not several(statements) and len("".join(map(ast.unparse, statements))) < TELLING:
        return None
    written = lines[statements[0].lineno - 1 : statements[-1].end_lineno]
    code = tuple(ast.dump(statement) for statement in statements)
    return Body(where, code, bare_lines("\n".join(written)))


def several(statements):
    """Say whether there is more than one statement, those inside others among them."""
    found = (node for each in statements for node in ast.walk(each) if isinstance(node, ast.stmt))
    return len(list(itertools.islice(found, 2))) > 1


def bare_lines(text):
    """Drop comments, blank lines and spaces; begin and end with a line break."""
    lines = ("".join(re.sub(r"(^|\s)#.*", "", line).split()) for line in text.splitlines())
    return "\n".join(["", *filter(None, lines), ""])


def members(data, above=""):
    """Return the content of every file in a zip, and in the wheels that are in it, by its path."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            found[above + name] = content
            if name.endswith(".whl"):
                found |= members(content, f"{above}{name}/")
    return found


def answers_in(files, answers):
    """Say which answers are in which files, as pairs (file, where the answer comes from)."""
    found = []
    for name, data in files.items():
        if name.endswith(".whl"):
            continue  # its members are files of their own
        readable = texts(name, data)
        text = bare_lines("\n".join(readable))
        runs = runs_of_code(readable)
        found += [
            (name, answer.where)
            for answer in answers
            if answer.text in text
            or any(run[: len(answer.code)] == answer.code for run in runs[answer.code[0]])
        ]
    return found


def texts(name, data):
    """Return what a person can read in a file: a JSON file's strings, else the whole."""
    text = data.decode("utf-8")
    if name.endswith((".json", ".ipynb")):
        return list(strings(json.loads(text)))
    return [html.unescape(text) if name.endswith(".html") else text]


def strings(value):
    """Yield every string in a JSON value; a list of lines, as notebooks have them, is one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield "".join(value) if any("\n" in item for item in value) else "\n".join(value)
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def code_blocks(source):
    """Yield each block of statements in a source, dumped; nothing if it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield tuple(ast.dump(statement) for statement in block)


def runs_of_code(sources):
    """Return the rest of each block of statements from each statement on, by that statement."""
    runs = collections.defaultdict(list)
    for block in {block for source in sources for block in code_blocks(source)}:
        for i, first in enumerate(block):
            runs[first].append(block[i:])
    return runs
