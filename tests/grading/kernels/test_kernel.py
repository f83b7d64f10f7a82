import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.errors import CourseError
from course_utils.grading.judge.notebook import Rules, judge_notebook
from course_utils.grading.judge.released import Release
from course_utils.grading.kernels import folders, sandbox
from course_utils.grading.kernels import kernel as module
from course_utils.grading.kernels import student as student_module
from course_utils.grading.kernels.connection import alive
from course_utils.grading.kernels.kernel import KernelsLost
from course_utils.grading.kernels.limits import DEFAULT_LIMITS, Limits
from course_utils.grading.kernels.student import MODULES, Student, student_package, tier
from course_utils.grading.kernels.warm import process as process_module
from course_utils.grading.kernels.warm.process import Lost, WarmProcess

COURSE = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def student():
    student = Student([])
    yield student
    student.close()


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


def test_a_cell_is_not_done_because_it_says_so(student):
    """Is what comes after a word of its own that it is done still heard, and of this cell?"""
    code = """
    import sys, time
    runner = sys.modules[type(get_ipython()).__module__]
    for said in ({"done": True}, {"done": True, "number": 1, "returned": 2}):
        runner.send(said)
    time.sleep(0.3)
    print("the end")
    """
    assert text(student.kernel.run(textwrap.dedent(code), 20).outputs) == "the end\n"
    assert text(student.kernel.run("print('the next')", 20).outputs) == "the next\n"


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
        student.close()


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
        student.close()


def test_kernels_leave_nothing():
    """Does a kernel's folder go with it?"""
    student = Student([])
    folder = student.kernel.folder
    assert folder.is_dir()
    pid = student.kernel.pid
    student.close()
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
    course = Path(__file__).parents[3]
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
        student.close()


def test_memory_has_an_end(student):
    """Does a cell that takes all memory get a MemoryError in place of the machine's?"""
    code = "hoard = []\nwhile True: hoard.append(bytearray(2**28))"
    outputs = student.run(code, 60)
    assert errors(outputs)[-1] in ("MemoryError", "KernelDied")
    student.run("hoard = None", 20)


FEW = Limits(
    memory_mib=512, cpu_seconds=2, processes=40, open_files=64, scratch_mib=8, output_kib=16
)
FILL = """
try:
    for number in range(10):
        with open(f"{place}/x{number}", "wb") as file:
            file.write(bytes(2**20))
except OSError as error:
    print(error.strerror)
"""
PLACE = """
import os, sys
place = os.path.dirname(sys.modules[type(get_ipython()).__module__].asker.getsockname())
"""


@needs_sandbox
def test_kernels_are_forked():
    """Does this machine make kernels in the way that all of this is about?"""
    assert student_module.why_not_forked() == ""


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param("b'x' * 2**30", "MemoryError", id="memory"),
        pytest.param(
            "import os, time\nfor _ in range(10):\n    if not os.fork():\n"
            "        hoard = b'x' * 2**27; time.sleep(60)\ntime.sleep(60)",
            "KernelDied",
            id="memory of many",
        ),
        pytest.param(
            "import ctypes, os, time\nfor _ in range(10):\n    if not os.fork():\n"
            "        ctypes.CDLL(None).prctl(4, 0); hoard = b'x' * 2**27; time.sleep(60)\n"
            "time.sleep(60)",
            "KernelDied",
            id="memory of many that hide",
        ),
        pytest.param("while True: pass", "KernelDied", id="CPU"),
        pytest.param(
            "import os, time\nfor _ in range(60):\n    if not os.fork(): time.sleep(60)\n"
            "time.sleep(60)",
            "KernelDied",
            id="processes",
        ),
        pytest.param(
            "import threading, time\nthreading.stack_size(2**16)\nfor _ in range(60):\n"
            "    threading.Thread(target=time.sleep, args=(60,)).start()\ntime.sleep(60)",
            "KernelDied",
            id="threads",
        ),
        pytest.param("kept = [open('/dev/null') for _ in range(99)]", "OSError", id="open files"),
        pytest.param("open('/tmp/x', 'wb').write(bytes(2**24))", "OSError", id="a long file"),
        pytest.param("place = '/tmp'" + FILL, "No space left", id="/tmp"),
        pytest.param("place = '/home/student'" + FILL, "No space left", id="home"),
        pytest.param("place = '/dev/shm'" + FILL, "No space left", id="/dev/shm"),
        pytest.param(PLACE + FILL, "No space left", id="its folder"),
        pytest.param(
            PLACE + "for number in range(30_000): open(f'{place}/y{number}', 'w').close()",
            "OSError",
            id="entries of its folder",
        ),
        pytest.param("print('x' * 100_000)", "is left out", id="output"),
    ],
)
def test_a_limit_holds(code, says):
    """Does what is beyond a limit fail soon, and the next cell run?"""
    student = Student([], FEW)
    start = time.monotonic()
    try:
        outputs = student.run(code, 20)
        assert says in text(outputs) + " ".join(errors(outputs))
        assert time.monotonic() - start < 10
        assert text(student.run("print(1)", 20)) == "1\n"
    finally:
        student.close()


