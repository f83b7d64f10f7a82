import contextlib
import os
import textwrap
import time

import numpy as np
import pytest

from course_utils.checks.call import GONE, TIMEOUT, call
from course_utils.checks.cases import Case, CaseSet, Changed, CodeLine, Raised, Returned
from course_utils.checks.layout import layout_of
from course_utils.grading.judge import proxy as module
from course_utils.grading.judge.proxy import Line, Proxy, names_of
from course_utils.grading.kernels.connection import alive
from course_utils.grading.kernels.student import Student

FUNCTIONS = """
import numpy as np

def echo(*args, **kwargs):
    return args, kwargs

def changes(x):
    x[0] = 7

class OwnError(np.exceptions.AxisError):
    pass

def raises(message):
    raise ZeroDivisionError(message)

def raises_its_own():
    raise OwnError("no")

def says_layout(x):
    return str(x.flags.c_contiguous), str(x.flags.f_contiguous), str(x.flags.writeable)

def big(n):
    return np.arange(float(n))

def double(x):
    return 2 * x

class Callable:
    def __call__(self, x):
        return x + 1

adds_one = Callable()
constant = 3.5
text = "text"
"""


@pytest.fixture(scope="module")
def student():
    student = Student([])
    student.run(FUNCTIONS, 20)
    yield student
    student.close()


@pytest.fixture(params=["Linux", "elsewhere"])
def line(student, request, monkeypatch):
    if request.param == "elsewhere":  # do without what only Linux has
        monkeypatch.delattr(os, "O_PATH")
    line = Line(student.kernel.folder, student.kernel.pid)
    yield line
    line.close()


def outcome(line, name, *args, **kwargs):
    case = Case("", args, kwargs, Returned(None))
    return Proxy(line, name).answering(CaseSet(name, 1.0, (), (), (case,), {})).outcomes()[0]


def outcomes(line, count, *, seconds=5.0, order=()):
    """What a student's f comes to on 0, 1 and so on, with so many seconds for each call."""
    cases = tuple(Case("", (i,), {}, Returned(i)) for i in range(count))
    made = CaseSet("f", 1.0, (), (), cases, {}, seconds=seconds, order=order)
    return Proxy(line, "f").answering(made).outcomes()


def test_values_cross_both_ways(line):
    """Do arguments and results arrive as they were?"""
    args = (1, 2.5, "a", None, True, (1, [2]), {"k": 1})
    assert outcome(line, "echo", *args, key=3) == Returned((args, {"key": 3}))
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    got = outcome(line, "echo", x).value[0][0]
    np.testing.assert_array_equal(got, x)
    assert got.dtype == x.dtype


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_layouts_cross(line, layout):
    """Does the function get an array that lies in memory as the case's does, and may it write?"""
    x = np.arange(24.0).reshape(4, 6)
    x = {"C": x, "F": np.asfortranarray(x), "strided": x[:, ::2]}[layout]
    contiguous = {"C": ("True", "False"), "F": ("False", "True"), "strided": ("False", "False")}
    assert layout_of(x) == layout
    assert outcome(line, "says_layout", x) == Returned((*contiguous[layout], "True"))


def test_outcomes_are_those_of_a_call_here(line):
    """Does a call over there come to what the same call comes to here?"""
    namespace = {}
    exec(FUNCTIONS, namespace)
    for name, args in [("changes", (np.zeros(2),)), ("raises", ("no",)), ("adds_one", (2,))]:
        here = call(namespace[name], Case("", args, {}, Returned(None)))
        assert outcome(line, name, *args) == here


def test_kinds_of_outcome(line):
    """Are a changed argument, an exception and a missing name each told as such?"""
    assert outcome(line, "changes", np.zeros(2)) == Changed("0")
    assert outcome(line, "raises", "why") == Raised("ZeroDivisionError", "why")
    assert outcome(line, "absent").kind == "NameError"
    own = outcome(line, "raises_its_own")
    assert (own.kind, own.bases[:2]) == ("OwnError", ("AxisError", "ValueError"))


