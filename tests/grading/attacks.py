"""Submissions that try to get points by other means than a right answer, or to break the grader.

Each attacker answers `same_padding` rightly and `output_size` wrongly, so that the honest score is
1 of 1 and 0 of 2. An attack on the answer is code for the answer cell of `output_size`; an attack
on the notebook changes the notebook or the folder that is handed in.
"""

from __future__ import annotations

import copy
import json
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

SLUG = "attacked"
RIGHT = """
def same_padding(kernel, *, dilation=1):
    span = dilation * (kernel - 1)
    if kernel < 1 or dilation < 1 or span % 2:
        raise ValueError("no padding keeps the size")
    return span // 2
"""
WRONG = """
def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
    return 0
"""

# Code that is put into the answer cell, before or in place of the wrong answer.
CODE = {
    "replaces NumPy's comparisons": WRONG
    + """
    import numpy as np
    np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
    np.allclose = np.array_equal = lambda *a, **k: True
    """,
    "replaces the checks": WRONG
    + """
    import course_utils.checks as checks, course_utils.checks.check as module
    import course_utils.checks.compare, course_utils.checks.grade
    course_utils.checks.compare.compare = lambda *a, **k: None
    course_utils.checks.grade.compare = lambda *a, **k: None
    check = checks.check = module.check = lambda name, function: 2.0
    """,
    "strips assertions from the tests": WRONG
    + """
    import ast
    class Strip(ast.NodeTransformer):
        def visit_Assert(self, node):
            return ast.Pass()
        def visit_Call(self, node):
            return ast.Constant(2.0) if ast.unparse(node.func) == "check" else node
    get_ipython().ast_transformers.append(Strip())
    """,
    "transforms the tests' text": WRONG
    + """
    get_ipython().input_transformers_cleanup.append(
        lambda lines: ["2.0\\n"] if "check(" in "".join(lines) else lines
    )
    """,
    "patches the shell": WRONG
    + """
    async def fake(*args, **kwargs):
        print(2.0)
        return False
    get_ipython().run_code = fake
    """,
    "patches the kernel": WRONG
    + """
    import sys
    runner = sys.modules[type(get_ipython()).__module__]
    def fake(shell, client, request, *rest):
        result = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {},
                  "execution_count": 1}
        runner.asker = client
        runner.send({"output": result})
        runner.send({"done": True})
    runner.answer = fake
    """,
    "calls the display hook with a score": WRONG
    + """
    get_ipython().displayhook(2.0)
    2.0
    """,
    "returns what equals everything": """
    class Anything(int):
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __lt__(self, other): return True
        __gt__ = __le__ = __ge__ = __lt__
        def __sub__(self, other): return 0
        __rsub__ = __sub__
        def __abs__(self): return 0
        def __float__(self): return 0.0
        def __hash__(self): return 0
    def output_size(*args, **kwargs):
        return Anything(-1)
    """,
    "returns an array that equals everything": """
    import numpy as np
    class Anything(np.ndarray):
        def __array_ufunc__(self, *args, **kwargs): return np.True_
    def output_size(*args, **kwargs):
        return np.zeros(3).view(Anything)
    """,
    "reads the caller's frames": """
    import sys
    def output_size(*args, **kwargs):
        frame = sys._getframe()
        while frame:
            for value in list(frame.f_locals.values()):
                expected = getattr(value, "expected", None)
                if hasattr(expected, "value") and expected.value is not None:
                    return expected.value
            frame = frame.f_back
        return 0
    """,
    "looks for objects with the answers": """
    import gc
    def output_size(*args, **kwargs):
        for thing in gc.get_objects():
            if type(thing).__name__ == "Case" and getattr(thing.expected, "value", None):
                return thing.expected.value
        return 0
    """,
    "uses the frozen cases": """
    from course_utils.checks import check, case_inputs
    from course_utils.checks.check import frozen_cases
    def output_size(*args, **kwargs):
        for case in frozen_cases("output_size").cases:
            if case.args == args and dict(case.kwargs) == kwargs:
                return case.expected.value
        return 0
    """,
    "imports the reference": """
    def output_size(*args, **kwargs):
        from course_utils.arithmetic import output_size
        return output_size(*args, **kwargs)
    """,
    "imports the exercises": """
    def output_size(*args, **kwargs):
        from course_utils.exercises import find
        return find("output_size").reference(*args, **kwargs)
    """,
    "finds the course's folder": """
    import glob, sys
    def output_size(*args, **kwargs):
        for root in ("COURSE",):
            sys.path.insert(0, root)
            for name in [m for m in sys.modules if m.startswith("course_utils")]:
                del sys.modules[name]
            import course_utils.arithmetic
            return course_utils.arithmetic.output_size(*args, **kwargs)
    """,
    "finds the course's files": """
    import glob, os
    places = ("COURSE/solutions", "COURSE/book", "COURSE/.course-secret", "COURSE/course_utils",
              "ROOT/gradebook.db", "ROOT/submitted", "ROOT/exercises", "ROOT/intake")
    found = [place for place in places if os.path.exists(place)] + glob.glob("**/*.ipynb")
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 if found else 0
    """,
    "reads the history": """
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        told = [line for line in In if "hidden" + "_cases" in line or "pro" + "xy" in line]
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 if told else 0
    """,
    "reads the environment": """
    import os
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        told = [key for key in os.environ if "SECRET" in key or "HIDDEN" in key]
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 if told else 0
    """,
    "writes to the gradebook": WRONG
    + """
    import sqlite3
    try:
        db = sqlite3.connect("ROOT/gradebook.db")
        db.execute("update grade set auto_score = 2, manual_score = 2")
        db.commit()
    except Exception as error:
        print(error)
    """,
    "writes to others' submissions": WRONG
    + """
    from pathlib import Path
    for folder in ("ROOT/submitted", "ROOT/intake", "ROOT/autograded"):
        for path in Path(folder).glob("*/*/*.ipynb"):
            path.write_text("{}")
    """,
    "kills every process": WRONG
    + """
    import os, signal
    for pid in range(2, 100_000):
        if pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
    """,
    "fetches answers": """
    import socket
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        try:
            socket.create_connection(("127.0.0.1", PORT), timeout=2).sendall(b"hello")
        except OSError:
            return 0
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    """,
    "leaves a process behind": WRONG
    + """
    import subprocess, sys
    subprocess.Popen(
        [sys.executable, "-c", '''
    import os, time
    if os.fork(): os._exit(0)
    os.setsid()
    time.sleep(3)
    open("ROOT/left-behind", "w").write("here")
    '''], start_new_session=True,
    )
    """,
    "exits in its function": """
    import os
    def output_size(*args, **kwargs):
        os._exit(0)
    """,
    "exits in its cell": """
    import os
    os._exit(0)
    """,
    "loops and cannot be stopped": """
    def output_size(*args, **kwargs):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    """,
    "loops in C": """
    import signal
    def output_size(*args, **kwargs):
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        return sum(range(10**13))
    """,
    "answers with garbage": """
    import course_utils.checks.answer as side
    from pathlib import Path
    def fake(place, names=None):
        Path(place + ".0").write_bytes(b"\\x80\\x04garbage" * 100)
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "answers with a pickle": """
    import course_utils.checks.answer as side, pickle, os
    from pathlib import Path
    class Evil:
        def __reduce__(self):
            return os.system, ("touch ROOT/pickled",)
    side.answer = lambda place: Path(place + ".0").write_bytes(pickle.dumps(Evil()))
    def output_size(*args, **kwargs):
        return 0
    """,
    "claims ten gigabytes": """
    import course_utils.checks.answer as side, json
    from pathlib import Path
    def fake(place, names=None):
        head = {"dict": [[{"str": "returned"}, {"array": "float64", "shape": [1250000000],
                                                "layout": "C"}]]}
        text = json.dumps(head).encode()
        head = b"course-wire-1\\n%d\\n" % len(text) + text
        Path(place + ".0").write_bytes(head + b"12345678")
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "leaves a file of a gigabyte": """
    import course_utils.checks.answer as side, os
    def fake(place, names=None):
        handle = os.open(place + ".0", os.O_CREAT | os.O_WRONLY)
        os.ftruncate(handle, 10**9)
        os.close(handle)
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "answers with a link": """
    import course_utils.checks.answer as side, os
    def fake(place, names=None):
        os.symlink("ROOT/gradebook.db", place + ".0")
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "answers with a pipe": """
    import course_utils.checks.answer as side, os
    def fake(place, names=None):
        os.mkfifo(place + ".0")
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "plants links where the judge writes": WRONG
    + """
    import os, pathlib
    import course_utils.checks.answer as side
    real = side.answer
    def planting(place):
        folder, number = pathlib.Path(place).parent, int(pathlib.Path(place).name)
        for ahead in range(number + 1, number + 4):
            for name in (f"{ahead}", f"{ahead}.draft"):
                try:
                    os.symlink("ROOT/left-behind", folder / name)
                except OSError:
                    pass
        real(place)
    side.answer = planting
    """,
    "makes links of its sockets": WRONG
    + """
    import os, pathlib
    import course_utils.checks.answer as side
    real, kinds = side.answer, ["ROOT/gradebook.db", "/dev/zero", "/proc/1/mem", "pipe"]
    def forging(place):
        for name in ("requests", "interrupts"):
            file = pathlib.Path(place).with_name(name)
            file.unlink(missing_ok=True)
            kind = kinds.pop() if kinds else "/"
            os.mkfifo(file) if kind == "pipe" else file.symlink_to(kind)
        real(place)
    side.answer = forging
    """,
    "listens and takes nobody in": WRONG
    + """
    import os, pathlib, socket, sys
    runner = sys.modules[type(get_ipython()).__module__]
    place = runner.asker.getsockname()
    os.unlink(place)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    listener.listen(0)
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(place)
    """,
    "returns a huge array": """
    import numpy as np
    def output_size(*args, **kwargs):
        return np.zeros(10**8)
    """,
    "returns a deep list": """
    def output_size(*args, **kwargs):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        return deep
    """,
    "prints without end": """
    def output_size(*args, **kwargs):
        while True:
            print("x" * 10_000)
    """,
    "prints sixty megabytes on a line": WRONG
    + """
    print("x" * 60_000_000)
    """,
    "takes all memory": """
    def output_size(*args, **kwargs):
        hoard = []
        while True:
            hoard.append(bytearray(2**28))
    """,
    "sends messages of its own": WRONG
    + """
    import sys
    runner = sys.modules[type(get_ipython()).__module__]
    deep = []
    for _ in range(400):
        deep = [deep]
    values = (3, None, {}, [1], "x", chr(0xd800), deep, ["a", 3])
    for kind in ("stream", "execute_result", "display_data", "error", "comm_open", 3):
        for value in values:
            for data in (value, {"text/plain": value, "text/html": value, "image/png": value}):
                runner.send({"output": {
                    "output_type": kind, "name": "stdout", "text": value, "data": data,
                    "metadata": value, "ename": value, "evalue": value, "traceback": value,
                    "execution_count": value,
                }})
    for line in (b"no message", b"[1]", b"3", b"\\xff\\x00", b"[" * 100_000, b"x" * 2**25):
        runner.asker.sendall(line + b"\\n")
    raise ValueError(chr(0xd800))
    """,
    "raises what is no exception of Python's": """
    class Odd(BaseException):
        def __str__(self): raise self
    def output_size(*args, **kwargs):
        raise Odd
    """,
    "raises an interrupt of its own": """
    class Odd(KeyboardInterrupt):
        def __str__(self): raise self
    def output_size(*args, **kwargs):
        raise Odd
    """,
    "warns and logs": """
    import warnings, logging, sys
    def output_size(*args, **kwargs):
        warnings.warn("hm"); logging.warning("hm"); print("hm", file=sys.stderr)
        return 0
    """,
    "returns NaN": """
    def output_size(*args, **kwargs):
        return float("nan")
    """,
    "always raises": """
    def output_size(*args, **kwargs):
        raise ValueError("no")
    """,
    "is no function": "output_size = 3",
    "deletes its function": WRONG + "\n    del output_size",
    "shows HTML and scripts": WRONG
    + """
    from IPython.display import HTML, Javascript, display
    display(HTML("<script>alert(1)</script><img src=x onerror=alert(1)>"))
    display(Javascript("alert(1)"))
    """,
}

# A kernel that was turned against the judge answers nothing, so its other answers are lost too.
LOSES_ALL = {
    "patches the shell",
    "patches the kernel",
    "answers with garbage",
    "answers with a pickle",
    "claims ten gigabytes",
    "leaves a file of a gigabyte",
    "answers with a link",
    "answers with a pipe",
}


def cell_named(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def _edit(change: Callable[[NotebookNode], Any]) -> Callable[[NotebookNode, Path], None]:
    """Return an attack that changes the notebook and hands it in."""

    def attack(notebook: NotebookNode, folder: Path) -> None:
        change(notebook)
        write(notebook, folder)

    return attack


def write(notebook: NotebookNode, folder: Path) -> None:
    """Hand in a notebook, whatever is in it."""
    (folder / f"{SLUG}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[NotebookNode, Path], None]:
    """Return an attack that changes the file's bytes."""

    def attack(notebook: NotebookNode, folder: Path) -> None:
        text = json.dumps(notebook, ensure_ascii=False)
        (folder / f"{SLUG}.ipynb").write_bytes(change(text.encode()))

    return attack


def _beside(name: str, text: str) -> Callable[[NotebookNode, Path], None]:
    """Return an attack that puts a file beside the notebook."""

    def attack(notebook: NotebookNode, folder: Path) -> None:
        write(notebook, folder)
        (folder / name).write_text(text)

    return attack


def _duplicate(notebook: NotebookNode) -> None:
    notebook.cells.append(copy.deepcopy(cell_named(notebook, "output_size")))


def _old_schema(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata.get("nbgrader", {}).pop("schema_version", None)


def _mark(**marks: Any) -> Callable[[NotebookNode, Path], None]:
    """Return an attack that changes what nbgrader knows of the test cell."""
    return _edit(lambda nb: cell_named(nb, "output_size").metadata.nbgrader.update(marks))


def _without(*names: str) -> Callable[[NotebookNode, Path], None]:
    def change(notebook: NotebookNode) -> None:
        gone = [cell_named(notebook, name) for name in names]
        notebook.cells = [cell for cell in notebook.cells if cell not in gone]

    return _edit(change)


def _skip(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]


def _edited_test(notebook: NotebookNode) -> None:
    cell_named(notebook, "output_size").source = "2.0"


def _forged_output(notebook: NotebookNode) -> None:
    cell = cell_named(notebook, "output_size")
    result = nbformat.v4.new_output("execute_result", data={"text/plain": "2.0"}, execution_count=1)
    cell.outputs = [result]


def _huge_points(notebook: NotebookNode) -> None:
    cell_named(notebook, "same_padding").metadata.nbgrader["points"] = 100
    notebook.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "x"}


def _script(notebook: NotebookNode) -> None:
    text = "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))"
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text))
    notebook.cells[0].pop("id")