@needs_sandbox
@pytest.mark.parametrize("hidden", [0, 1])
def test_what_is_hidden_counts_as_the_worst(hidden):
    """Does a process that hides what it has open count with all that it may have open?"""
    student = Student([], Limits(memory_mib=512, open_files=1024))
    code = f"""
import ctypes, os, time
for _ in range(2):
    if not os.fork():
        ctypes.CDLL(None).prctl(4, {1 - hidden}, 0, 0, 0)
        time.sleep(60)
time.sleep(2)
print("here")
"""
    try:
        outputs = student.run(code, 30)
        assert errors(outputs) == ["KernelDied"] * hidden
        assert hidden or text(outputs) == "here\n"
    finally:
        student.close()


@needs_sandbox
@pytest.mark.parametrize(
    "code",
    [
        "import mmap; mmap.mmap(-1, 2**20)",
        "import mmap; mmap.mmap(os.open('/dev/zero', os.O_RDWR), 2**20)",
        "os.memfd_create('x')",
        "import socket; socket.socket(socket.AF_VSOCK)",
        "r, w = os.pipe(); v = (ctypes.c_size_t * 2)(id(b'x' * 99), 9)\n"
        "assert libc.vmsplice(w, v, 1, 0) > 0",
        "assert libc.shmget(0, 100, 0o1600) >= 0",
        "assert libc.syscall(248, b'user', b'x', b'x', 1, -3) >= 0",
    ],
)
def test_a_call_is_refused(student, code):
    """Is what reaches beyond its world refused, and memory that would belong to no process?"""
    outputs = student.run(f"import ctypes, os; libc = ctypes.CDLL(None)\n{code}", 20)
    assert errors(outputs)[0] in ("OSError", "PermissionError", "AssertionError")


@needs_sandbox
def test_the_devices_keep_their_rights(student):
    """May a kernel not change a device of the machine's, not even as root?"""
    before = os.stat("/dev/null").st_ctime_ns
    assert errors(student.run("import os; os.chmod('/dev/null', 0o666)", 20)) == ["OSError"]
    assert os.stat("/dev/null").st_ctime_ns == before


@needs_sandbox
def test_kernels_get_random_numbers_of_their_own():
    """Do two kernels of one warm process draw different numbers?"""
    pytest.importorskip("torch")
    code = "import random, numpy, torch\nprint(random.random())\nprint(numpy.random.random())\n"
    code += "print(torch.rand(1).item())"
    drawn = []
    for _ in range(2):
        student = Student([], torch=True)
        drawn.append(text(student.run(code, 60)).split())
        student.close()
    assert len(drawn[0]) == 3
    assert all(one != other for one, other in zip(*drawn, strict=True))


@needs_sandbox
def test_kernels_do_not_see_each_other(student):
    """Is another kernel's folder hidden, and its processes, terminals, sockets and keys?"""
    code = (
        PLACE
        + """
import ctypes, socket
left = [socket.socket(socket.AF_UNIX), os.openpty()]
left[0].bind("\\0left")
open("/tmp/left", "w"), open("/dev/shm/left", "w"), open(f"{place}/left", "w")
ctypes.CDLL(None).syscall(248, b"user", b"left", b"x", 1, -3)
"""
    )
    student.run(code, 20)
    other = Student([])
    code = """
import glob, os, sys
print(glob.glob("/dev/shm/*/*") + glob.glob("/dev/shm/**/left", recursive=True))
there = [name for name in glob.glob("/tmp/*") if not sys.prefix.startswith(name)]
print(there, glob.glob("/dev/pts/[0-9]*"))
print([line for line in [*open("/proc/net/unix"), *open("/proc/keys")] if "left" in line])
"""
    try:
        inside = "/dev/shm/" + str(other.kernel.folder).partition("/dev/shm/")[2]
        assert text(other.run(code, 20)) == f"{[inside]}\n[] []\n[]\n"
    finally:
        other.close()


