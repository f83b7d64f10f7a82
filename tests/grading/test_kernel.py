import os
import textwrap
from pathlib import Path

import pytest

from course_utils.grading import kernel as module
from course_utils.grading import sandbox
from course_utils.grading.connection import alive
from course_utils.grading.limits import DEFAULT_LIMITS
from course_utils.grading.student import Student


@pytest.fixture(scope="module")
def student():
    student = Student([])
    yield student
    student.stop()


def text(outputs):
    return "".join(out.get("text", "") for out in outputs if out.output_type == "stream")


def errors(outputs):
    return [out.ename for out in outputs if out.output_type == "error"]


def test_outputs_come_in_order(student):
    """Does a cell's output come as Jupyter would show it?"""
    code = "import sys\nprint('a'); print('b', file=sys.stderr, flush=True)\n'c'"
    ran = student.kernel.run(code, 20)
    assert [out.output_type for out in ran.outputs] == ["stream", "stream", "execute_result"]
    assert ran.outputs[-1].data["text/plain"] == "'c'"
    assert not ran.trouble
    assert not ran.late


def test_an_error_is_an_output(student):
    """Does an exception come as an error output, and the kernel go on?"""
    assert errors(student.kernel.run("1 / 0", 20).outputs) == ["ZeroDivisionError"]
    assert text(student.kernel.run("print(1)", 20).outputs) == "1\n"


def test_figures_are_shown(student):
    """Does a figure come as a picture, shown or left open at the end of a cell?"""
    for last in ("plt.show()", "None"):
        code = f"import matplotlib.pyplot as plt\nplt.plot([1, 2])\n{last}"
        outputs = student.kernel.run(code, 20).outputs
        assert [list(out.data) for out in outputs] == [["text/plain", "image/png"]]
    assert "Figure" in student.kernel.run("plt.figure()", 20).outputs[0].data["text/plain"]


def test_a_late_cell_is_stopped(student):
    """Is a cell that takes too long stopped, named, and the kernel free for the next?"""
    ran = student.kernel.run("while True: pass", 0.5)
    assert errors(ran.outputs) == ["TimeLimit"]
    assert ran.late
    assert not ran.trouble
    assert student.kernel.answers()


def test_a_flood_is_cut(student):
    """Is endless output cut with a line that says so, and the next cell heard?"""
    ran = student.kernel.run("while True: print('x' * 1000)", 0.5)
    assert "left out" in text(ran.outputs)
    assert len(text(ran.outputs)) < 2 * DEFAULT_LIMITS.output_kib * 2**10
    assert text(student.kernel.run("print(1)", 20).outputs) == "1\n"


def test_a_huge_line_is_cut(student):
    """Does one line of 60 MB cost its own output only?"""
    ran = student.kernel.run("print('x' * 60_000_000)", 60)
    assert "left out" in text(ran.outputs)
    assert text(student.kernel.run("print(1)", 20).outputs) == "1\n"


def test_senseless_messages_are_passed_over(student):
    """Do messages that are none leave the cell's own output as it is?"""
    code = """
    import sys
    runner = sys.modules[type(get_ipython()).__module__]
    for output in ({}, [1], 3, None, {"output_type": 3}, {"output_type": "stream", "text": 3}):
        runner.send({"output": output})
    for kind in ("stream", "execute_result", "error", "display_data"):
        runner.send({"output": {"output_type": kind, "data": 3, "name": None}})
    runner.asker.sendall(b"no message\\n[1]\\n\\xff\\n" + b"[" * 100_000 + b"\\n")
    """
    student.kernel.run(textwrap.dedent(code), 20)
    assert text(student.kernel.run("print(1)", 20).outputs) == "1\n"


def test_a_dead_kernel_is_started_anew():
    """Does a cell that ends its kernel cost that cell, and the names before it come back?"""
    student = Student([])
    try:
        student.run("x = 3", 20)
        assert errors(student.run("import os; os._exit(1)", 20)) == ["KernelDied"]
        assert text(student.run("print(x)", 20)) == "3\n"
    finally:
        student.stop()