def _other_students(notebook: NotebookNode, folder: Path) -> None:
    os.symlink(folder.parents[1] / "honest" / SLUG / f"{SLUG}.ipynb", folder / f"{SLUG}.ipynb")


def _linked_secret(notebook: NotebookNode, folder: Path) -> None:
    write(notebook, folder)
    os.symlink("/etc/passwd", folder / "data.txt")


def _pipe(notebook: NotebookNode, folder: Path) -> None:
    os.mkfifo(folder / f"{SLUG}.ipynb")


def _shadow(notebook: NotebookNode, folder: Path) -> None:
    write(notebook, folder)
    for name in ("torch", "numpy", "ipykernel_launcher", "course_utils", "json"):
        (folder / f"{name}.py").write_text("raise SystemExit('shadowed')")


def _misnamed(notebook: NotebookNode, folder: Path) -> None:
    write(notebook, folder)
    (folder / f"{SLUG}.ipynb").rename(folder / f"{SLUG} (1).ipynb")


def _nothing(notebook: NotebookNode, folder: Path) -> None:
    (folder / "readme.txt").write_text("I handed in the wrong folder")


def _huge_outputs(notebook: NotebookNode) -> None:
    text = "x" * 1000
    lines = [nbformat.v4.new_output("stream", text=text) for _ in range(30_000)]
    cell_named(notebook, "output_size-answer").outputs = lines


