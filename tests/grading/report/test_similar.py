"""Are submissions that resemble each other found, however disguised, and only those?"""

import ast
import io
import itertools
import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from copydetect import CodeFingerprint, compare_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.exercises.catalog import catalog
from course_utils.grading.handout.sample_class import answer_source, write_class
from course_utils.grading.report.clusters import ALL_PAIRS, OTHERS, Reader, clusters, lines
from course_utils.grading.report.similar import (
    SHOWN,
    WIDTH,
    Pair,
    Similar,
    similar,
    to_json,
    to_text,
)

ROOT = Path(__file__).parents[3]
SLUG = "convolution-arithmetic"
EXERCISES = [exercise for exercise in catalog()[SLUG] if not exercise.measured]
NAMES = [exercise.name for exercise in EXERCISES]

# Who in the sample class began from the same right answers.
SAME_SOURCE = (
    {"student-002", "student-010", "student-012", "student-013", "student-014", "student-016"},
    {"student-003", "student-015"},
    {f"student-{i:03}" for i in (1, *range(4, 10))},  # mistakes are edits of the solution
)


def released(slug=SLUG):
    return nbformat.read(ROOT / "exercises" / slug / f"{slug}.ipynb", as_version=4)


def styles(style=0, names=NAMES):
    """Return the right answers of one style, by exercise."""
    functions = {e.name: list(e.right.values()) for e in EXERCISES if e.name in names}
    return {name: answer_source(found[style], name) for name, found in functions.items()}


def answered(answers, extra=()):
    """Return the released notebook with these answers and, behind them, these cells."""
    notebook = released()
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-answer")
        if cell.metadata.get("nbgrader", {}).get("solution") and name in answers:
            cell.source = answers[name]
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in extra]
    return notebook


@pytest.fixture
def root(tmp_path):
    """A course's folder with the assignment, and with nothing handed in."""
    return open_course(tmp_path)


def open_course(folder, slug=SLUG):
    shutil.copytree(ROOT / "exercises" / slug, folder / "exercises" / slug)
    return folder


def hand_in(root, *notebooks):
    for i, notebook in enumerate(notebooks, start=1):
        folder = root / "submitted" / f"student-{i:03}" / SLUG
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / f"{SLUG}.ipynb")


def only_pair(root):
    """Compare a class of two, and return what they have in common."""
    (pair,) = similar(root, SLUG, least=0).pairs
    assert pair.students == ("student-001", "student-002")
    return pair


@pytest.mark.parametrize("slug", catalog())
def test_in_the_sample_class_those_with_one_source_are_found(tmp_path, slug):
    """Is a pair listed if its answers have one source, and not if they were written apart?"""
    source = nbformat.read(ROOT / "solutions" / slug / f"{slug}.ipynb", as_version=4)
    write_class(slug, source, released(slug), tmp_path / "submitted")
    found = similar(open_course(tmp_path, slug), slug)
    listed = {pair.students for pair in found.pairs}
    for pair in listed:
        assert any(group.issuperset(pair) for group in SAME_SOURCE)
    for group in SAME_SOURCE[:2]:
        assert listed.issuperset(itertools.combinations(sorted(group), 2))
    assert (found.compared, found.left_out) == (15, ["student-011"])
    assert found.exercises == [exercise.name for exercise in catalog()[slug]]