def test_a_module_that_starts_threads_is_named(tmp_path):
    """Is a warm process refused that could not be forked safely?"""
    code = "import threading, time; threading.Thread(target=time.sleep, args=(99,), daemon=True)"
    (tmp_path / "busy_module.py").write_text(f"{code}.start()")
    with pytest.raises(CourseError, match="busy_module"):
        WarmProcess(("busy_module",), str(tmp_path), sandbox.available())


STUBBORN = """
import ctypes, os, signal, sys, threading, time
ctypes.CDLL(None).prctl(1, 0)
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
os._exit = lambda code: time.sleep(99)
threading.Thread(target=time.sleep, args=(99,)).start()
if not os.fork():
    time.sleep(99)
"""


def below(pid):
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def are_gone(pids, seconds=10):
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


@needs_sandbox
@pytest.mark.parametrize("killed", ["guardian", "warm process"])
def test_kernels_go_with_what_holds_them(monkeypatch, killed):
    """Does a kernel that would rather stay go when its guardian or the warm process is killed?"""
    warm = WarmProcess(MODULES, str(student_package()), True)
    monkeypatch.setattr(student_module, "warm_kernels", lambda torch=False: warm)
    student = Student([])
    try:
        student.run(STUBBORN, 20)
        pids = below(student.kernel.pid)
        assert len(pids) == 3
        parent = psutil.Process(student.kernel.pid).parent()
        os.kill(student.kernel.pid if killed == "guardian" else parent.pid, signal.SIGKILL)
        assert are_gone(pids)
        assert errors(student.kernel.run("1", 5).outputs) == []
        assert not student.kernel.folder.exists()
    finally:
        student.close()
        warm.stop()
    assert not warm.base.exists()


def test_a_sandbox_that_is_killed_as_it_begins_keeps_nobody_waiting(tmp_path, monkeypatch):
    """Is it known soon, and is nothing left of it, though what it began holds the socket?"""
    left = tmp_path / "left"
    program = f"sleep 99 & echo $! > {left}; kill -9 $$"
    monkeypatch.setattr(sandbox, "warm", lambda *words, **more: ["sh", "-c", program])
    start = time.monotonic()
    with pytest.raises(Lost, match="it was ended"):
        WarmProcess(MODULES, str(tmp_path), True)
    assert time.monotonic() - start < process_module.READY_SECONDS / 2
    assert are_gone([int(left.read_text())])


PLACE_BEFORE = "a place before"


@needs_sandbox
@pytest.mark.parametrize("killed", ["guardian", "kernel"])
@pytest.mark.parametrize("moment", ["between", "in a cell", "in a replay", "in a test"])
def test_an_end_from_outside_is_not_the_students(killed, moment):
    """Is the notebook to be run again, whoever is killed, and does the second time count?"""
    for lost in ([], ["here"]):
        student = Student([], lost=lost)
        pid = student.kernel.pid
        if killed == "kernel":
            (pid,) = (child.pid for child in psutil.Process(pid).children())
        try:
            student.run("x = 3", 20, PLACE_BEFORE)
            if moment in ("between", "in a test"):
                os.kill(pid, signal.SIGKILL)
                assert are_gone([student.kernel.pid])
            else:
                timer = threading.Timer(0.3, os.kill, (pid, signal.SIGKILL))
                timer.start()
            go = {
                "between": lambda s=student: s.run("1", 20, "here"),
                "in a cell": lambda s=student: s.run("import time; time.sleep(20)", 30, "here"),
                "in a replay": lambda s=student: s._run("while True: pass", 30, "here"),
                "in a test": lambda s=student: s.mend("here"),
            }[moment]
            if lost:
                go()
                assert student.ended == ["here"]
            else:
                with pytest.raises(KernelsLost, match="here"):
                    go()
                assert student.ended == []
        finally:
            student.close()


