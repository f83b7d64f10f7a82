"""Can a student work with the kit on a bare machine, and find no answer in it?"""

import base64
import email
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from course_utils import __version__
from course_utils.checks.cases import Raised
from course_utils.checks.check import frozen_cases
from course_utils.errors import CourseError
from course_utils.exercises import catalog
from course_utils.grading.handout.kit import EXTRAS, LICENCES, PYTHON, REQUIRES, make_kit
from course_utils.grading.handout.release import topics
from course_utils.grading.handout.sample_class import answer_source
from course_utils.grading.kernels.student_part import student_files
from course_utils.grading.secret import (
    FILE,
    PREFIX,
    assignment_secret,
    commitment,
    course_secret,
)
from tests.grading.answer_search import answer_bodies, answers_in, members, texts

ROOT = Path(__file__).parents[3]
SLUGS = topics(ROOT)
SLUG = "convolution-arithmetic"
NOTEBOOK = f"exercises/{SLUG}/{SLUG}.ipynb"
WHEEL = f"filters_and_memory_kit-{__version__}-py3-none-any.whl"
TOP = "filters-and-memory-kit"
TORCH = "pytorch"  # the folder at the desk with PyTorch, for the assignments that need it

# Run a notebook as a student's Python would, once for each set of answers: each cell in turn, an
# error ends its cell only. Prints what each check said, and the processor time that each cell took.
# The sets share the imports of the first cell; those after the first set, whose time counts, share
# all that checks import besides.
RUN_NOTEBOOK = """
import contextlib, importlib, io, json, os, sys, time
path, sets = sys.argv[1], json.loads(sys.argv[2])
with open(path, encoding="utf-8") as file:
    cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]

def run(cells, answers):
    names, said, seconds = {"__name__": "__main__"}, {}, {}
    for cell in cells:
        name = cell["metadata"]["nbgrader"]["grade_id"] if "nbgrader" in cell["metadata"] else ""
        source = answers.get(name.removesuffix("-answer"), "") if name.endswith("-answer") else ""
        out, start = io.StringIO(), time.process_time()
        # A cell that draws what was learned may warn of it.
        warns = contextlib.redirect_stderr(sys.stderr if name else out)
        with contextlib.redirect_stdout(out), warns:
            try:
                exec(source or "".join(cell["source"]), names)
            except Exception as error:
                print(f"{type(error).__name__}: {error}")
        said[name], seconds[name] = out.getvalue(), time.process_time() - start
    return said, seconds

_, first = run(cells[:1], {})
for place, answers in enumerate(sets):
    if place == 1:
        for library in ("matplotlib.pyplot", "torch._dynamo"):
            with contextlib.suppress(ImportError):
                importlib.import_module(library)
    sys.stdout.flush()
    if not os.fork():
        said, seconds = run(cells, answers)
        print(json.dumps([said, seconds | first]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """The kit of the whole course, as a file."""
    return make_kit(ROOT, tmp_path_factory.mktemp("made") / "this term" / "kits")


@pytest.fixture(scope="module")
def files(kit):
    """Every file in the kit and in its wheel, by its path below the top folder."""
    found = members(kit.read_bytes())
    assert all(name.startswith(f"{TOP}/") for name in found)
    return {name.removeprefix(f"{TOP}/"): data for name, data in found.items()}


@pytest.fixture(scope="module")
def desk(kit, tmp_path_factory):
    """A student's unpacked kit, with the wheel in an environment that is otherwise bare.

    Only the libraries that the wheel asks for are there, by links to those of this environment,
    so that nothing is fetched.
    """
    folder = tmp_path_factory.mktemp("desk") / "my course folder"
    with zipfile.ZipFile(kit) as archive:
        archive.extractall(folder)
    folder /= TOP
    venv.create(folder / ".venv", symlinks=True)
    install = ["install", "--quiet", "--no-deps", "--no-index", f"./{WHEEL}"]
    pip = [sys.executable, "-m", "pip", "--python", ".venv/bin/python", *install]
    subprocess.run(pip, cwd=folder, check=True)
    (packages,) = (folder / ".venv").glob("lib/python*/site-packages")
    (about,) = packages.glob("*.dist-info")
    linked = set()
    for needed in importlib.metadata.Distribution.at(about).requires:
        link_distribution(needed, packages, linked)
    apart = folder / TORCH
    apart.mkdir()
    link_distribution("torch", apart, linked)
    return folder


def link_distribution(needed, packages, linked):
    """Link what a requirement without an extra asks for, and all that it needs, into a folder."""
    requirement = Requirement(needed)
    if requirement.name in linked or (requirement.marker and not requirement.marker.evaluate()):
        return
    linked.add(requirement.name)
    found = importlib.metadata.distribution(requirement.name)
    tops = {file.parts[0] for file in found.files} - {"..", "__pycache__"}
    for top in tops:
        if not (packages / top).exists():  # two distributions may share a folder
            (packages / top).symlink_to(found.locate_file(top))
    for further in found.requires or []:
        link_distribution(further, packages, linked)


def run_python(desk, *words, cwd=None, torch=False):
    """Run the desk's Python in an environment of its own, with PyTorch if it is asked for."""
    return subprocess.run(
        [desk / ".venv" / "bin" / "python", *words],
        cwd=cwd or desk,
        env={"HOME": str(desk), "PATH": os.defpath}
        | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # tests share the cores
        | ({"PYTHONPATH": str(desk / TORCH)} if torch else {}),
        capture_output=True,
        text=True,
        check=False,
    )