def test_the_line_of_an_exception_is_read_from_what_was_handed_in(line):
    """Is the student's own line told, and none where the code that was handed in has none?"""
    case = Case("", ("why",), {}, Returned(None))
    cases = CaseSet("raises", 1.0, (), (), (case,), {})
    lines = FUNCTIONS.strip().split("\n")  # as IPython counts them
    number = lines.index("    raise ZeroDivisionError(message)") + 1
    for cells, told in [
        ([FUNCTIONS], CodeLine(number, "raise ZeroDivisionError(message)", "raises")),
        ([FUNCTIONS.replace("ZeroDivisionError(m", "OSError(m")], "raise OSError(message)"),
        (["def raises(message):\n    pass"], None),
        ([], None),
    ]:
        (found,) = Proxy(line, "raises", cells).answering(cases).outcomes()
        assert (found.line.text if isinstance(told, str) else found.line) == told


def test_names_are_values_or_proxies(line):
    """Does a name stand for its value, and a function for a call?"""
    names = names_of(line, ["constant", "text", "double", "adds_one", "absent"], ())
    assert names["constant"] == 3.5
    assert names["text"] == "text"
    assert names["double"](21) == 42
    assert names["adds_one"](1) == 2
    assert "absent" not in names


def test_a_called_proxy_raises(line):
    """Does a proxy raise what the function raises, under Python's own types?"""
    with pytest.raises(ZeroDivisionError, match="why"):
        Proxy(line, "raises")("why")
    with pytest.raises(RuntimeError, match="changed its argument"):
        Proxy(line, "changes")(np.zeros(2))


def test_large_arrays_cross(line):
    """Do a million numbers cross both ways?"""
    x = np.random.default_rng(0).standard_normal(10**6)
    np.testing.assert_array_equal(outcome(line, "double", x).value, 2 * x)


def test_cases_before_a_death_count(monkeypatch):
    """Does a kernel that dies in a later case leave the earlier ones their outcomes?"""
    call = Line._call

    def call_and_wait(line, *args):  # until nothing is left of the kernel
        broken = call(line, *args)
        while alive(line.pid):
            time.sleep(0.01)
        return broken

    monkeypatch.setattr(Line, "_call", call_and_wait)
    with hostile("import os\ndef f(x):\n    return x if x < 2 else os._exit(0)") as line:
        *before, death, after = outcomes(line, 4)
    assert before == [Returned(0), Returned(1)]
    assert death.kind == GONE
    assert after is None


def test_slow_cases_are_waited_for(impatient):
    """Is each case given its time, though all of them together take longer?"""
    with hostile("import time\ndef f(x):\n    time.sleep(1)\n    return x") as line:
        assert outcomes(line, 5, seconds=4.0) == [Returned(i) for i in range(5)]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.5)
    monkeypatch.setattr(module, "GRACE", 0.2)
    monkeypatch.setattr(module, "INTERRUPTED", 0.5)


@contextlib.contextmanager
def hostile(code, *, torch=False):
    """The line to a student's kernel in which `code` has run."""
    with (
        contextlib.closing(Student([], torch=torch)) as student,
        contextlib.ExitStack() as undo,
    ):
        student.run(code, 20)
        line = Line(student.kernel.folder, student.kernel.pid)
        undo.callback(line.close)
        yield line


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("import time; time.sleep(60)", TIMEOUT),
        ("import os; os._exit(0)", GONE),
        ("import ctypes; ctypes.string_at(0)", GONE),
    ],
)
def test_the_judge_survives(impatient, body, kind):
    """Does a call that hangs or dies come to an outcome, and soon?"""
    with hostile(f"def f():\n    {body}") as line:
        start = time.monotonic()
        assert outcome(line, "f").kind == kind
        assert time.monotonic() - start < 6


def test_a_kernel_that_cannot_be_stopped_is_asked_no_more(impatient):
    """Is a kernel that ignores its interrupt asked once, and then given up?"""
    with hostile(
        "import signal\ndef f():\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    sum(range(10**12))"
    ) as line:
        assert outcome(line, "f").kind == TIMEOUT
        assert line.broken == TIMEOUT
        start = time.monotonic()
        assert outcome(line, "f").kind == TIMEOUT
        assert time.monotonic() - start < 0.1