@needs_sandbox
@pytest.mark.parametrize(
    "code",
    [
        "import os; os._exit(137)",
        "import os; os._exit(1)",
        "exit",
        "import ctypes; ctypes.string_at(0)",
        "import os; os.abort()",
        "import os; os.closerange(3, 99)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV); os._exit(9)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL); os._exit(9)",
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL); os._exit(9)",
    ],
)
def test_an_end_of_its_own_doing_is_the_students(code):
    """Does what a notebook does to itself cost its cell at once, with nobody asked to look?"""
    student = Student([])
    try:
        first = student.run(code, 20)
        assert errors(first)[-1] in ("KernelDied", "PermissionError", "ProcessLookupError")
        assert student.ended == []
        assert text(student.run("print(1)", 20)) == "1\n"
    finally:
        student.close()


def test_an_end_is_told_where_nothing_is_forked(monkeypatch):
    """Is a kernel that is a program told to have been ended, or to have ended itself?"""
    monkeypatch.setattr(student_module, "forks", lambda torch=False: False)
    student = Student([])
    try:
        (pid,) = [
            p.pid for p in below_processes(student.kernel.pid) if "runner.py" in p.cmdline()[2]
        ]
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(KernelsLost, match="here"):
            student.run("1", 20, "here")
    finally:
        student.close()
    student = Student([])
    try:
        assert errors(student.run("import os; os._exit(3)", 20)) == ["KernelDied"]
    finally:
        student.close()


def below_processes(pid):
    """Return the programs of Python at the end of a chain of wrappers."""
    found = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return [one for one in found if "python" in one.cmdline()[0]]


@needs_sandbox
def test_a_stopped_warm_process_is_left_behind(monkeypatch):
    """Does a warm process that does not answer cost one try, and is there another afterwards?"""
    monkeypatch.setattr(process_module, "REPLY_SECONDS", 1.0)
    warm = process_module.warm_process(("json",), "", True)
    there = [psutil.Process(warm._process.pid)]
    there += there[0].children(recursive=True)
    there[-1].send_signal(signal.SIGSTOP)
    with pytest.raises(Lost):
        warm.fork(folder="", cwd="/", env={}, limits=None)
    assert are_gone([one.pid for one in there])
    other = process_module.warm_process(("json",), "", True)
    assert other is not warm
    assert other.alive
    other.stop()


@needs_sandbox
def test_a_killed_probe_says_nothing_of_the_machine(monkeypatch):
    """Is a machine that can fork not taken for another because a probe's kernel was killed?"""
    real, tries = student_module.fork_kernel, []

    def killed_once(*args):
        tries.append(args)
        if len(tries) == 1:
            raise KernelsLost("start")
        return real(*args)

    monkeypatch.setattr(student_module, "fork_kernel", killed_once)
    student_module.why_not_forked.cache_clear()
    try:
        assert student_module.why_not_forked() == ""
    finally:
        student_module.why_not_forked.cache_clear()
    assert len(tries) == 2


@needs_sandbox
def test_kernels_go_with_the_program_that_started_them():
    """Is nothing left of a program that was killed, once the next one has made a folder?"""
    code = f"""
import sys
from course_utils.grading.kernels.student import Student
student = Student([])
student.run({STUBBORN!r}, 20)
print("ready", flush=True)
sys.stdin.read()
"""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=COURSE) as program:
        assert program.stdout.readline() == b"ready\n"
        pids = below(program.pid)
        program.kill()
    assert len(pids) >= 5  # the program, the warm process, a guardian, a kernel and its child
    assert are_gone(pids)
    folders._remove_left_behind.cache_clear()
    folders.new_folder()
    assert not list(Path("/dev/shm").glob(f"course-{program.pid}-*"))


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
        student.close()
    assert tier() == "none"


@pytest.mark.parametrize(
    "code",
    [
        "import os, time; time.sleep(0.3); os._exit(1)",
        "while True: pass",
        "import os\nif os.path.exists('/tmp/again'): os._exit(1)\nopen('/tmp/again', 'w')",
    ],
)
def test_the_notebooks_end_binds_all(code):
    """Do restarts, cells that run again and interrupts end with the notebook's seconds?"""
    cells = [
        new_code_cell("import time; time.sleep(0.5)"),
        *(new_code_cell(code) for _ in range(24)),
    ]
    start = time.monotonic()
    rules = Rules(cell_seconds=2, notebook_seconds=4)
    judged = judge_notebook(new_notebook(cells=cells), Release("x", ""), "secret", rules)
    assert time.monotonic() - start < 4 + 4
    assert len(judged.outputs) == 25
    if "again" not in code:
        assert errors(judged.outputs[-1]) == ["TimeLimit"]
