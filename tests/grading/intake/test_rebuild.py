"""Does every rebuilt notebook have the release's cells, and the student's code in its place?"""

import copy
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum

from course_utils.grading.intake.match import Match, defined
from course_utils.grading.intake.rebuild import MAX_EXTRA, rebuild

ROOT = Path(__file__).parents[3]
SLUG = "convolution-arithmetic"


def graded(kind, name, source, **nbgrader):
    """A cell with nbgrader metadata and a right checksum."""
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
    cell = new(source, id=name)
    defaults = {"grade": False, "locked": False, "solution": False, "task": False}
    cell.metadata.nbgrader = NotebookNode(
        {"grade_id": name, "cell_type": kind, "schema_version": 3, **defaults, **nbgrader}
    )
    cell.metadata.nbgrader.checksum = compute_checksum(cell)
    return cell


def exercise(name):
    stub = f"def {name}(x):\n    raise NotImplementedError"
    return [
        graded("markdown", f"{name}-statement", f"Write `{name}`.", locked=True),
        graded("code", f"{name}-answer", stub, solution=True),
        graded("code", name, f'check("{name}", {name})', locked=True, grade=True, points=2),
    ]


def small():
    """A release: an introduction, a locked setup, an open cell, two exercises."""
    nb = nbformat.v4.new_notebook()
    nb.cells = [
        nbformat.v4.new_markdown_cell("# Title", id="cell-00"),
        graded("code", "setup", "import numpy as np", locked=True),
        nbformat.v4.new_code_cell("size = 3  # try others", id="cell-02"),
        *exercise("one"),
        *exercise("two"),
    ]
    return nb