def run_notebook(desk, slug, *sets, torch=None):
    """Run a notebook of the kit with each set of answers; return what was said and the seconds."""
    run = run_python(
        desk,
        "-c",
        RUN_NOTEBOOK,
        f"{slug}.ipynb",
        json.dumps(sets),
        cwd=desk / "exercises" / slug,
        torch=needs_torch(slug) if torch is None else torch,
    )
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(found) == len(sets)
    return found


def needs_torch(slug):
    """Say whether an assignment imports PyTorch."""
    cells = nbformat.read(ROOT / "exercises" / slug / f"{slug}.ipynb", as_version=4).cells
    return any("import torch" in cell.source for cell in cells if cell.cell_type == "code")


@pytest.fixture(scope="module", params=SLUGS)
def tried(request, desk):
    """A topic, and what its notebook from the zip says: solved, wrongly solved, untouched."""
    slug = request.param
    right = {
        exercise.name: answer_source(next(iter(exercise.right.values())), exercise.name)
        for exercise in catalog()[slug]
    }
    wrong = {
        exercise.name: answer_source(first_mistake(exercise).function, exercise.name)
        for exercise in catalog()[slug]
    }
    return slug, run_notebook(desk, slug, right, wrong, {})


def first_mistake(exercise):
    return next(iter(exercise.mistakes.values()))


def test_a_right_answer_passes_at_the_desk(tried):
    """Does the notebook from the zip, once solved, hear that every case is right, and soon?"""
    slug, ((said, seconds), *_) = tried
    for exercise in catalog()[slug]:
        asked = frozen_cases(exercise.name).cases
        count = sum(not isinstance(case.expected, Raised) for case in asked)
        cases = f"all {count} cases, " if count > 1 else ""
        points = f"{exercise.points:g} of {exercise.points:g} points"
        if exercise.catches:  # no mistake is in the kit
            assert f"So far right: {exercise.name}, " in said[exercise.name]
            assert f"{exercise.points:g} points to be had" in said[exercise.name]
        else:
            assert f"Right: {exercise.name}, {cases}{points}" in said[exercise.name]
        assert "CheckFailed" not in said[exercise.name]
        # PyTorch alone takes more than a second to import, and what learns takes its time.
        quick = not exercise.measured and not needs_torch(slug)
        assert not quick or seconds["setup"] + seconds[exercise.name] < 1.0