class Renamed(ast.NodeTransformer):
    """Give a new name to what a function takes and assigns, and write a docstring."""

    def __init__(self, tree):
        bound = [n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)]
        bound += [
            n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        self.new = {name: f"my_{i}" for i, name in enumerate(dict.fromkeys(bound))}

    def visit_arg(self, node):
        node.arg = self.new[node.arg]
        return node

    def visit_Name(self, node):
        node.id = self.new.get(node.id, node.id)
        return node


def renamed(source):
    tree = ast.parse(source)
    return ast.unparse(Renamed(tree).visit(tree))


def redocumented(source):
    tree = ast.parse(source)
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        function.body.insert(0, ast.parse('"""Return what it "returns".\n\nSee above."""').body[0])
    return ast.unparse(tree)


def commented(source):
    return re.sub(r"$", "  # as on the slide", source, flags=re.MULTILINE) + "\n\n# done\n"


def respaced(source):
    spaced = source.replace("    ", "\t").replace(" = ", "  =  ").replace("):\n", " ) :\n\n\n")
    assert spaced != source
    return spaced


def with_magics(source):
    return f"%matplotlib inline\n!ls\n{source}\n%timeit 3 + 4\n"


@pytest.mark.parametrize("disguise", [renamed, redocumented, commented, respaced, with_magics])
def test_a_disguised_copy_is_found(root, disguise):
    """Do other names, docstrings, comments, spaces and magics hide nothing at all?"""
    answers = styles()
    disguised = {name: disguise(source) for name, source in answers.items()}
    assert all(disguised[name] != answers[name] for name in answers)
    hand_in(root, answered(answers), answered(disguised))
    pair = only_pair(root)
    assert pair.shares == (1, 1)
    assert pair.exercises == tuple(NAMES)


def test_a_reordered_copy_is_found(root):
    """Are cells of their own known in another order, and functions in another order in a cell?"""
    one, two, three = styles(names=NAMES[-3:]).values()
    hand_in(root, answered({}, [one, two, three]), answered({}, [three, one, two]))
    assert only_pair(root).shares == (1, 1)
    hand_in(root, answered({}, [f"{one}\n\n{two}"]), answered({}, [f"{two}\n\n{one}"]))
    assert min(only_pair(root).shares) > 0.9


def test_all_answers_in_one_cell_are_found(root):
    """Does it help to leave out the cells for answers, and to write everything at the end?"""
    answers = styles()
    other = released()
    other.cells = [cell for cell in other.cells if cell.cell_type == "markdown"]
    other.cells.append(nbformat.v4.new_code_cell("\n\n".join(answers.values())))
    hand_in(root, answered(answers), other)
    in_the_other, in_the_first = only_pair(root).shares
    assert in_the_other == 1
    assert in_the_first > 0.9


def test_part_of_the_work_is_a_share_one_way(root):
    """Is what someone took in the share of the one, and little in that of the other?"""
    taken = styles(names=NAMES[:4])
    hand_in(root, answered(styles()), answered(taken))
    in_the_second, in_the_first = only_pair(root).shares
    assert in_the_first == 1
    assert 0.2 < in_the_second < 0.6
    assert only_pair(root).exercises == tuple(NAMES[:4])


def test_answers_to_other_exercises_are_not_alike(root):
    """Does what both were given, signatures and docstrings included, count for nothing?"""
    hand_in(root, answered(styles(names=NAMES[:5])), answered(styles(names=NAMES[5:])))
    pair = only_pair(root)
    assert max(pair.shares) < 0.2
    assert pair.exercises == ()


def test_who_adds_nothing_to_the_release_is_left_out(root):
    """Are a blank notebook, changed tests, remarks and a line or two left out, and counted?"""
    with_tests = released()
    for cell in with_tests.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source += "\n" + styles()["convolve2d"]
    documented = answered({NAMES[0]: f"# {'what is asked here? ' * 50}\n'''{'I ask. ' * 90}'''"})
    given = answered({}, [cell.source for cell in released().cells if cell.cell_type == "code"])
    little = answered({NAMES[0]: "def output_size(*args, **kwargs):\n    return 3"})
    blank = [released(), with_tests, documented, given, little]
    hand_in(root, *blank, answered(styles()))
    found = similar(root, SLUG, least=0)
    assert found.left_out == [f"student-{i:03}" for i in range(1, 6)]
    assert (found.compared, found.pairs) == (1, [])
    assert "submissions compared 1, left out 5" in to_text(found)


def test_nobody_with_code_of_their_own_is_no_trouble(root):
    """Does a class of blank notebooks give an empty list?"""
    hand_in(root, released(), released())
    found = similar(root, SLUG)
    assert (found.compared, found.pairs, len(found.left_out)) == (0, [], 2)
    assert "No two of them" in to_text(found)


def test_broken_submissions_stop_nothing(root):
    """Are files that cannot be read left out, and code with a syntax error compared?"""
    answers = styles()
    faulty = {name: f"{source}\n    return (\n" for name, source in answers.items()}
    hand_in(root, answered(answers), answered(faulty))
    for i, data in enumerate((b"", b"{", b"\xff\xfe\x00", b'{"cells": 3}'), start=3):
        folder = root / "submitted" / f"student-{i:03}" / SLUG
        folder.mkdir(parents=True)
        (folder / f"{SLUG}.ipynb").write_bytes(data)
    (root / "submitted" / "student-007" / SLUG).mkdir(parents=True)
    (root / "submitted" / "student-008").mkdir()
    os.symlink(root / "submitted" / "student-001" / SLUG, root / "submitted" / "student-008" / SLUG)
    (root / "submitted" / "README").touch()
    found = similar(root, SLUG)
    assert found.left_out == [f"student-{i:03}" for i in range(3, 9)]
    (pair,) = found.pairs
    assert pair.students == ("student-001", "student-002")
    assert min(pair.shares) > 0.8


@pytest.mark.parametrize("used", [True, False])
def test_pasted_data_stop_nothing(root, used):
    """Is a cell with very much in it cut, and do all answers count; is what nobody uses nothing?"""
    data = f"data = [{'0.25, ' * 50_000}]"
    answers = styles()
    first = stuffed(answers[NAMES[0]], "assert data") if used else answers[NAMES[0]]
    hand_in(root, answered(answers), answered({**answers, NAMES[0]: first}, [data]))
    in_the_second, in_the_first = only_pair(root).shares
    assert in_the_second > 0.9
    assert (in_the_first < 0.1) == used


def junk(size, kind):
    """Code that no answer depends on."""
    lines = {
        "names": (f"junk_{i} = {i} * {i + 1} + len('{i}')" for i in range(size // 30)),
        "functions": (f"def junk_{i}(a):\n    return a ** {i} - {i}\n" for i in range(size // 40)),
        "a string": [f"junk = '{'x y ' * (size // 4)}'"],
        "blanks": [" " * size + "\n" * size],
        "a remark": ["# " + "junk " * (size // 5)],
    }[kind]
    return "\n".join(lines)


def test_junk_hides_nothing(root):
    """Is a copy found behind 100,000 characters of junk, in a cell in front or in the answers?"""
    answers = styles()
    others = []
    for kind in ("names", "functions", "a string", "blanks", "a remark"):
        much = junk(120_000, kind)
        others.append(answered(answers))
        others[-1].cells.insert(0, nbformat.v4.new_code_cell(much))
        name = NAMES[-1]  # which is a large part of all
        others.append(answered({**answers, name: f"{much}\n{answers[name]}"}))
    hand_in(root, answered(answers), *others)
    pairs = similar(root, SLUG, least=0).pairs
    assert len(pairs) == 55
    for pair in pairs:
        assert (pair.shares, pair.exercises) == ((1, 1), tuple(NAMES)), pair.students


DEAD = [
    "pass", "0", "'a remark'", "junk = 3", "junk = [1, 2]; more = junk", "if False:\n    return 7",
    "if not 1:\n    junk = 2", "while 0:\n    junk = 2", "for junk in ():\n    return junk",
    "assert True", "print('here', 3)", "len('abc')", "def junk(a):\n    return a + 1",
    "import string as junk", "junk: int = 3", "junk = 1\njunk += 2\njunk = junk * junk",
    "if True:\n    pass", "junk = lambda a: a", "for junk in range(0):\n    pass",
]  # fmt: skip


def stuffed(source, dead):
    """Put dead statements in front of each statement of a source's functions, and behind."""

    class Stuff(ast.NodeTransformer):
        def generic_visit(self, node):
            super().generic_visit(node)
            for block in ("body", "orelse"):
                if isinstance(inner := getattr(node, block, None), list) and inner:
                    more = [ast.parse(dead).body for _ in range(len(inner) + 1)]
                    pairs = zip(more, [*inner, None], strict=True)
                    setattr(node, block, [s for some, one in pairs for s in [*some, one] if s])
            return node

    return ast.unparse(Stuff().visit(ast.parse(source)))


def test_dead_statements_hide_nothing(root):
    """Is a copy whole that has a statement without effect in front of each of its own?"""
    answers = styles(names=NAMES[-4:])
    others = [{name: stuffed(text, dead) for name, text in answers.items()} for dead in DEAD]
    hand_in(root, *map(answered, [answers, *others]))
    pairs = similar(root, SLUG, least=0).pairs
    assert len(pairs) == len(DEAD) * (len(DEAD) + 1) // 2
    for pair in pairs:
        assert (pair.shares, pair.exercises) == ((1, 1), tuple(answers)), pair.students


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(min_size=1, max_size=400))
def test_any_text_equals_itself(root, text):
    """Whatever stands in a cell, does a copy of it have all of it?"""
    both = answered({}, [text, styles()["convolve2d"]])
    hand_in(root, both, both)
    assert only_pair(root).shares == (1, 1)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 2), (1, 3)])
def test_shares_are_those_of_the_library(root, one, other):
    """Are the shares of two cells what copydetect finds in two files?"""
    mixed = [*styles(other, NAMES[-3:]).values(), *styles(one, NAMES[:3]).values()]
    sources = ["\n\n".join(styles(one).values()), "\n\n".join(mixed)]
    hand_in(root, *(answered({}, [source]) for source in sources))
    prints = [
        CodeFingerprint("a.py", 25, 1, fp=io.StringIO(ast.unparse(ast.parse(source))))
        for source in sources
    ]
    _, expected, _ = compare_files(*prints)
    assert 0 < min(expected) < max(expected) < 1
    assert only_pair(root).shares == pytest.approx(expected)


def test_pairs_are_sorted_and_cut(root):
    """Do the largest shares come first, and are small ones left out?"""
    half = {**styles(0), **styles(1, NAMES[:5])}
    hand_in(root, answered(styles(0)), answered(styles(1)), answered(half), answered(styles(0)))
    pairs = similar(root, SLUG, least=0).pairs
    assert len(pairs) == 6
    largest = [max(pair.shares) for pair in pairs]
    assert largest == sorted(largest, reverse=True)
    assert pairs[0].students == ("student-001", "student-004")
    for least in (0.3, 0.7, 1):
        expected = [pair for pair in pairs if max(pair.shares) >= least]
        assert similar(root, SLUG, least=least).pairs == expected


def test_the_text_names_answers_in_the_shorter_way():
    """Are few answers named, few exceptions named, and no line too long?"""
    names = [f"exercise_with_a_name_{i}" for i in range(12)]
    alike = [names, names[2:], names[:5], []]
    students = "student-004", "student-with-a-long-id-011"
    pairs = [Pair(students, (1.0, 0.876), tuple(some)) for some in alike]
    lines = to_text(Similar(SLUG, pairs, 30, [], names)).splitlines()
    assert max(map(len, lines)) <= WIDTH
    start = "student-004                 student-with-a-long-id-011  1.00 / 0.88"
    assert f"{start}  all" in lines
    assert f"{start}  all but exercise_with_a_name_0," in lines
    assert f"{start}  exercise_with_a_name_0," in lines
    assert lines[-1] == start
    assert lines[0] == f"{SLUG}: submissions compared 30"
    assert "Resemblance is no proof" in " ".join(lines)


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_long_list_is_left_to_json(more):
    """Does the text end its list, and say how many are left?"""
    pairs = [Pair((f"a{i}", f"b{i}"), (1.0, 1.0), ()) for i in range(SHOWN + more)]
    found = Similar(SLUG, pairs, 30, [], [])
    assert f"a{SHOWN - 1} " in to_text(found)
    assert f"a{SHOWN} " not in to_text(found)
    assert (f"and {more} more, which --json lists" in to_text(found)) == bool(more)
    assert len(json.loads(to_json(found))) == SHOWN + more


def test_the_command_lists_pairs(root, capsys):
    """Does `course similar` print the table, or JSON, and exit with 0?"""
    hand_in(root, answered(styles(0)), answered(styles(0)), answered(styles(1)), released())
    words = ["similar", SLUG, "--root", str(root)]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert "submissions compared 3, left out 1" in out
    assert out.endswith(
        "\nstudent-001  student-002  1.00 / 1.00  all but cases_for_output_size, classify_digits\n"
    )
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"students": ["student-001", "student-002"], "shares": [1.0, 1.0], "exercises": NAMES}
    ]
    assert cli.main([*words, "--json", "--least", "0"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


@pytest.mark.parametrize(
    ("slug", "least", "says"),
    [
        ("convolution-aritmetic", 0.8, "did you mean 'convolution-arithmetic'?"),
        ("zzz", 0.8, "has no assignment 'zzz'; name the course's folder with --root"),
        (SLUG, 0.8, "nobody handed in convolution-arithmetic: put submissions in"),
        (SLUG, 80, "a share is a number from 0 to 1, got 80: try --least 0.8"),
        (SLUG, float("nan"), "a share is a number from 0 to 1"),
    ],
)
def test_what_cannot_be_compared_says_why(root, slug, least, says):
    """Are an unknown assignment, an empty class and an odd share named, with the mend?"""
    with pytest.raises(CourseError) as raised:
        similar(root, slug, least=least)
    assert says in str(raised.value)


def pairs_of(*links):
    """Return what is found of a class in which these are alike, the most first."""
    pairs = [Pair(tuple(link), (1 - i / 100, 1 - i / 100), ()) for i, link in enumerate(links)]
    return Similar(SLUG, pairs, 30, [], [])


def test_in_a_group_each_two_are_alike():
    """Is a chain cut where its ends are not alike, and is the pair that is left over kept?"""
    groups, between = clusters(pairs_of("ab", "bc", "ca", "cd", "ef"))
    assert [group.students for group in groups] == [("a", "b", "c"), ("e", "f")]
    assert [len(group.pairs) for group in groups] == [3, 1]
    assert groups[0].shares == (0.98, 1)
    assert [pair.students for pair in between] == [("c", "d")]


def test_a_chain_is_no_group():
    """Do the largest shares come first where a chain could be cut anywhere?"""
    groups, between = clusters(pairs_of("bc", "ab", "cd"))
    assert [group.students for group in groups] == [("b", "c")]
    assert [pair.students for pair in between] == [("a", "b"), ("c", "d")]
    assert clusters(pairs_of()) == ([], [])


def test_of_a_large_group_each_is_beside_one():
    """Are all pairs of a small group shown, and of a large one those with its middle?"""
    names = "abcdefg"
    small, large = names[:ALL_PAIRS], names[: ALL_PAIRS + 1]
    (group,), _ = clusters(pairs_of(*itertools.combinations(small, 2)))
    assert group.shown == group.pairs
    (group,), _ = clusters(pairs_of(*itertools.combinations(large, 2)))
    assert len(group.shown) == ALL_PAIRS
    assert all("a" in pair.students for pair in group.shown)


def marked(cell):
    """Return the lines of a cell that are marked, each with its number and what is marked."""
    found = enumerate(lines(cell), start=1)
    return {number: "".join(t for t, m in parts if m) for number, parts in found if parts}


def test_a_copied_answer_with_other_names_is_marked(root):
    """Is all of a copy marked, whatever its names, and neither the release nor what is new?"""
    name = "correlate2d"
    source = styles()[name]
    disguised = renamed(source).replace("\n", "\n    # mine\n", 1)
    own = "def helper(a, b):\n    return [a[i] ** 2 - b for i in range(3, len(a)) if a[i] != b]\n"
    disguised = disguised.replace("return ", "return helper([0], 1) or ", 1)
    hand_in(root, answered({name: source}), answered({name: f"{own}\n{disguised}"}))
    sides = {
        one.exercise: one for one in Reader(root, SLUG).side_by_side("student-001", "student-002")
    }
    assert [exercise for exercise, one in sides.items() if one.common] == [name]
    assert list(sides) == [*(exercise.name for exercise in catalog()[SLUG]), OTHERS]
    ((one,), (other,)) = sides[name].sides
    assert (one.source, other.source) == (source, f"{own}\n{disguised}")
    in_one, in_other = marked(one), marked(other)
    assert in_one.pop(1) == ""  # everybody was given the head
    assert in_one.popitem()[1].endswith(source.splitlines()[-1].split("return ")[1])
    assert all(in_one.values())
    new = [number for number, line in enumerate(other.source.splitlines(), 1) if line in own]
    assert not any(in_other.get(number) for number in new)
    comment = other.source.splitlines().index("    # mine") + 1
    assert in_other[comment] == ""
    assert in_other[comment + 1] == other.source.splitlines()[comment].strip()
    assert 0.9 < one.share <= 1
    assert 0.3 < other.share < 0.9


def test_the_text_of_the_release_is_not_marked(root):
    """Is nothing marked in what both left as it came, signatures included?"""
    hand_in(root, answered(styles(names=NAMES[:3])), answered(styles(1, NAMES[:3])))
    for one in Reader(root, SLUG).side_by_side("student-001", "student-002"):
        for side in one.sides:
            for cell in side:
                parts = [cell.source[start:end] for start, end in cell.spans]
                assert not [
                    text for text in parts if text.startswith(("def ", "import ", "raise Not"))
                ]


def test_the_layers_of_a_network_are_compared(tmp_path):
    """Is what a class's functions set in what they are given part of what is compared?"""
    slug = "convnet"
    exercise = next(e for e in catalog()[slug] if e.name == "build_lenet")
    source = answer_source(exercise.right["writes_a_class"], exercise.name)
    open_course(tmp_path, slug)
    for student, text in (("one", source), ("other", renamed(source))):
        notebook = released(slug)
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "build_lenet-answer":
                cell.source = text
        folder = tmp_path / "submitted" / student / slug
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{slug}.ipynb")
    answers = Reader(tmp_path, slug).side_by_side("one", "other")
    ((cell,), _) = next(one.sides for one in answers if one.exercise == "build_lenet")
    found = "\n".join(marked(cell).values())
    assert "nn.Conv2d" in found
    assert cell.share == 1