REAL = nbformat.read(ROOT / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
SMALL = small()
RELEASES = pytest.mark.parametrize("released", [SMALL, REAL], ids=["small", "real"])


def cell(notebook, name):
    return next(c for c in notebook.cells if c.id == name)


def answered(released):
    nb = copy.deepcopy(released)
    for c in nb.cells:
        if c.metadata.get("nbgrader", {}).get("solution"):
            c.source = c.source.replace("raise NotImplementedError", "return 7")
    return nb


def code(source, **metadata):
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def sources(notebook):
    return [c.source for c in notebook.cells]


def put(notebook, name, *cells, after=True):
    where = [c.id for c in notebook.cells].index(name) + after
    notebook.cells[where:where] = cells


def kinds(notes):
    return [note.kind for note in notes]


def assert_whole(released, notebook):
    """Is the notebook valid, with all cells of the release and right checksums?"""
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    names = [c.id for c in released.cells]
    assert [c.id for c in notebook.cells if c.id in names] == names
    for original in released.cells:
        ours = cell(notebook, original.id)
        assert (ours.metadata, ours.cell_type) == (original.metadata, original.cell_type)
        nbgrader = original.metadata.get("nbgrader", {})
        if nbgrader.get("locked") or (not nbgrader and original.cell_type == "markdown"):
            assert ours.source == original.source
        if nbgrader.get("locked"):
            assert compute_checksum(ours) == nbgrader["checksum"]
    for extra in (c for c in notebook.cells if c.id not in names):
        assert extra.id.startswith("extra-")
        assert extra.metadata == {}
    for c in notebook.cells:
        assert "attachments" not in c
        assert c.get("outputs", []) == []
        assert c.get("execution_count") is None


def rebuilt(released, submitted):
    """Rebuild, and check what must hold for every submission."""
    before = copy.deepcopy((released, submitted))
    notebook, notes = rebuild(released, submitted)
    assert (released, submitted) == before
    assert_whole(released, notebook)
    assert notebook.metadata == released.metadata
    again, more = rebuild(released, notebook)
    assert again.cells == notebook.cells
    assert more == []
    assert all(note.says.count(". ") == 0 and note.says.endswith(".") for note in notes)
    return notebook, notes


@RELEASES
def test_nothing_handed_in_gives_the_release(released):
    """Is a missing notebook the released one, without a note of its own?"""
    assert rebuild(released, None) == (released, [])


@RELEASES
def test_the_untouched_release_comes_back(released):
    """Does the blank assignment come out as it was handed out, and without a note?"""
    assert rebuilt(released, copy.deepcopy(released)) == (released, [])


@RELEASES
def test_an_honest_submission_keeps_every_source(released):
    """Is every source kept, helper cells included, without a note?"""
    submitted = answered(released)
    put(submitted, released.cells[4].id, code("helper = 1"), code("%timeit helper"))
    put(submitted, released.cells[-1].id, nbformat.v4.new_markdown_cell("my notes"), code(" \n"))
    notebook, notes = rebuilt(released, submitted)
    assert sources(notebook) == sources(submitted)[:-1]  # the empty cell is not kept
    assert notes == []


def test_an_open_cell_may_be_changed():
    """Does a code cell that nobody locked take the student's source, and text stand behind?"""
    submitted = answered(SMALL)
    cell(submitted, "cell-02").source = "size = 5"
    cell(submitted, "cell-00").source = "# My title"
    notebook, notes = rebuilt(SMALL, submitted)
    assert sources(notebook)[:4] == ["# Title", "# My title", "import numpy as np", "size = 5"]
    assert notes == []


def test_metadata_tags_outputs_and_attachments_are_dropped():
    """Is nothing taken over from a cell but its source?"""
    submitted = answered(SMALL)
    for c in submitted.cells:
        c.metadata.tags = ["skip-execution"]
        c.attachments = {"a.png": {"image/png": "AAAA"}}
        if c.cell_type == "code":
            c.outputs = [nbformat.v4.new_output("stream", text="passed")]
            c.execution_count = 3
    put(submitted, "one", code("1", tags=["skip-execution"], nbgrader={"grade_id": "mine"}))
    submitted.metadata.kernelspec = {"name": "bash", "display_name": "Bash"}
    notebook, notes = rebuilt(SMALL, submitted)
    assert cell(notebook, "extra-01").source == "1"
    assert notes == []


@pytest.mark.parametrize(
    "change",
    [{"solution": False}, {"schema_version": 1}, {"points": 99, "grade": True}, {"locked": True}],
)
def test_changed_metadata_of_an_answer_does_not_matter(change):
    """Is an answer found by its grade_id whatever else was done to its metadata?"""
    submitted = answered(SMALL)
    cell(submitted, "one-answer").metadata.nbgrader.update(change)
    notebook, notes = rebuilt(SMALL, submitted)
    assert sources(notebook) == sources(submitted)
    assert notes == []


def test_a_type_is_set_back():
    """Is an answer in a markdown cell taken as code?"""
    submitted = answered(SMALL)
    cell(submitted, "one-answer").cell_type = "markdown"
    cell(submitted, "two").cell_type = "raw"
    notebook, notes = rebuilt(SMALL, submitted)
    assert sources(notebook) == sources(submitted)
    assert kinds(notes) == ["type"]
    assert "one-answer, two" in notes[0].says


def test_a_raw_cell_is_kept_as_text():
    """Does a raw cell of the student's come out as markdown?"""
    submitted = answered(SMALL)
    put(submitted, "one", nbformat.v4.new_raw_cell("<script>"))
    notebook, _ = rebuilt(SMALL, submitted)
    assert cell(notebook, "extra-01").cell_type == "markdown"


@pytest.mark.parametrize("name", ["one", "one-statement", "setup"])
def test_a_changed_locked_cell_is_set_back(name):
    """Is a test, statement or locked cell as released, and the change named?"""
    submitted = answered(SMALL)
    cell(submitted, name).source = "check = print"
    notebook, notes = rebuilt(SMALL, submitted)
    assert sources(notebook) == sources(answered(SMALL))
    assert kinds(notes) == ["changed"]
    assert name in notes[0].says


def test_blanks_at_the_end_of_a_line_are_no_change():
    """Is a locked cell that an editor tidied left without a note?"""
    submitted = answered(SMALL)
    cell(submitted, "setup").source += "  \n"
    assert rebuilt(SMALL, submitted)[1] == []


@pytest.mark.parametrize("change", [str, lambda source: "raise SystemExit"])
def test_a_copied_test_is_taken_once(change):
    """Is a second copy of a test dropped, changed or not, and named?"""
    submitted = answered(SMALL)
    twin = copy.deepcopy(cell(submitted, "one"))
    twin.id, twin.source = "twin", change(twin.source)
    for after in (False, True):
        doubled = copy.deepcopy(submitted)
        put(doubled, "one", twin, after=after)
        notebook, notes = rebuilt(SMALL, doubled)
        assert sources(notebook) == sources(submitted)
        assert kinds(notes) == ["duplicate"]


def twice(first, second):
    """A submission with two copies of the first answer."""
    submitted = answered(SMALL)
    cell(submitted, "one-answer").source = first
    twin = copy.deepcopy(cell(submitted, "one-answer"))
    twin.id, twin.source = "twin", second
    put(submitted, "one-answer", twin)
    return submitted


STUB = cell(SMALL, "one-answer").source


@pytest.mark.parametrize(
    ("first", "second", "before", "answer"),
    [
        ("a = 1", "b = 2", ["a = 1"], "b = 2"),
        ("a = 1", STUB, [], "a = 1"),
        (STUB, "b = 2", [], "b = 2"),
        (STUB, STUB, [], STUB),
        ("a = 1", "a = 1", [], "a = 1"),
    ],
)
def test_the_last_copy_of_an_answer_counts(first, second, before, answer):
    """Is the last changed copy the answer, with other changed ones before it and no stub?"""
    notebook, notes = rebuilt(SMALL, twice(first, second))
    names = [c.id for c in notebook.cells]
    assert cell(notebook, "one-answer").source == answer
    between = notebook.cells[names.index("one-statement") + 1 : names.index("one-answer")]
    assert [c.source for c in between] == before
    assert kinds(notes) == ["duplicate"]


def test_a_copy_never_runs_after_the_answer():
    """Does a copy of an answer that stands far below still run before the one that counts?"""
    submitted = answered(SMALL)
    last = cell(submitted, "one-answer")
    submitted.cells.remove(last)
    earlier = copy.deepcopy(last)
    earlier.id, earlier.source = "earlier", "def one(x): return 0"
    put(submitted, "two", earlier, last)
    notebook, _ = rebuilt(SMALL, submitted)
    found = [s for s in sources(notebook) if s.startswith("def one")]
    assert found == [earlier.source, last.source]
    names = [c.id for c in notebook.cells]
    assert names.index("extra-01") + 1 == names.index("one-answer")


def test_a_cell_between_two_copies_keeps_its_place():
    """Does the order of the student's code stay where an answer was split around a helper?"""
    submitted = twice("a = 1", "b = a + h")
    put(submitted, "twin", code("h = a"), after=False)
    notebook, _ = rebuilt(SMALL, submitted)
    kept = [s for s in sources(notebook) if s in ("a = 1", "h = a", "b = a + h")]
    assert kept == ["a = 1", "h = a", "b = a + h"]


def test_what_was_deleted_is_put_back():
    """Are a deleted answer and a deleted test put back, and both named?"""
    submitted = answered(SMALL)
    submitted.cells = [c for c in submitted.cells if c.id not in ("one-answer", "two", "cell-00")]
    notebook, notes = rebuilt(SMALL, submitted)
    assert cell(notebook, "one-answer").source == STUB
    assert [(n.kind, "one-answer" in n.says, "two" in n.says) for n in notes] == [
        ("missing", True, False),
        ("missing", False, True),
    ]


def test_an_empty_notebook_is_the_release():
    """Does a notebook without cells come out blank, with what is missing named?"""
    empty = nbformat.v4.new_notebook()
    notebook, notes = rebuilt(REAL, empty)
    assert notebook == REAL
    assert kinds(notes) == ["missing", "missing"]
    assert "and 5 more" in notes[0].says


def test_answers_in_another_cell_count():
    """Where all functions stand in one cell of the student's own, does no stub undo them?"""
    submitted = answered(SMALL)
    both = cell(submitted, "one-answer").source + "\n\n" + cell(submitted, "two-answer").source
    submitted.cells = [c for c in submitted.cells if c.id not in ("one-answer", "two-answer")]
    put(submitted, "setup", code(both))
    notebook, notes = rebuilt(SMALL, submitted)
    assert cell(notebook, "one-answer").source == both
    assert cell(notebook, "two-answer").source == "# Another cell of this notebook defines two."
    assert kinds(notes) == ["renamed", "elsewhere"]


def test_a_renamed_answer_is_known_by_its_id():
    """Is an answer with a new grade_id found by its id?"""
    submitted = answered(SMALL)
    cell(submitted, "one-answer").metadata.nbgrader.grade_id = "mine"
    notebook, notes = rebuilt(SMALL, submitted)
    assert sources(notebook) == sources(submitted)
    assert kinds(notes) == ["renamed"]


@RELEASES
def test_stripped_metadata_and_ids_are_found_again(released):
    """Is a notebook without any metadata rebuilt from sources and definitions alone?"""
    submitted = answered(released)
    put(submitted, released.cells[-1].id, code("helper = 1"))
    for c in submitted.cells:
        c.metadata = NotebookNode()
        del c["id"]
    notebook, notes = rebuilt(released, submitted)
    assert sources(notebook) == sources(submitted)
    assert kinds(notes) == ["renamed"]


def test_the_last_definition_is_the_answer():
    """Of two unnamed cells that define the function, is the last one the answer?"""
    submitted = answered(SMALL)
    submitted.cells = [c for c in submitted.cells if c.id != "one-answer"]
    put(submitted, "one-statement", code("def one(x):\n    return 1"), code("one = one"))
    notebook, _ = rebuilt(SMALL, submitted)
    assert cell(notebook, "one-answer").source == "one = one"
    assert cell(notebook, "extra-01").source == "def one(x):\n    return 1"


def test_an_answer_that_stands_in_another_answer_counts():
    """Does a cell that answers two exercises stay the answer to its own?"""
    submitted = answered(SMALL)
    both = cell(submitted, "two-answer").source + "\n\n" + cell(submitted, "one-answer").source
    cell(submitted, "two-answer").source = both
    submitted.cells = [c for c in submitted.cells if c.id != "one-answer"]
    notebook, notes = rebuilt(SMALL, submitted)
    assert cell(notebook, "two-answer").source == both
    assert cell(notebook, "one-answer").source == "# Another cell of this notebook defines one."
    assert kinds(notes) == ["elsewhere"]


def test_an_answer_graded_by_hand_may_be_written():
    """Is an answer with points of its own taken over without a note?"""
    released = nbformat.v4.new_notebook()
    released.cells = [
        graded("markdown", "essay", "Write here.", grade=True, solution=True, locked=True, points=5)
    ]
    submitted = copy.deepcopy(released)
    submitted.cells[0].source = "My essay."
    notebook, notes = rebuild(released, submitted)
    assert sources(notebook) == ["My essay."]
    assert notes == []


def test_of_two_cells_with_one_id_the_first_counts():
    """Where metadata is gone and an id stands twice, is the first cell the one that is meant?"""
    submitted = answered(SMALL)
    submitted.cells.append(nbformat.v4.new_code_cell("size = 9", id="cell-02"))
    notebook, _ = rebuilt(SMALL, submitted)
    assert cell(notebook, "cell-02").source == "size = 3  # try others"
    assert notebook.cells[-1].source == "size = 9"


def test_text_is_no_definition():
    """Is a markdown cell that looks like the function not taken for the answer?"""
    submitted = answered(SMALL)
    submitted.cells = [c for c in submitted.cells if c.id != "one-answer"]
    put(submitted, "one-statement", nbformat.v4.new_markdown_cell("def one(x): ..."))
    notebook, _ = rebuilt(SMALL, submitted)
    assert cell(notebook, "one-answer").source == STUB


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    g = 1", {"f"}),
        ("async def f(): pass\nclass G: pass", {"f", "G"}),
        ("f = lambda x: x\ng: int = 3", {"f", "g"}),
        ("f == 3\nf += 1\n  h = 2\nprint(k=1)", set()),
        ("def f(x)\n  broken", {"f"}),
    ],
)
def test_definitions(source, names):
    """Are the names found that a cell defines at its left edge, valid Python or not?"""
    assert defined(code(source)) == names