def test_a_known_wrong_answer_hears_its_sentence(tried):
    """Does the tutor speak, though no wrong answer is in the kit?"""
    slug, (_, (said, _), _) = tried
    for exercise in catalog()[slug]:
        text = " ".join(said[exercise.name].split())
        mistake = first_mistake(exercise)
        if exercise.catches:  # what calls do not catch is found when they are graded
            assert "no mistake is here" in text
            continue
        assert "CheckFailed" in text
        if exercise.measured:  # what it achieves may have many reasons
            assert f"of {exercise.points:g} points" in text
            continue
        assert mistake.sentence in text


def test_an_untouched_notebook_hears_that_nothing_is_written(tried):
    """Is each check of the released notebook answered in words?"""
    slug, (*_, (said, _)) = tried
    for exercise in catalog()[slug]:
        assert "nothing is written yet" in said[exercise.name]
        assert "CheckFailed" in said[exercise.name]


@pytest.mark.parametrize(
    "module",
    ["reference", "exercises", "grading", "arithmetic", "layer_arithmetic", "cli", "book", "bench"],
)
def test_the_rest_of_the_course_is_out_of_reach(desk, module):
    """Is the desk no window into the repository?"""
    run = run_python(desk, "-c", f"import course_utils.{module}")
    assert f"No module named 'course_utils.{module}'" in run.stderr


def test_every_module_of_the_kit_imports_at_the_desk(desk):
    """Are NumPy and Matplotlib enough for all that is in the wheel?"""
    modules = [
        f"course_utils.{name.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")
        for name in student_files()
        if name.endswith(".py")
    ]
    run = run_python(desk, "-W", "error", "-c", f"import {', '.join(modules)}")
    assert run.returncode == 0, run.stderr
    for absent in ("nbgrader", "IPython", "torch", "scipy", "sklearn"):
        assert f"No module named '{absent}'" in run_python(desk, "-c", f"import {absent}").stderr


def test_the_wheels_record_is_true(desk):
    """Are the digests and sizes of the installed files those that the wheel says?"""
    (about,) = desk.glob(f".venv/lib/python*/site-packages/{TOP.replace('-', '_')}-*.dist-info")
    package = [
        file
        for file in importlib.metadata.Distribution.at(about).files
        if "course_utils" in str(file)
    ]
    sources = [file for file in package if file.suffix != ".pyc"]
    own = {f"course_utils/desk/handed_out/{slug}.ipynb" for slug in SLUGS}
    assert {str(file) for file in sources} == own | {f"course_utils/{n}" for n in student_files()}
    for file in sources:
        data = file.read_binary()
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()
        assert (file.hash.mode, file.hash.value + "=") == ("sha256", digest)
        assert file.size == len(data)


def test_pip_agrees_with_what_is_installed(desk):
    """Does nothing lack that the wheel needs, and can it be uninstalled?"""
    pip = [sys.executable, "-m", "pip", "--python", ".venv/bin/python"]
    check = subprocess.run([*pip, "check"], cwd=desk, capture_output=True, text=True, check=False)
    assert "No broken requirements found" in check.stdout
    remove = [*pip, "uninstall", "--yes", TOP]
    copy = desk.parent / "a copy"
    shutil.copytree(desk, copy, symlinks=True)
    subprocess.run(remove, cwd=copy, capture_output=True, check=True)
    assert not list(copy.glob(".venv/lib/python*/site-packages/course_utils/**/*.py"))


def test_the_kit_holds_this_and_nothing_else(files):
    """Are exactly the exercises, the wheel, the page and the licences in it?"""
    outer = {name for name in files if not name.startswith(f"{WHEEL}/")}
    notebooks = {f"exercises/{slug}/{slug}.ipynb" for slug in SLUGS}
    assert outer == {"START.md", "START.html", WHEEL, *LICENCES, *notebooks}
    inner = {name.removeprefix(f"{WHEEL}/") for name in files.keys() - outer}
    about = WHEEL.removesuffix("-py3-none-any.whl") + ".dist-info"
    parts = {*student_files(), *(f"desk/handed_out/{slug}.ipynb" for slug in SLUGS)}
    assert {name for name in inner if not name.startswith(about)} == {
        f"course_utils/{name}" for name in parts
    }
    for name in notebooks:
        assert files[name] == (ROOT / name).read_bytes()


