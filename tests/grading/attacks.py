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

# The folder that its kernel shares with the judge.
FOLDER = """
    import os, sys
    folder = os.path.dirname(sys.modules[type(get_ipython()).__module__].asker.getsockname())
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
    "says that it is done, with a verdict": WRONG
    + """
    import sys
    runner = sys.modules[type(get_ipython()).__module__]
    said = {"done": True, "returned": {"kind": "scored", "score": 2.0}}
    runner.send(said)
    wrong = output_size
    def output_size(*args, **kwargs):
        runner.send(said)
        return wrong(*args, **kwargs)
    """,
    "returns a verdict": """
    def output_size(*args, **kwargs):
        return {"kind": "scored", "score": 2.0, "returned": args}
    """,
    "raises what a check raises": """
    from course_utils.checks.check import CheckFailed
    class BadScore(Exception): pass
    def output_size(size, *args, **kwargs):
        raise (CheckFailed if size % 2 else BadScore)("2 of 2 points")
    """,
    "makes up shortcuts": WRONG
    + """
    import course_utils.checks.answer as side
    real = side._calls
    def forged(question, names):
        for reply in real(question, names):
            yield {**reply, "shortcuts": [f"numpy.convolve.x{i}" for i in range(30_000)]}
    side._calls = forged
    """,
    "answers with very much": """
    def output_size(*args, **kwargs):
        return "2.0" * 5_000_000
    """,
    "defines what the judge reads": WRONG
    + """
    points = score = share = cases = _scale = 2.0
    run = verdict = hidden_cases = frozen_cases = lambda *a, **k: 2.0
    class Score(float):
        score = points = 2.0
        __call__ = lambda *a, **k: 2.0
    check = np = Score(2.0)
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
    "counts its calls to refuse": """
    calls = []
    def output_size(*args, **kwargs):
        calls.append(1)
        if len(calls) > 7:
            raise ValueError("the last ones make no sense")
        return 0
    """,
    "refuses what it has not seen": """
    from course_utils.checks.check import frozen_cases
    def output_size(*args, **kwargs):
        for case in frozen_cases("output_size").cases:
            if case.args == args and dict(case.kwargs) == kwargs:
                return case.expected.value
        raise ValueError("never seen")
    """,
    "returns a number of 400 digits": """
    def output_size(*args, **kwargs):
        return 10**400
    """,
    "returns a number of a million digits": """
    def output_size(*args, **kwargs):
        return 1 << 3_500_000
    """,
    "returns keys that collide": """
    def output_size(*args, **kwargs):
        return {i * (2**61 - 1): 0 for i in range(3000)}
    """,
    "answers with keys that collide": WRONG
    + """
    import course_utils.checks.answer as side, json
    from pathlib import Path
    def fake(place, names=None):
        pairs = [[{"int": hex(i * (2**61 - 1))}, None] for i in range(100_000)]
        text = json.dumps({"dict": [[{"str": "returned"}, {"dict": pairs}]]}).encode()
        Path(place + ".answers").write_bytes((b"course-wire-1\\n%d\\n" % len(text) + text) * 16)
    side.answer = fake
    """,
    "answers with arrays for words": WRONG
    + """
    import course_utils.checks.answer as side, numpy as np
    from course_utils.checks import wire
    from pathlib import Path
    def fake(place, names=None):
        many = np.ones(3)
        with wire.new_file(Path(place + ".answers")) as file:
            for _ in range(16):
                wire.write_message(file, {"returned": many, "raised": many, "after": many,
                                          "callable": [many], "shortcuts": [many], "values": many})
    side.answer = fake
    """,
    "returns a list in a circle": """
    def output_size(*args, **kwargs):
        circle = []
        circle.append(circle)
        return circle
    """,
    "returns what has no end": """
    import numpy as np
    def output_size(*args, **kwargs):
        return np.broadcast_to(1.0, (10**7, 10**7))
    """,
    "returns a long text among many short ones": """
    def output_size(*args, **kwargs):
        return ["x" * 10**6, *["x"] * 60_000]
    """,
    "returns what raises whatever it is asked": """
    class Hostile(int):
        def raises(self, *args): raise ZeroDivisionError
        __eq__ = __hash__ = __index__ = __int__ = __float__ = __str__ = __repr__ = raises
        __class__ = property(raises)
    def output_size(*args, **kwargs):
        return Hostile(-1)
    """,
    "patches what the other side compares and measures": """
    import course_utils.checks.answer as side, course_utils.checks.call as call
    call._same = call.changed = side.is_gone = lambda *a: None
    side.SECONDS = call.SECONDS = 10**6
    call.Allowance = call.time_limit = lambda *a: None
    def output_size(*args, **kwargs):
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
        Path(place + ".answers").write_bytes(b"\\x80\\x04garbage" * 100)
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
    side.answer = lambda place: Path(place + ".answers").write_bytes(pickle.dumps(Evil()))
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
        Path(place + ".answers").write_bytes(head + b"12345678")
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "leaves a file of a gigabyte": """
    import course_utils.checks.answer as side, os
    def fake(place, names=None):
        handle = os.open(place + ".answers", os.O_CREAT | os.O_WRONLY)
        os.ftruncate(handle, 10**9)
        os.close(handle)
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "answers with a link": """
    import course_utils.checks.answer as side, os
    def fake(place, names=None):
        os.symlink("ROOT/gradebook.db", place + ".answers")
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "answers with a pipe": """
    import course_utils.checks.answer as side, os
    def fake(place, names=None):
        os.mkfifo(place + ".answers")
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
            for name in (f"{ahead}", f"{ahead}.answers"):
                try:
                    os.symlink("ROOT/left-behind", folder / name)
                except OSError:
                    pass
        real(place)
    side.answer = planting
    """,
    "makes links of its sockets": WRONG
    + FOLDER
    + """
    os.rename(f"{folder}/requests", f"{folder}/real")
    os.symlink(f"{folder}/real", f"{folder}/requests")
    os.unlink(f"{folder}/interrupts")
    os.symlink("/dev/zero", f"{folder}/interrupts")
    """,
    "makes a pipe of its sockets": WRONG
    + FOLDER
    + """
    for name in ("requests", "interrupts"):
        os.unlink(f"{folder}/{name}")
        os.mkfifo(f"{folder}/{name}")
    """,
    "listens and takes nobody in": WRONG
    + FOLDER
    + """
    import socket
    place = f"{folder}/requests"
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
    # The system half: nothing of this may reach beyond the kernel's own world.
    "changes every file that it finds": WRONG
    + """
    import os
    for top in ("ROOT", "COURSE/exercises", "COURSE/solutions", "COURSE/tests"):
        os.path.exists(top) or print("there is no", top)
        for folder, _, names in os.walk(top):
            for name in (*names, "left-behind"):
                try:
                    open(os.path.join(folder, name), "a").write("here")
                except OSError:
                    pass
    """,
    "locks the gradebook": WRONG
    + """
    import fcntl, glob, sqlite3
    held = []
    for path in ("ROOT/gradebook.db", *glob.glob("ROOT/**", recursive=True), "/etc/passwd"):
        try:
            held.append(open(path, "r+"))
            fcntl.lockf(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            held.append(sqlite3.connect(path))
            held[-1].execute("begin exclusive")
        except Exception as error:
            print(error)
    """,
    "kills its parent and all that it sees": WRONG
    + """
    import os, signal
    seen = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    for pid in (os.getppid(), -1, 1, os.getpgrp(), *seen):
        for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
            try:
                os.kill(pid, number)
            except OSError as error:
                print(error)
    """,
    "stays when its guardian goes": WRONG
    + """
    import ctypes, signal, sys, threading, time
    ctypes.CDLL(None).prctl(1, 0)  # no signal when the parent dies
    for number in range(1, 64):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    threading.Thread(target=time.sleep, args=(600,)).start()
    os = sys.modules[type(get_ipython()).__module__].os
    def output_size(*args, **kwargs):
        if not os.fork():
            os.setsid()
            if os.fork():
                os._exit(0)
            time.sleep(600)
        return 0
    os._exit = lambda code: time.sleep(600)
    """,
    "fills the disk": WRONG
    + FOLDER
    + """
    for place in (folder, "/tmp", "/home/student", "/dev/shm", "/", "/dev", "/var/tmp", "/kit"):
        try:
            for number in range(5000):
                with open(f"{place}/x{number}", "wb") as file:
                    file.write(bytes(2**25))
        except OSError as error:
            print(error)
    os.remove(f"{folder}/x0")  # its answers need some room
    """,
    "fills the disk with empty files": WRONG
    + FOLDER
    + """
    for place in (folder, "/tmp", "/home/student", "/dev/shm"):
        try:
            for number in range(40_000):
                os.close(os.open(f"{place}/x{number}", os.O_CREAT))
        except OSError as error:
            print(error)
    for number in range(300):
        os.remove(f"{folder}/x{number}")  # its answers need some room
    """,
    "fills the disk where nobody looks": WRONG
    + FOLDER
    + """
    os.chdir(folder)
    kept = []
    try:
        for _ in range(3000):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
        for number in range(100):
            kept.append(open("removed", "wb", 0))
            os.remove("removed")
            kept[-1].write(bytes(2**25))
    except OSError as error:
        print(error)
    os.chmod(".", 0)
    os.chdir("/")
    """,
    "takes memory by many processes": WRONG
    + """
    import os, time
    for _ in range(40):
        if not os.fork():
            hoard = b"x" * 2**27
            time.sleep(600)
    time.sleep(600)
    """,
    "takes memory that belongs to nobody": WRONG
    + """
    import ctypes, mmap, os
    libc, hoard = ctypes.CDLL(None), []
    libc.shmat.restype = ctypes.c_void_p
    def shared():
        hoard.append(mmap.mmap(-1, 2**30))
        hoard[-1].write(b"x" * 2**30)
    def without_a_name():
        hoard.append(os.memfd_create("hoard"))
        os.truncate(hoard[-1], 2**30)
        mmap.mmap(hoard[-1], 2**30).write(b"x" * 2**30)
    def of_old():
        number = libc.shmget(0, ctypes.c_size_t(2**30), 0o1600)
        if number < 0:
            raise OSError("no shared memory")
        place = libc.shmat(number, None, 0)
        ctypes.memset(place, 1, 2**30)
        libc.shmdt(ctypes.c_void_p(place))
    def of_zeros():
        hoard.append(mmap.mmap(os.open("/dev/zero", os.O_RDWR), 2**30))
        hoard[-1].write(b"x" * 2**30)
    for take in (shared, without_a_name, of_old, of_zeros):
        try:
            for _ in range(4):
                take()
                print(take.__name__)
        except (OSError, ValueError) as error:
            print(error)
    """,
    "takes memory by sockets": WRONG
    + """
    import os, subprocess, sys, time
    code = '''
    import socket, time
    kept = []
    while True:
        try:
            for each in kept.append(socket.socketpair()) or kept[-1]:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
                each.setblocking(False)
                while True:
                    each.send(bytes(2**17))
        except BlockingIOError:
            pass
        except OSError:
            time.sleep(600)
    '''
    for _ in range(60):
        subprocess.Popen([sys.executable, "-ISc", code])
    time.sleep(600)
    """,
    "hides memory behind a thread": WRONG
    + """
    import ctypes, os, threading, time
    def hold():
        hoard = b"x" * 2**28
        time.sleep(600)
    for _ in range(20):
        if not os.fork():
            threading.Thread(target=hold).start()
            ctypes.CDLL(None).pthread_exit(None)
    time.sleep(600)
    """,
    "takes page tables": WRONG
    + """
    import mmap, numpy
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000
    hoard = [mmap.mmap(-1, 2**42, flags=flags, prot=mmap.PROT_READ) for _ in range(8)]
    print([numpy.frombuffer(each, "u1")[:: 2**21].sum() for each in hoard])
    """,
    "forks without end": WRONG
    + """
    import os
    while True:
        try:
            os.fork()
        except OSError:
            pass
    """,
    "starts threads without end": WRONG
    + """
    import threading, time
    while True:
        try:
            threading.Thread(target=time.sleep, args=(600,)).start()
        except RuntimeError:
            pass
    """,
    "displays without end": WRONG
    + """
    from IPython.display import display
    while True:
        display({"text/plain": "x" * 10_000, "image/png": b"x" * 10_000}, raw=True)
    """,
    "takes all file descriptors": WRONG
    + """
    import os
    def output_size(*args, **kwargs):
        while True:
            os.open("/dev/null", os.O_RDONLY)
    """,
    "ignores and sends itself every signal": """
    import os, signal
    def output_size(*args, **kwargs):
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        for number in signal.Signals:
            os.kill(os.getpid(), number)
        return 0
    """,
    "writes to the system's settings": WRONG
    + """
    import os
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
                 "/proc/sys/vm/drop_caches", "/proc/sys/user/max_user_namespaces",
                 "/proc/sysrq-trigger", "/proc/self/oom_score_adj", "/proc/self/uid_map",
                 "/sys/kernel/mm/ksm/run", "/etc/passwd", "/etc/hosts"):
        try:
            open(path, "r+").write("|/left-behind")
            print("wrote", path)
        except OSError as error:
            print(error)
    for name in ("null", "zero", "full", "random", "urandom", "tty", "."):
        for change in (os.chmod, os.utime):
            try:
                change(f"/dev/{name}", *([0o666] if change is os.chmod else []))
                print("changed", name)
            except OSError as error:
                print(error)
    """,
    "leaves its world": """
    import ctypes, os, socket, subprocess
    libc, out = ctypes.CDLL(None), []
    for family in (17, 38, 40):  # packets, the system's ciphers, the host of a virtual machine
        try:
            out += [socket.socket(family, socket.SOCK_STREAM)]
        except OSError:
            pass
    for kind in (0, 0x20000, 0x10000000, 0x20000000, 0x40000000):
        out += [kind] * (kind and libc.unshare(kind) == 0)
    for name in os.listdir("/proc/1/ns"):
        try:
            out += [name] * (libc.setns(os.open(f"/proc/1/ns/{name}", os.O_RDONLY), 0) == 0)
        except OSError:
            pass
    out += ["mount"] * (libc.mount(b"tmpfs", b"/usr", b"tmpfs", 0, None) == 0)
    out += [path for path in (b"/proc", b"/dev/shm", b"/tmp") if libc.umount2(path, 2) == 0]
    out += ["chroot"] * (libc.chroot(b"/tmp") == 0)
    out += ["ptrace"] * (libc.ptrace(16, os.getppid(), 0, 0) == 0)
    out += ["id"] * (libc.setuid(0) == 0)
    out += ["program"] * (subprocess.run(["unshare", "-r", "true"], stderr=-3).returncode == 0)
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 if out else 0
    """,
    "talks to the warm process": FOLDER
    + """
    import glob, json, socket
    request = {"folder": "", "cwd": "/", "env": {}, "limits": None, "isolated": False}
    names = [line.split()[-1] for line in open("/proc/net/unix")][1:]
    places = glob.glob("/dev/shm/**", recursive=True) + glob.glob("/tmp/**", recursive=True)
    places = [place for place in places if not place.startswith(folder)]
    out = [name for name in names if name[0] == "@"]
    for number in range(3, 256):
        try:
            found = socket.socket(fileno=number)
            if found.family == socket.AF_UNIX and not found.getsockname():
                out += [found.send(json.dumps(request).encode())]
            found.detach()
        except OSError:
            pass
    for place in places + names:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            try:
                socket.socket(socket.AF_UNIX, kind).connect(place.replace("@", "\\0"))
                out += [place] * (not place.startswith(folder))
            except (OSError, ValueError):
                pass
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 if out else 0
    """,
    "writes where others read": """
    import os, sys, numpy, course_utils
    here = [os.path.dirname(module.__file__) for module in (numpy, course_utils)]
    places = [*here, *sys.path, sys.prefix, sys.base_prefix, "/", "/usr/lib", "/etc", "/dev",
              "/kit", "/inside", "/proc", "/home", "COURSE", "COURSE/.venv", "ROOT", "/var/tmp"]
    out = []
    # All of /tmp is the kernel's own, but for a Python that is installed there.
    places = [p for p in places if p and (p == sys.prefix or not p.startswith("/tmp/"))]
    for place in places:
        try:
            open(f"{place}/left-behind", "w").write("here")
            out.append(place)
        except OSError:
            pass
    for path in ("/kit/course_utils/checks/answer.py", "/inside/runner.py", sys.executable):
        for change in (os.remove, os.utime, lambda path: os.chmod(path, 0o777)):
            try:
                change(path)
                out.append(path)
            except OSError:
                pass
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 if out else 0
    """,
    "poisons the next kernel": WRONG
    + """
    import ctypes, os, socket
    from pathlib import Path
    bad = "import os; os._exit(1)"
    for place in ("/home/student/.ipython/profile_default/startup/0.py", "/tmp/sitecustomize.py",
                  "/home/student/.config/matplotlib/matplotlibrc", "/home/student/work/numpy.py",
                  "/home/student/.local/lib/python3.11/site-packages/usercustomize.py",
                  "/dev/shm/course.py", "/tmp/numpy.py", "/home/student/.pdbrc"):
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).write_text(bad)
    os.environ |= {"PYTHONSTARTUP": "/tmp/numpy.py", "PYTHONPATH": "/tmp", "LEFT": "here"}
    ctypes.CDLL(None).syscall(248, b"user", b"left", b"behind", 6, -3)  # a key
    left = [socket.socket(socket.AF_UNIX), os.openpty()]
    left[0].bind(chr(0) + "left")
    """,
    "finds what another kernel left": """
    import glob, os, sys
    out = [name for name in glob.glob("/tmp/*") if not sys.prefix.startswith(name)]
    out += glob.glob("/home/student/**", recursive=True)[2:]
    out += [n for n in glob.glob("/home/student/.*")] + glob.glob("/dev/pts/[0-9]*")
    out += [name for name in os.environ if name in ("LEFT", "PYTHONSTARTUP")]
    out += glob.glob("/dev/shm/*")[1:] + glob.glob("/dev/shm/*/*")[1:]
    out += [line for line in open("/proc/net/unix") if "@" in line]
    out += [line for line in open("/proc/keys") if " left" in line]
    out += [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
    print(out)
    def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
        return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 if out else 0
    """,
    "answers with much that is empty": """
    import course_utils.checks.answer as side, json, os
    from pathlib import Path
    def fake(place, names=None):
        head = {"dict": [[{"str": "returned"}, {"array": "float64", "shape": [7000000],
                                                "layout": "C"}]]}
        text = json.dumps(head).encode()
        for number in range(100):
            with open(f"{place}.{number}", "wb") as file:
                file.write(b"course-wire-1\\n%d\\n" % len(text) + text)
                os.truncate(file.name, file.tell() + 8 * 7_000_000)
    side.answer = fake
    def output_size(*args, **kwargs):
        return 0
    """,
    "shows HTML and scripts": WRONG
    + """
    from IPython.display import HTML, Javascript, display
    display(HTML("<script>alert(1)</script><img src=x onerror=alert(1)>"))
    display(Javascript("alert(1)"))
    """,
}

