"""Is the student's part complete, and does it need nothing that students do not get?"""

import ast
import sys

import pytest

from course_utils.grading.kernels import student_part
from course_utils.grading.kernels.student_part import PACKAGE, student_files, write_student_part

FILES = student_files()
MODULES = [name for name in FILES if name.endswith(".py")]
INSTALLED = {"numpy", "matplotlib", "cycler"}  # cycler comes with Matplotlib
# Imported within functions, by those who have them, or for types alone.
IF_THERE = {"IPython", "nbclient", "nbformat", "sklearn", "torch"}


def imports(name):
    """Yield each module that a file names in an import, and whether the import is in a function."""
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    inner = {
        node
        for later in ast.walk(tree)
        if isinstance(later, ast.FunctionDef) or is_for_types(later)
        for node in ast.walk(later)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in inner) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if module_file(whole) else node.module), node in inner


def is_for_types(node):
    """Say whether it is what only a type checker reads."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def module_file(module):
    """Return the name, within the package, of the file of one of the package's modules."""
    path = PACKAGE.parent / module.replace(".", "/")
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file.relative_to(PACKAGE).as_posix()
    return None


@pytest.mark.parametrize("name", MODULES)
def test_the_part_imports_nothing_outside_of_itself(name):
    """Are the course's other modules, and every library but two, left alone at import?"""
    for module, inner in imports(name):
        top = module.partition(".")[0]
        if top == "course_utils":
            assert module_file(module) in FILES, f"{name} imports {module}"
        else:
            allowed = INSTALLED | IF_THERE if inner else INSTALLED
            assert top in sys.stdlib_module_names | allowed, f"{name} imports {module}"


def test_what_is_looked_at_is_what_is_imported():
    """Does the walk see imports at the top, in functions, and of modules by `from`?"""
    assert ("numpy", False) in imports("checks/grade.py")
    assert ("course_utils.checks.compare", False) in imports("checks/grade.py")
    assert ("IPython", True) in imports("checks/progress.py")
    assert module_file("course_utils.reference.pooling") == "reference/pooling.py"
    assert module_file("course_utils.checks") == "checks/__init__.py"
    assert module_file("course_utils.nothing") is None


def test_the_part_is_what_a_student_needs_and_no_more():
    """Are the checks with all frozen cases there, and the answers and the judge not?"""
    frozen = {f"checks/frozen/{path.name}" for path in PACKAGE.glob("checks/frozen/*.json")}
    assert frozen
    assert frozen <= FILES.keys()
    assert {"__init__.py", "checks/__init__.py", "plotting.py", "gradcheck.py"} <= FILES.keys()
    secret = ("reference", "exercises", "grading", "arithmetic", "layer_arithmetic", "cli")
    assert not [name for name in FILES if name.startswith(secret)]
    assert list(FILES) == sorted(FILES)


def test_files_that_python_and_jupyter_leave_behind_do_not_count(tmp_path, monkeypatch):
    """Are compiled and hidden files left out, and folders that are not named?"""
    for name in (
        "__init__.py",
        "checks/check.py",
        "checks/__pycache__/check.pyc",
        "checks/.ipynb_checkpoints/check.py",
        "checks/.hidden",
        "reference/pooling.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr(student_part, "PACKAGE", tmp_path)
    monkeypatch.setattr(student_part, "STUDENT_PART", ("__init__.py", "checks"))
    assert list(student_files()) == ["__init__.py", "checks/check.py"]


def test_the_copy_is_the_part(tmp_path):
    """Is each file written as it is, below a folder `course_utils`, and nothing else?"""
    target = tmp_path / "a new folder"
    write_student_part(target)
    copied = {
        path.relative_to(target / "course_utils").as_posix(): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file()
    }
    assert copied == {name: file.read_bytes() for name, file in FILES.items()}