def test_no_answer_is_in_the_kit(files):
    """Is no body of a solution, a reference, a right or a wrong answer in it, by content?"""
    assert answers_in(files, answer_bodies()) == []


def test_no_answer_is_in_the_kit_by_name(files):
    """Is no file called like one that holds answers, and no function like an exercise?"""
    holders = {answer.where.partition(":")[0] for answer in answer_bodies()}
    assert not [name for name in files if name.partition("course_utils/")[2] in holders]
    exercises = {exercise.name for group in catalog().values() for exercise in group}
    modules = [data for name, data in files.items() if name.endswith(".py")]
    defined = {name for data in modules for name in re.findall(rb"\bdef +(\w+)", data)}
    assert b"check" in defined
    assert not exercises & {name.decode() for name in defined}


def as_python(body):
    return f"def f(x):\n    if x:\n        y = 1  # first\n{indented(body, 8)}\n    return y\n"


def as_notebook(body):
    source = as_python(body).splitlines(keepends=True)
    return json.dumps({"cells": [{"cell_type": "code", "source": source}]})


def as_json(body):
    return json.dumps({"sentences": {"hint": as_python(body)}})


def as_lines_of_json(body):
    return json.dumps({"lines": as_python(body).splitlines()})


def as_page(body):
    return f"# A page\n\n    y = f(x)\n\n{indented(body, 4)}\n\nThat was it.\n"


def indented(text, by):
    return "\n".join(" " * by + line for line in text.splitlines())


@pytest.mark.parametrize(
    ("name", "hide"),
    [
        ("x.whl/course_utils/checks/cases.py", as_python),
        ("exercises/x/x.ipynb", as_notebook),
        ("x.whl/course_utils/checks/frozen/x.json", as_json),
        ("x.whl/course_utils/checks/frozen/x.json", as_lines_of_json),
        ("START.md", as_page),
        ("START.html", as_page),
    ],
)
def test_a_planted_answer_is_found(name, hide):
    """Can the search fail? In each kind of file, with other comments and blank lines around."""
    body = """\
C, H, W = x_shape
F, depth, KH, KW = w_shape

if depth != C:  # NumPy would stretch a depth of 1
    raise ValueError(f"the filters are {depth} deep, but the input has {C} channels")
HO = output_size(H, KH, stride=stride, pad=pad)
WO = output_size(W, KW, stride=stride, pad=pad)
return F, HO, WO
"""
    where = "convolution-arithmetic.ipynb: conv_output_shape-answer"
    assert (name, where) in answers_in({name: hide(body).encode()}, answer_bodies())
    without_a_line = body.replace("return F, HO, WO\n", "return F, WO, HO\n")
    assert answers_in({name: hide(without_a_line).encode()}, answer_bodies()) == []


def test_an_answer_in_another_layout_is_found():
    """Is code found as code, where lines are broken otherwise and quotes differ?"""
    planted = """\
class Kept:
    def size(self, kernel, *, dilation=1):
        try:
            span = dilated_size(
                kernel, dilation)
            if (span % 2 == 0): raise ValueError(
                f'a kernel that spans {span} pixels needs {span - 1} zeros in all, '
                'which two equal sides cannot share; take an odd span')
            return ((span - 1) // 2)
        finally:
            pass
"""
    found = answers_in({"a.py": planted.encode()}, answer_bodies())
    assert found == [("a.py", "arithmetic.py: same_padding")]


def test_the_search_knows_every_kind_of_answer():
    """Is each exercise's solution, reference, right and wrong answer among what is searched?"""
    known = {answer.where for answer in answer_bodies()}
    names = {where.rpartition(": ")[2] for where in known}
    for slug, exercises in catalog().items():
        for exercise in exercises:
            assert f"{slug}.ipynb: {exercise.name}-answer" in known
            assert {exercise.reference_or_model.__name__, *exercise.right} <= names
            assert {f"mistake {name} of {exercise.name}" for name in exercise.mistakes} <= known