# A kernel that was turned against the judge answers nothing, so its other answers are lost too.
LOSES_ALL = {
    "makes up shortcuts",
    "makes links of its sockets",
    "makes a pipe of its sockets",
    "listens and takes nobody in",
    "fills the disk where nobody looks",
    "takes all file descriptors",
    "answers with much that is empty",
    "answers with keys that collide",
    "answers with arrays for words",
    "patches what the other side compares and measures",
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


def _own_test(notebook: NotebookNode) -> None:
    cell = copy.deepcopy(cell_named(notebook, "same_padding"))
    cell.metadata.nbgrader |= {"grade_id": "mine", "points": 100, "checksum": "0" * 32}
    notebook.cells.append(cell)


def _by_hand(notebook: NotebookNode) -> None:
    cell = cell_named(notebook, "output_size-answer")
    cell.metadata.nbgrader |= {"grade": True, "points": 2}
    cell.source = f"{WRONG}\nimport os\nprint(os.environ.get('COURSE_SECRET'))\n2.0"


def _setup(notebook: NotebookNode) -> None:
    cell_named(notebook, "setup").source = "check = lambda *a: 2.0\nimport os as np"


def _test_as_answer(notebook: NotebookNode) -> None:
    marks = cell_named(notebook, "output_size").metadata
    cell_named(notebook, "output_size").source = f"{WRONG}\n2.0"
    cell_named(notebook, "output_size-answer").metadata = copy.deepcopy(marks)


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
    "hands in a test of its own": (_edit(_own_test), 1),
    "has its answer graded by hand": (_edit(_by_hand), 1),
    "edits what is read-only": (_edit(_setup), 1),
    "hands its answer in as a test": (_edit(_test_as_answer), 1),
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