@pytest.mark.parametrize(
    "forged",
    [
        "pass",
        "open(place + '.0', 'wb').write(b'garbage')",
        "import os; os.symlink('/etc/passwd', place + '.0')",
        "import os; os.mkfifo(place + '.0')",
        "import os; os.mkdir(place + '.0')",
        "wire.write_message(Path(place + '.0'), [1, 2])",
        "wire.write_message(Path(place + '.0'), {})",
        "say({'returned': 2})",
        "say({'returned': 2, 'after': 3})",
        "say({'returned': 2, 'after': [[1]]})",
        "say({'returned': 2, 'after': [[1], {'y': 1}]})",
        "say({'returned': 2, 'after': [[np.ones(3), 1], {}]})",
        "say({'returned': 2, 'after': [1, {}]})",
        "say({'returned': 2, 'after': [[1], {}], 'shortcuts': ['sys.setprofile']})",
        "say({'raised': np.ones(3), 'message': np.ones(3), 'shortcuts': [np.ones(3), 3]})",
        "say({3: 4, 'raised': 'ValueError', 'callable': [np.ones(3)], 'after': np.ones(2)})",
        "wire.write_message(Path(place + '.0'), {'raised': 3, 'message': [1]})",
        "wire.write_message(Path(place + '.0'), {'raised': 'x' * 10**6})",
    ],
)
def test_forged_answers_are_no_answers(line, student, forged):
    """Is an answer that makes no sense an outcome like any other, with nothing of it repeated?"""
    student.run(
        "import course_utils.checks.answer as side\n"
        "from course_utils.checks import wire\nfrom pathlib import Path\n"
        "def say(reply):\n    with wire.new_file(Path(place + '.answers')) as file:\n"
        "        wire.write_message(file, reply)\n"
        "kept = side.answer\n"
        f"def forged(where):\n    global place\n    place = where\n    {forged}\n"
        "side.answer = forged",
        20,
    )
    try:
        got = outcome(line, "double", 1)
    finally:
        student.run("side.answer = kept", 20)
    assert isinstance(got, Raised)
    assert len(got.kind) <= module.NAME_LENGTH
    assert not line.broken
    assert outcome(line, "double", 1) == Returned(2)


def test_a_change_is_seen_by_the_judge():
    """Is a changed argument seen by who sent it, though the other side's comparison is patched?"""
    with hostile(
        "import numpy as np, course_utils.checks.call as call\n"
        "call._same = lambda *a: True\ncall.changed = lambda *a: None\n"
        "np.array_equal = lambda *a, **k: True\n"
        "def f(x, y=()):\n    x *= 2\n    return x\n"
        "def g(x, y=()):\n    y.append(np.zeros((0, 3)))\n    return x\n"
        "def h(x, y=()):\n    y[0] = {1, 2}\n    raise ValueError"
    ) as line:
        assert outcome(line, "f", np.ones(3)) == Changed("0")
        assert outcome(line, "g", np.ones(3), y=[1]) == Changed("y")
        assert outcome(line, "h", np.ones(3), y=[1]) == Changed("y")
        assert isinstance(outcome(line, "f", np.zeros(3)), Returned)
        assert isinstance(outcome(line, "f", np.full(3, np.nan)), Returned)


def test_the_judge_has_a_clock_of_its_own(impatient):
    """Is a call late by the judge's clock, though the other side has no limit any more?"""
    with hostile(
        "import contextlib, course_utils.checks.call as call, time\n"
        "call.time_limit = lambda seconds: contextlib.nullcontext()\n"
        "def f(x):\n    time.sleep(0.1 if x < 2 else 60)\n    return x"
    ) as line:
        begin = time.monotonic()
        *before, late, after = outcomes(line, 4, seconds=1.0)
        assert time.monotonic() - begin < 8
    assert before == [Returned(0), Returned(1)]
    assert late.kind == TIMEOUT
    assert after is None


def test_cases_are_asked_in_the_order_of_the_draw():
    """Does a function that counts its calls learn nothing, and stands each row where it belongs?"""
    with hostile("calls = []\ndef f(x):\n    calls.append(x)\n    return list(calls)") as line:
        found = outcomes(line, 4, order=(2, 0, 3, 1))
    assert [outcome.value for outcome in found] == [[2, 0], [2, 0, 3, 1], [2], [2, 0, 3]]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 2, 0), (2, 3, 0, 1)])