def test_the_courses_secret_is_not_in_the_kit(files):
    """Can nobody draw the hidden cases from the kit?"""
    for secret in (course_secret(ROOT), *(assignment_secret(ROOT, slug) for slug in SLUGS)):
        assert not [name for name, data in files.items() if secret.encode() in data]
    assert not [name for name in files if "secret" in name]


def test_what_is_published_of_each_secret_is_on_the_start_page(files):
    """Can a student prove later that the hidden cases were fixed before?"""
    page = " ".join(files["START.md"].decode().split())
    for slug in SLUGS:
        assert f"- for `{slug}`: `{commitment(assignment_secret(ROOT, slug))}`" in page
    assert f"the SHA-256 of `{PREFIX}` with the secret behind it is - for" in page


def test_the_same_course_makes_the_same_bytes(kit, tmp_path):
    """Do dates, permissions and places of files not matter?"""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in (*LICENCES, FILE):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for path in (*tmp_path.rglob("*.ipynb"), *(tmp_path / name for name in LICENCES)):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o640)
    assert make_kit(tmp_path, tmp_path).read_bytes() == kit.read_bytes()
    assert make_kit(tmp_path, tmp_path, [SLUG]).read_bytes() == kit.read_bytes() or len(SLUGS) > 1
    with zipfile.ZipFile(kit) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}


def test_a_kit_of_one_assignment_holds_that_one(tmp_path):
    """Are only those assignments in the kit that were asked for?"""
    names = zipfile.ZipFile(make_kit(ROOT, tmp_path, [SLUG])).namelist()
    assert [name for name in names if "exercises" in name] == [f"{TOP}/{NOTEBOOK}"]


def test_the_start_page_is_for_this_kit(files):
    """Are the wheel, the notebooks and the oldest Python named, in both forms?"""
    page = files["START.md"].decode()
    assert f'pip install "./{WHEEL}[notebook]"' in page
    assert f"- Convolution arithmetic: `{NOTEBOOK}`" in page
    assert f"You need Python {PYTHON} or newer" in page
    assert "{" not in page.replace("case_inputs", "")
    (plain,) = texts("START.html", files["START.html"])
    for words in (f'pip install "./{WHEEL}[notebook]"', NOTEBOOK, '<html lang="en">', "</ul>"):
        assert words in plain


def test_the_start_page_says_what_needs_pytorch(files, tmp_path):
    """Are the exercises named that need it, by notebook, and nothing said where none does?"""
    named = re.findall(r"- \*(.+)\*: exercises? ([\d, and]+)$", start(files), re.MULTILINE)
    needy = {}
    for slug, exercises in catalog().items():
        numbers = [str(i) for i, one in enumerate(exercises, start=1) if one.probe]
        title = nbformat.read(ROOT / "exercises" / slug / f"{slug}.ipynb", as_version=4).cells[0]
        if numbers:
            needy[title.source.splitlines()[0].removeprefix("# ")] = numbers
    assert {title: re.findall(r"\d+", which) for title, which in named} == needy
    small = zipfile.ZipFile(make_kit(ROOT, tmp_path, [SLUG])).read(f"{TOP}/START.md")
    assert b"PyTorch" not in small


def start(files):
    return files["START.md"].decode()