def test_added_cells_stay_behind_their_neighbour():
    """Does each added cell stand where the student put it, at the very top too?"""
    submitted = answered(SMALL)
    for name in ("one-answer", "one", "two"):
        put(submitted, name, code(f"after_{name}"), code(f"second_after_{name}"))
    submitted.cells.insert(0, code("top = 1"))
    notebook, notes = rebuilt(SMALL, submitted)
    assert sources(notebook) == sources(submitted)
    assert [c.id for c in notebook.cells if "extra" in c.id] == [f"extra-0{i}" for i in range(1, 8)]
    assert notes == []


def test_a_moved_answer_goes_back_and_takes_no_cell_along():
    """If the last answer was moved to the top, do other cells stay where they were?"""
    submitted = answered(SMALL)
    moved = submitted.cells.pop([c.id for c in submitted.cells].index("two-answer"))
    put(submitted, "setup", moved, code("x = 1"))
    notebook, notes = rebuilt(SMALL, submitted)
    names = [c.id for c in notebook.cells]
    assert names[names.index("setup") + 1] == "extra-01"
    assert kinds(notes) == ["moved"]
    assert "two-answer" in notes[0].says


def test_a_cell_behind_two_swapped_answers_stays_behind_both():
    """Does code that followed both of two swapped cells still follow both?"""
    pair = nbformat.v4.new_notebook()
    pair.cells = [exercise("one")[1], exercise("two")[1]]
    submitted = nbformat.v4.new_notebook()
    submitted.cells = [*answered(pair).cells[::-1], code("one(two(1))")]
    notebook, notes = rebuilt(pair, submitted)
    assert [c.id for c in notebook.cells] == ["one-answer", "two-answer", "extra-01"]
    assert kinds(notes) == ["moved"]