def test_a_kernel_that_cannot_be_stopped_is_ended(monkeypatch):
    """Is a cell that blocks its interrupts ended with its kernel, and the rest gone on with?"""
    monkeypatch.setattr(module, "INTERRUPTED", 0.5)
    student = Student([])
    try:
        student.run("x = 3", 20)
        code = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
        code += "sum(range(10**12))"
        assert errors(student.run(code, 1)) == ["TimeLimit", "KernelDied"]
        assert text(student.run("print(x)", 20)) == "3\n"
    finally:
        student.stop()


def test_kernels_leave_nothing():
    """Does a kernel's folder go with it?"""
    student = Student([])
    folder = student.kernel.folder
    assert folder.is_dir()
    pid = student.kernel.pid
    student.stop()
    assert not folder.exists()
    assert not alive(pid)


needs_sandbox = pytest.mark.skipif(
    not sandbox.available() and not os.environ.get("CI"), reason="bubblewrap makes no sandbox here"
)


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; print(os.path.exists('{course}/solutions'))", "False"),
        ("import os; print(sorted(os.listdir('/home/student/work')))", "[]"),
        ("import importlib.util as u; print(u.find_spec('course_utils.reference'))", "None"),
        ("import importlib.util as u; print(u.find_spec('course_utils.exercises'))", "None"),
        ("import course_utils.checks, course_utils.plotting; print(course_utils.__file__)", "/kit"),
        ("import os; print([k for k in os.environ if 'SECRET' in k or 'HIDDEN' in k])", "[]"),
        ("print(len([p for p in __import__('os').listdir('/proc') if p.isdigit()]) < 5)", "True"),
        ("import socket\ntry: socket.create_connection(('127.0.0.1', 80))\n"
         "except OSError as e: print(e.errno)", ""),
        ("print(open('/proc/self/status').read().split('CapEff:')[1].split()[0])", "0" * 16),
        ("try: open('/usr/x', 'w')\nexcept OSError as e: print(e.strerror)", "Read-only"),
    ],
)  # fmt: skip
def test_the_sandbox_hides(student, code, says):
    """Does a student's kernel see neither the course, the secret, the network nor processes?"""
    course = Path(__file__).parents[2]
    assert says in text(student.run(code.format(course=course), 20))


@needs_sandbox
def test_files_beside_the_notebook_are_there(tmp_path):
    """Does a file that was released with the notebook lie beside it, read-only?"""
    (tmp_path / "data.csv").write_text("1,2\n")
    student = Student([tmp_path / "data.csv"])
    try:
        assert text(student.run("print(open('data.csv').read())", 20)) == "1,2\n\n"
        assert errors(student.run("open('data.csv', 'w')", 20)) == ["PermissionError"]
    finally:
        student.stop()


def test_memory_has_an_end(student):
    """Does a cell that takes all memory get a MemoryError in place of the machine's?"""
    code = "hoard = []\nwhile True: hoard.append(bytearray(2**28))"
    outputs = student.run(code, 60)
    assert errors(outputs)[-1] in ("MemoryError", "KernelDied")
    student.run("hoard = None", 20)


def test_without_a_sandbox_it_still_grades(tmp_path, monkeypatch):
    """Does a machine without bubblewrap run cells, with limits, the files, and nothing secret?"""
    monkeypatch.setattr(sandbox, "available", lambda: False)
    monkeypatch.setenv("COURSE_SECRET", "told to nobody")
    (tmp_path / "data.csv").write_text("1,2\n")
    student = Student([tmp_path / "data.csv"])
    try:
        assert text(student.run("print(open('data.csv').read())", 20)) == "1,2\n\n"
        code = "import course_utils.checks as c; print(c.__file__)"
        assert f"course-{os.getpid()}-" in text(student.run(code, 20))
        assert text(student.run("import os; print('told' in str(os.environ))", 20)) == "False\n"
        code = "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])"
        assert text(student.run(code, 20)) == f"{DEFAULT_LIMITS.memory_mib * 2**20}\n"
    finally:
        student.stop()
    assert sandbox.tier() == "none"