def test_the_start_page_has_whole_command_lines(files):
    """Does every line that is to be typed name the program in the kit's own environment?"""
    blocks = re.findall(r"```\n(.*?)```", start(files), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    typed = [line for line in lines if not line.startswith(SLUGS[0])]
    begins = (".venv/bin/", ".venv\\Scripts\\", "python3 -", "py -")
    assert all(line.startswith(begins) for line in typed)
    for words in (".venv/bin/python -m pip install", ".venv/bin/python -m jupyter lab"):
        assert any(line.startswith(words) for line in typed)
    assert "**To stop**" in start(files)


def test_what_the_start_page_promises_is_what_is_said(desk, files):
    """Does the line that tells that it worked stand among what the command says?"""
    run = run_course(desk, "progress")
    assert run.returncode == 0, run.stderr
    (promised,) = re.findall(rf"```\n({SLUGS[0]} .*)\n```", start(files))
    assert run.stdout.splitlines()[0] == promised
    assert len(run.stdout.splitlines()) == len(SLUGS) + 1


def run_course(desk, *words, cwd=None):
    """Run the command that came with the wheel."""
    command = desk / ".venv" / "bin" / "course"
    return subprocess.run(
        [command, *words],
        cwd=cwd or desk,
        env={"HOME": str(desk), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_exercise_of_the_kit_can_begin_anew(desk, tmp_path):
    """Does `course reset` bring back the kit's own text, and keep what was there?"""
    shutil.copytree(desk / "exercises" / SLUG, tmp_path / "exercises" / SLUG)
    path = tmp_path / NOTEBOOK
    fresh = path.read_bytes()
    path.write_bytes(fresh.replace(b"raise NotImplementedError", b"return 7"))
    assert path.read_bytes() != fresh
    run = run_course(desk, "reset", SLUG, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert path.read_bytes() == fresh
    (kept,) = path.parent.glob("*-before-reset-*")
    assert b"return 7" in kept.read_bytes()


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if needs_torch(slug)])
def test_without_pytorch_the_other_exercises_work(desk, slug):
    """Do all checks pass but of those that the notebook says need it?"""
    answers = {
        exercise.name: answer_source(next(iter(exercise.right.values())), exercise.name)
        for exercise in catalog()[slug]
    }
    ((said, _),) = run_notebook(desk, slug, answers, torch=False)
    assert "No module named 'torch'" in said["setup-torch"]
    for exercise in catalog()[slug]:
        full = f"{exercise.points:g} of {exercise.points:g} points"
        full = f"{exercise.points:g} points to be had" if exercise.catches else full
        assert (full in said[exercise.name]) is not bool(exercise.probe), exercise.name
        assert not exercise.probe or "torch" in said[exercise.name], said[exercise.name]


def test_hints_may_come_in_steps(tmp_path):
    """Is the choice in the wheel, and on the page, and neither where it is not made?"""
    for hints, there in (("in-steps", True), ("at-once", False)):
        made = members(make_kit(ROOT, tmp_path, [SLUG], hints=hints).read_bytes())
        assert (f"{TOP}/{WHEEL}/course_utils/checks/desk.json" in made) is there
        assert (b"one by one" in made[f"{TOP}/START.md"]) is there


def test_the_kit_may_name_a_book_that_is_online(tmp_path):
    """Does it say so to the checks, and how hints come all the same?"""
    made = members(make_kit(ROOT, tmp_path, [SLUG], book_at="https://example.org").read_bytes())
    said = json.loads(made[f"{TOP}/{WHEEL}/course_utils/checks/desk.json"])
    assert said == {"hints": "at-once", "book": "https://example.org"}


def test_the_page_says_where_to_hand_in(tmp_path, files):
    """Is it what the instructor says, and a remark where he says nothing?"""
    made = make_kit(ROOT, tmp_path, [SLUG], hand_in="https://example.org/hand-in")
    page = zipfile.ZipFile(made).read(f"{TOP}/START.md").decode()
    assert "hand in that one file:\nhttps://example.org/hand-in" in page
    assert "your course collects work" in start(files)


def built_book(folder):
    """Make a small book, as it is built: the page of one section, and what is left out."""
    files = {
        "book/intro.html": "<p>Welcome</p>",
        f"book/{SLUG}/counting-positions.html": (
            '<section id="dilation">\n<span id="sec"></span><h2>Dilation<a>#</a></h2>\n<p>Text</p>'
        ),
        "_static/theme.css": "p {}",
        "_static/theme.css.map": "{}",
        "_sources/book/intro.md": "# Welcome",
        "index.html": "leads on",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_book_may_be_in_it(tmp_path):
    """Does a statement's link lead to a page of the kit, whose section names the exercise?"""
    made = members(make_kit(ROOT, tmp_path, [SLUG], book=built_book(tmp_path)).read_bytes())
    names = {name.removeprefix(f"{TOP}/") for name in made if ".whl/" not in name}
    page = f"book/{SLUG}/counting-positions.html"
    assert {"book/intro.html", page, "_static/theme.css"} <= names
    assert not names & {"_static/theme.css.map", "_sources/book/intro.md", "index.html"}
    assert f"](../../{page}#dilation)" in made[f"{TOP}/{NOTEBOOK}"].decode()
    text = made[f"{TOP}/{page}"].decode()
    assert "1. output_size</a>" in text.partition("</h2>")[2].partition("<p>Text")[0]
    assert "**The book** is in it" in made[f"{TOP}/START.md"].decode()


def test_a_book_that_is_not_built_is_asked_for(tmp_path):
    """Is the command named that builds it?"""
    with pytest.raises(CourseError, match="run `course book` first"):
        make_kit(ROOT, tmp_path, [SLUG], book=tmp_path / "html")


def test_the_example_on_the_start_page_runs(desk, files):
    """Can the line that fetches a case's inputs be typed as it stands there?"""
    line = next(
        part for part in files["START.md"].decode().split("`") if part.startswith("args, kwargs")
    )
    code = f"from course_utils.checks import case_inputs\n{line}\nprint(args)"
    assert run_python(desk, "-c", code).stdout.startswith("(")


def test_the_wheel_asks_for_what_the_course_asks_for(files):
    """Are the kit's versions and licences those of pyproject.toml?"""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = project["optional-dependencies"].values()
    asked = {*project["dependencies"], *(needed for group in groups for needed in group)}
    assert {*REQUIRES, EXTRAS["data"]} <= asked
    (text,) = (data for name, data in files.items() if name.endswith("/METADATA"))
    metadata = email.message_from_bytes(text)
    assert metadata["Version"] == project["version"] == __version__
    assert metadata["Requires-Python"] == project["requires-python"] == f">={PYTHON}"
    assert metadata["License-Expression"] == project["license"]
    assert metadata.get_all("License-File") == project["license-files"] == list(LICENCES)


@pytest.fixture
def course(tmp_path):
    """A small course: the folders of one assignment."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / SLUG, tmp_path / name / SLUG)
    for name in LICENCES:
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def solved(course):
    shutil.copyfile(course / "solutions" / SLUG / f"{SLUG}.ipynb", course / NOTEBOOK)


def broken(course):
    (course / NOTEBOOK).write_text('{"cells": [')


def checkless(course):
    nbformat.write(nbformat.v4.new_notebook(), course / NOTEBOOK)


def renamed(course):
    text = (course / NOTEBOOK).read_text(encoding="utf-8")
    text = text.replace('check(\\"same_padding\\"', 'check(\\"new_padding\\"')
    (course / NOTEBOOK).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda course: shutil.rmtree(course / "exercises"), "is missing: run `course release con"),
        (solved, "holds an answer in output_size-answer: run `course release convolution-arithm"),
        (broken, "is not a readable notebook: run `course release convolution-arithmetic`"),
        (checkless, "has no assignment with a check: see CONTRIBUTING.md"),
        (renamed, "new_padding has no frozen cases: run `course freeze`"),
        (lambda course: (course / "LICENSE").unlink(), "LICENSE is missing: run this in the cour"),
        (lambda course: (course / "out").touch(), "kit.zip (File exists): name another folder"),
        (
            lambda course: shutil.rmtree(course / "solutions" / SLUG),
            "has no assignment with a check: see",
        ),
        (lambda course: shutil.rmtree(course / "solutions"), "solutions is missing: run this in"),
    ],
)
def test_trouble_names_the_mend(course, spoil, says):
    """Is each thing that keeps a kit from being made told in one line?"""
    spoil(course)
    with pytest.raises(CourseError) as error:
        make_kit(course, course / "out")
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert not (course / "out" / "filters-and-memory-kit.zip").is_file()


def test_an_unknown_assignment_is_refused(course):
    """Is the nearest slug named?"""
    with pytest.raises(CourseError, match="did you mean 'convolution-arithmetic'"):
        make_kit(course, course / "out", ["convolution-aritmetic"])