def test_moved_text_is_not_worth_a_note():
    """Is a statement that was moved put back without a word?"""
    submitted = answered(SMALL)
    submitted.cells.append(submitted.cells.pop(3))
    notebook, notes = rebuilt(SMALL, submitted)
    assert sources(notebook) == sources(answered(SMALL))
    assert notes == []


def test_ids_of_added_cells_are_new():
    """Does an added cell avoid an id that the release uses?"""
    released = copy.deepcopy(SMALL)
    released.cells[0].id = "extra-01"
    submitted = copy.deepcopy(released)
    submitted.cells.append(code("1"))
    notebook, _ = rebuild(released, submitted)
    assert notebook.cells[-1].id == "extra-02"


def test_a_flood_of_cells_is_cut():
    """Are thousands of added cells cut to a number that can be graded?"""
    submitted = answered(SMALL)
    submitted.cells += [code(f"x = {i}") for i in range(2 * MAX_EXTRA)]
    notebook, notes = rebuilt(SMALL, submitted)
    assert len(notebook.cells) == len(SMALL.cells) + MAX_EXTRA
    assert kinds(notes) == ["many cells"]


@given(st.permutations(range(7)))
def test_most_cells_stay_in_order(order):
    """Are the unmoved cells a rising run, and is there no longer one?"""
    released = nbformat.v4.new_notebook().cells
    released += [nbformat.v4.new_markdown_cell(str(i), id=f"c{i}") for i in range(7)]
    kept = Match(released, [released[i] for i in order]).in_order()
    run = [i for i in order if i in kept]
    assert run == sorted(run)
    longest = [1] * 7
    for j in range(7):
        longest[j] += max((longest[i] for i in range(j) if order[i] < order[j]), default=0)
    assert len(run) == max(longest)