def test_an_endless_loop_costs_the_same_in_any_order(impatient, order):
    """Do the cases before the loop count, and those behind it not, in whichever order they come?"""
    with hostile(
        "import time\ndef f(x):\n    time.sleep(60 if x == 2 else 0)\n    return x"
    ) as line:
        *before, late, after = outcomes(line, 4, seconds=1.0, order=order)
    assert before == [Returned(0), Returned(1)]
    assert late.kind == TIMEOUT
    assert after is None


def test_whose_first_case_never_ends_is_asked_no_other(impatient):
    """Is a loop in every case waited for twice at most, and each case but the first left out?"""
    with hostile("import time\ndef f(x):\n    time.sleep(60)") as line:
        found = outcomes(line, 5, seconds=1.0, order=(3, 4, 2, 1, 0))
        assert line.late == 2
    assert [outcome and outcome.kind for outcome in found] == [TIMEOUT, None, None, None, None]


def test_what_is_done_is_said_of_a_question(line, student):
    """Does a kernel that says too often that it is done answer this question, and the next?"""
    student.run(
        "import sys\nrunner = sys.modules[type(get_ipython()).__module__]\n"
        "def early(x):\n    runner.send({'done': True, 'returned': 3})\n    return x",
        20,
    )
    cases = tuple(Case("", (i,), {}, Returned(i)) for i in range(5))
    answer = Proxy(line, "early").answering(CaseSet("early", 1.0, (), (), cases, {}))
    assert answer.outcomes() == [Returned(i) for i in range(5)]
    assert outcome(line, "double", 1) == Returned(2)


def test_a_network_is_probed_from_afar():
    """Does a module stay in the student's kernel, and only its outputs and shapes come?"""
    from course_utils.checks.grade import grade
    from course_utils.exercises.exercise import Exercise, case

    def network(features):
        import torch

        return torch.nn.Sequential(torch.nn.Linear(features, 3), torch.nn.Tanh())

    def inputs(rng):
        yield case("two rows", 4, x_shape=(2, 4), seed=int(rng.integers(100)))

    outputs = ("the output", "the shapes", "the draws")
    exercise = Exercise(network, 2, inputs, outputs=outputs, probe="module")
    cases = exercise.cases(np.random.default_rng(0), hidden=True)
    code = """
    import torch

    class network(torch.nn.Module):
        def __init__(self, features):
            super().__init__()
            self.mine = torch.nn.Linear(features, 3)

        def forward(self, x):
            return {}(self.mine(x))
    """
    scores = []
    for activation in ("torch.tanh", "torch.relu"):
        with hostile(textwrap.dedent(code).format(activation), torch=True) as line:
            scores.append(grade(cases, Proxy(line, "network")).score)
    assert scores == [2, 0]


def test_a_judge_reads_what_is_computed_elsewhere():
    """Is it read as it would be here, with one call more, and whatever else the answer does?"""
    from course_utils.checks.grade import grade
    from course_utils.exercises.catalog import drawn_cases, find
    from course_utils.exercises.edits import definition, renamed

    exercise = find("lstm_step_backward")
    cases = drawn_cases(exercise, "secret")
    wrong = exercise.mistakes["passes_dc_by_the_forget_gate"].function
    code = "import numpy as np\n" + renamed(definition(wrong), "answer")
    loud = "\ndef loud(*args):\n    print('here' * 100)\n    return answer(*args)\n"
    stops = (
        "\ndef stops(*args):\n    if sum(a.size for a in args) == 17:\n        raise SystemExit\n"
        "    return answer(*args)\n"
    )
    slow = "\ndef slow(*args):\n    import time; time.sleep(0.1)\n    return answer(*args)\n"
    here = grade(cases, wrong)
    assert here.readings == (
        "`dc_prev`, from `dh`: you have `dh o (1 - tanh(c_next)^2)`; from `dc`: you have `dc`.",
    )
    with hostile(code + loud + stops + slow) as line:
        reports = [grade(cases, Proxy(line, name)) for name in ("answer", "loud", "stops", "slow")]
        assert (line.late, line.broken) == (0, "")
    assert [report.readings for report in reports] == [here.readings, here.readings, (), ()]
    assert {report.score for report in (here, *reports[:2], reports[3])} == {here.score}
