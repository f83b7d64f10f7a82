"""Search a kit for the course's answers: as code, whatever its layout, and as lines of text."""

import ast
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
from course_utils.exercises.edits import definition, without_docstring

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


def answer_bodies():
    """Return the bodies of all solutions, references, known right and known wrong answers."""
    found = []
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for solution in SOLUTION.findall(cell.source):
                source = textwrap.dedent(solution)
                found.append(body(f"{path.name}: {cell.id}", ast.parse(source).body, source))
    for path in sorted(path for pattern in SECRET_CODE for path in PACKAGE.glob(pattern)):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                statements = node.body[1:] if ast.get_docstring(node) else node.body
                where = f"{path.relative_to(PACKAGE)}: {node.name}"
                found.append(body(where, statements, source))
    for exercise in itertools.chain(*catalog().values()):
        for name, mistake in exercise.mistakes.items():
            source = without_docstring(definition(mistake.function))
            statements = ast.parse(source).body[0].body
            found.append(body(f"mistake {name} of {exercise.name}", statements, source))
    return [answer for answer in found if answer]


def body(where, statements, source):
    """Return the statements as a Body, or None if anybody might write the same."""
    written = "\n".join(ast.unparse(statement) for statement in statements)
    several = sum(isinstance(node, ast.stmt) for each in statements for node in ast.walk(each)) > 1
    if not several and len(written) < TELLING:
        return None
    lines = source.splitlines()[statements[0].lineno - 1 : statements[-1].end_lineno]
    code = tuple(ast.dump(statement) for statement in statements)
    return Body(where, code, bare_lines("\n".join(lines)))


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
        text = bare_lines("\n".join(texts(name, data)))
        blocks = {block for source in texts(name, data) for block in code_blocks(source)}
        found += [
            (name, answer.where)
            for answer in answers
            if answer.text in text or any(contains(block, answer.code) for block in blocks)
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


def contains(block, code):
    """Say whether the statements `code` stand in a block, one after another."""
    return any(
        block[i : i + len(code)] == code for i, first in enumerate(block) if first == code[0]
    )