@st.composite
def mangled(draw):
    """The small release after a few of the things that people do to notebooks."""
    nb = answered(SMALL)
    for _ in range(draw(st.integers(0, 8))):
        i = draw(st.integers(0, len(nb.cells) - 1)) if nb.cells else None
        action = draw(
            st.sampled_from(["drop", "copy", "move", "edit", "strip", "rename", "type", "add"])
        )
        if action == "add":
            source = draw(
                st.sampled_from(["one = 1", "x", "def two(): pass", " ", "size = 3  # try others"])
            )
            nb.cells.insert(i or 0, code(source))
        elif i is None:
            continue
        elif action == "drop":
            nb.cells.pop(i)
        elif action == "copy":
            nb.cells.insert(draw(st.integers(0, len(nb.cells))), copy.deepcopy(nb.cells[i]))
        elif action == "move":
            nb.cells.insert(draw(st.integers(0, len(nb.cells) - 1)), nb.cells.pop(i))
        elif action == "edit":
            nb.cells[i].source = draw(st.sampled_from(["", "edited", "def one(x): pass", STUB]))
        elif action == "strip":
            nb.cells[i].metadata = NotebookNode()
        elif action == "rename":
            name = draw(st.sampled_from(["one", "two-answer", "setup", "mine"]))
            nb.cells[i].metadata.nbgrader = NotebookNode(grade_id=name)
        elif action == "type":
            nb.cells[i].cell_type = draw(st.sampled_from(["code", "markdown", "raw"]))
    return nb


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(mangled())
def test_whatever_was_done_to_it(submitted):
    """Is any mangled notebook rebuilt whole, and the same if it is rebuilt again?"""
    rebuilt(SMALL, submitted)