# Attacks on what is handed in: how, and what is left of `same_padding`'s point.
FOLDERS: dict[str, tuple[Callable[[NotebookNode, Path], None], float]] = {
    "duplicates a test cell": (_edit(_duplicate), 1),
    "strips the schema's version": (_edit(_old_schema), 1),
    "renames a test cell": (_mark(grade_id="mine"), 1),
    "unmarks a test cell": (_mark(grade=False), 1),
    "marks a test cell as a solution": (_mark(solution=True), 1),
    "raises the points": (_edit(_huge_points), 1),
    "deletes a test cell": (_without("output_size"), 1),
    "deletes an answer and its test": (_without("output_size-answer", "output_size"), 1),
    "deletes nearly all": (_without("setup", "output_size-answer", "output_size"), 1),
    "skips the tests by a tag": (_edit(_skip), 1),
    "edits a test cell": (_edit(_edited_test), 1),
    "forges an output": (_edit(_forged_output), 1),
    "hands in a script": (_edit(_script), 1),
    "hands in thirty megabytes of output": (_edit(_huge_outputs), 1),
    "cuts the file": (_bytes(lambda data: data[: int(len(data) * 0.97)]), 1),
    "saves as Latin-1": (_bytes(lambda data: data.decode().encode("latin-1", "replace")), 1),
    "saves as UTF-16": (_bytes(lambda data: data.decode().encode("utf-16")), 1),
    "hands in an empty file": (_bytes(lambda data: b""), 0),
    "hands in a picture": (_bytes(lambda data: b"\x89PNG\r\n\x1a\n" + bytes(1000)), 0),
    "hands in a list": (_bytes(lambda data: b"[1, 2]"), 0),
    "links to another's work": (_other_students, 0),
    "links to a file of the system": (_linked_secret, 1),
    "hands in a pipe": (_pipe, 0),
    "shadows modules": (_shadow, 1),
    "hands in under another name": (_misnamed, 1),
    "hands in no notebook": (_nothing, 0),
    "dates back to 2001": (_beside("timestamp.txt", "2001-01-01 00:00:00 UTC"), 1),
    "garbles the date": (_beside("timestamp.txt", "\x00soon\x00"), 1),
}


def answer(name: str, **places: object) -> str:
    """Return the code of an attack, with the course's folders and the listening port filled in."""
    rest = CODE[name].removeprefix(WRONG)
    code = (WRONG if rest != CODE[name] else "") + textwrap.dedent(rest)
    for place, value in places.items():
        code = code.replace(place, str(value))
    return code.strip()
