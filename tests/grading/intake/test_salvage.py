"""Is everything read that can be read of a broken notebook, and nothing else ever opened?"""

import json
import os
import time

import nbformat
import pytest

from course_utils.grading.intake.salvage import (
    MAX_BRACKETS,
    MAX_BYTES,
    MAX_FAULTS,
    MAX_READ,
    MAX_SOURCE,
    read_notebook,
    read_regular,
)
from course_utils.grading.note import LONGEST_NAME, Note, listed


def data(*sources, **more):
    """A notebook as it lies in a file."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": f"c{i}",
            "metadata": {"nbgrader": {"grade_id": f"g{i}"}},
            "outputs": [{"name": "stdout", "output_type": "stream", "text": ["}]]\n", '"']}],
            "source": source,
        }
        for i, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


@pytest.fixture
def read(tmp_path):
    """Write a file and read it: the sources, and the kinds of the notes."""

    def write_and_read(content):
        if not isinstance(content, str | bytes):
            content = json.dumps(content, indent=1)
        path = tmp_path / "n.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        notebook, notes = read_notebook(path)
        found = None if notebook is None else [cell.source for cell in notebook.cells]
        return found, [note.kind for note in notes]

    return write_and_read


ASK = ["a = 'ü'", "b = [1]\nprint('{')", 'c = "\\"]"']


def test_a_notebook_is_read(read, tmp_path):
    """Are type, source, id and grade_id read, and nothing else?"""
    assert read(data(*ASK)) == (ASK, [])
    notebook, _ = read_notebook(tmp_path / "n.ipynb")
    assert dict(notebook.cells[0]) == {
        "cell_type": "code",
        "id": "c0",
        "metadata": {"nbgrader": {"grade_id": "g0"}},
        "source": ASK[0],
    }


@pytest.mark.parametrize(
    ("encoding", "kinds"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", ["encoding"]),
        ("utf-32", ["encoding"]),
        ("latin-1", ["encoding"]),
    ],
)
def test_encodings(read, encoding, kinds):
    """Is a notebook read in whatever encoding an editor saved it?"""
    content = json.dumps(data(*ASK), ensure_ascii=False).encode(encoding)
    assert read(content) == (ASK, kinds)


def test_windows_code_page_is_read(read):
    """Are quotation marks, dashes and the euro of Windows read as such, and no byte stops it?"""
    source = "# “Größe” – 5 € … ‚x‘"
    content = json.dumps(data(source), ensure_ascii=False).encode("cp1252")
    assert read(content) == ([source], ["encoding"])
    assert read(content.replace(b"5 ", b"\x81 ")) == ([source.replace("5", "\ufffd")], ["encoding"])


def test_one_bad_byte_does_not_spoil_the_rest(read):
    """Are the other letters of a UTF-8 file right where one byte is not?"""
    content = json.dumps(data("s = 'äöü'", "t = '?'"), ensure_ascii=False).encode()
    assert read(content.replace(b"?", b"\xff")) == (["s = 'äöü'", "t = '\ufffd'"], ["encoding"])


@pytest.mark.parametrize("content", [b"", b" \n", b"\x00" * 5000])
def test_empty_files(read, content):
    """Is an empty file named as such?"""
    assert read(content) == (None, ["unreadable"])


@pytest.mark.parametrize(
    "content",
    [
        "null", "[]", "3", '"text"', "{}", '{"cells": 3}', '{"cells": {"a": 1}}',
        "NaN", "import numpy", "\x7fELF", "PK\x03\x04", "[" * 100_000, '{"a":' * 100_000,
        '{"worksheets": 3}', '{"worksheets": [3, {"cells": null}]}', "<html></html>", '{"cells": [',
        "9" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_notebook(read, content):
    """Is a file that is something else given up, with a note, and no error?"""
    assert read(content) == (None, ["unreadable"])


def test_an_empty_list_of_cells_is_a_notebook(read):
    """Is a notebook from which all was deleted told from one that cannot be read?"""
    assert read(data()) == ([], [])


@pytest.mark.parametrize("cut", [0.4, 0.7, 0.95])
def test_a_truncated_file_gives_its_whole_cells(read, cut):
    """Are the cells before the break saved?"""
    sources = [f"x{i} = 'ü'" for i in range(20)]
    content = json.dumps(data(*sources), ensure_ascii=False).encode()
    found, kinds = read(content[: int(cut * len(content))])
    assert found == sources[: len(found)]
    assert len(found) >= int(cut * 20) - 1
    assert kinds == ["damaged"]


@pytest.mark.parametrize("place", ['"name": "stdout"', '"source": "b = 2"', '"metadata"'])
def test_a_conflict_marker_costs_one_cell(read, place):
    """Are the cells around a merge conflict saved, in the outputs too?"""
    parts = json.dumps(data("a = 1", "b = 2", "c = 3"), indent=1).split('"id": "c1"')
    broken = parts[1].replace(place, f"<<<<<<< HEAD\n[[{place}", 1)
    assert read(parts[0] + '"id": "c1"' + broken) == (["a = 1", "c = 3"], ["damaged"])


def test_other_objects_are_no_cells(read):
    """Where a file is damaged, is an object that has an id but no type left out?"""
    content = json.dumps(data("a", "b")).replace('"id": "c0"', '"id": "c0", {"id": 3},')
    assert read(content) == (["b"], ["damaged"])


def test_text_after_the_end(read):
    """Is a notebook with something behind it read, and with NULs behind it without a note?"""
    content = json.dumps(data(*ASK))
    assert read(content + "}}") == (ASK, ["damaged"])
    assert read(content + "\n\x00\x00") == (ASK, [])


def test_cells_within_strings_are_no_cells(read):
    """Is JSON in a source not taken for cells where the file is damaged?"""
    inner = json.dumps(data("hidden"))
    assert read(json.dumps(data(inner, "b"))[:-10]) == ([inner, "b"], ["damaged"])


def test_depth_in_one_cell_costs_that_cell(read):
    """Is a cell nested beyond all measure left out, and the others kept?"""
    content = json.dumps(data("a", "b", "c"))
    nest = "[" * 100_000 + "]" * 100_000
    deep = content.replace('"id": "c1"', f'"id": "c1", "x": {nest}')
    assert read(deep) == (["a", "c"], ["damaged"])
    assert read(content.replace('["}]]', f'[{nest}, "}}]]')) == (["a", "b", "c"], [])


def test_numbers_of_any_kind(read):
    """Do NaN, Infinity and a number of thousands of digits do no harm?"""
    content = json.dumps(data("a", x=float("nan"), y=float("inf"), z=0))
    assert read(content.replace('"z": 0', '"z": ' + "9" * 10_000)) == (["a"], [])


def test_of_a_doubled_key_the_last_counts(read):
    """Is a key that stands twice read as Jupyter reads it?"""
    content = json.dumps(data("a")).replace('"source": "a"', '"source": "a", "source": "b"')
    assert read(content) == (["b"], [])


@pytest.mark.parametrize(
    ("source", "found", "kinds"),
    [
        (["a\n", "b"], "a\nb", []),
        (["a\n", 3, None, "b"], "a\nb", []),
        (3, "", []),
        (None, "", []),
        ({"a": 1}, "", []),
        ("\ud800x", "\ufffdx", ["characters"]),
        ("a\x00b", "ab", ["characters"]),
        ("a\x1b[0m\x07", "a\x1b[0m\x07", []),
    ],
)
def test_sources(read, source, found, kinds):
    """Is a source of any type or with any letters one that can be written?"""
    assert read(data(source)) == ([found], kinds)


def test_raw_control_characters(read):
    """Is a tab or bell that stands as such in a string let through?"""
    assert read(json.dumps(data("axb")).replace("axb", "a\x07\tb")) == (["a\x07\tb"], [])


def test_a_missing_source(read):
    """Is a cell without any source an empty one?"""
    assert read({"cells": [{"cell_type": "code"}], "nbformat": 4}) == ([""], [])


def test_a_huge_source_is_left_out(read):
    """Is a cell with megabytes of source left out with a note, and the rest kept?"""
    assert read(data("a", "x" * (MAX_SOURCE + 1))) == (["a"], ["large cell"])
    assert read(data("x" * MAX_SOURCE))[1] == []


def test_entries_that_are_no_cells(read):
    """Are numbers and lists among the cells left out?"""
    content = data("a")
    content["cells"] += [3, None, [], "x"]
    assert read(content) == (["a"], ["damaged"])


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ({"cell_type": "heading"}, "markdown"),
        ({"cell_type": "raw"}, "raw"),
        ({"cell_type": "nonsense"}, "raw"),
        ({"cell_type": ["code"]}, "raw"),
        ({"cell_type": 3, "outputs": []}, "code"),
        ({"execution_count": None}, "code"),
        ({"cell_type": "code", "id": 3, "metadata": [1]}, "code"),
        ({"cell_type": "code", "metadata": {"nbgrader": 3}}, "code"),
        ({"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["g"]}}}, "code"),
    ],
)
def test_types(tmp_path, cell, kind):
    """Is every cell of a known type, with metadata of the right types or none?"""
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    notebook, _ = read_notebook(path)
    assert dict(notebook.cells[0]) == {"cell_type": kind, "source": "", "metadata": {}}


@pytest.mark.filterwarnings("ignore")  # nbformat's own, about the old version
def test_version_three(read):
    """Is a notebook in the old format read as nbformat wrote it?"""
    notebook = nbformat.from_dict(data("a = 1", "b = 2"))
    notebook.cells.append(nbformat.v4.new_markdown_cell("# Title"))
    old = nbformat.convert(notebook, 3)
    assert "worksheets" in old
    assert read(dict(old)) == (["a = 1", "b = 2", "Title"], ["old format"])


def test_versions_one_and_two(read):
    """Are the first formats read?"""
    code = {"cell_type": "code", "code": "a"}, {"cell_type": "text", "text": "b"}
    assert read({"cells": code}) == (["a", "b"], [])
    two = {"nbformat": 2, "worksheets": [{"cells": [{"cell_type": "code", "input": "a"}]}]}
    assert read(two) == (["a"], ["old format"])


@pytest.mark.parametrize(
    ("version", "kinds"),
    [(5, ["new format"]), (4.0, []), ("4", []), (None, []), (-1, []), (float("nan"), [])],
)
def test_other_versions(read, version, kinds):
    """Are the cells taken whatever the version says?"""
    assert read(data("a", nbformat=version, nbformat_minor=99)) == (["a"], kinds)


def test_large_outputs_are_not_parsed(read):
    """Is a file far over the limit read, if that is its outputs, attachments and widgets?"""
    content = data("a", "b", metadata={"widgets": {"w": "y" * MAX_BYTES}})
    content["cells"][0]["outputs"] = [{"text": ["{x\n" * (MAX_BYTES // 9)] * 2}]
    content["cells"][1]["attachments"] = {"a.png": {"image/png": "A" * MAX_BYTES}}
    assert read(content) == (["a", "b"], ["large"])


def test_what_is_large_without_outputs_is_not_read(read):
    """Is a file that is large by itself, or all brackets, given up in seconds?"""
    start = time.perf_counter()
    assert read(data("x" * MAX_BYTES)) == (None, ["large", "unreadable"])
    assert read("[" + "[]," * MAX_BRACKETS) == (None, ["unreadable"])
    assert read('{"id":' * (MAX_BRACKETS // 2)) == (None, ["unreadable"])
    assert time.perf_counter() - start < 30


def test_salvage_gives_up_in_time(read):
    """Does a file made to be parsed over and over end after a number of faults?"""
    bait = '{"id": [' + '"x",' * 100_000 + "\n"
    start = time.perf_counter()
    assert read("x" + bait * (MAX_FAULTS // 5))[0] is None
    assert time.perf_counter() - start < 30


def test_a_file_over_the_limit_is_not_read(tmp_path):
    """Is a file of hundreds of megabytes left closed?"""
    path = tmp_path / "n.ipynb"
    with path.open("wb") as file:
        file.truncate(MAX_READ + 1)
    notebook, notes = read_notebook(path)
    assert notebook is None
    assert "larger than 200 MB" in notes[0].says


@pytest.mark.parametrize("kind", ["link", "dead link", "folder", "pipe", "device"])
def test_only_ordinary_files_are_opened(tmp_path, kind):
    """Is a link, folder, pipe or device named and not opened?"""
    path, other = tmp_path / "n.ipynb", tmp_path / "other"
    other.write_text(json.dumps(data("secret")))
    if "link" in kind:
        path.symlink_to(other if kind == "link" else tmp_path / "nothing")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = type(path)("/dev/zero")
    notebook, notes = read_notebook(path)
    assert notebook is None
    word = {"device": "ordinary", "pipe": "ordinary"}.get(kind, kind[-4:])
    assert word in notes[0].says


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_was_exchanged_is_not_opened(tmp_path, monkeypatch, kind):
    """Is a link or pipe that took the file's place after the first look refused too?"""
    path, ordinary = tmp_path / "n.ipynb", tmp_path / "ordinary"
    ordinary.write_text("x")
    path.symlink_to(ordinary) if kind == "link" else os.mkfifo(path)
    seen = os.lstat(ordinary)
    monkeypatch.setattr(os, "lstat", lambda _: seen)
    with pytest.raises(OSError, match=r"symbolic|ordinary"):
        read_regular(path, 10)


def test_a_file_as_large_as_the_limit_is_read(tmp_path):
    """Is the limit itself allowed?"""
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert read_regular(tmp_path / "a", 10) == b"x" * 10
    with pytest.raises(OSError, match="larger"):
        read_regular(tmp_path / "a", 9)


def test_names_are_shown_short_and_printable():
    """Does no name of a file bring line breaks, half characters or a page of text into a note?"""
    assert listed(["a\nb\udcff\x1b"]) == r"a\nb\xff\x1b"
    assert len(listed(["x" * 500])) == LONGEST_NAME
    assert listed("abcde") == "a, b, c, d, e"
    assert listed("abcdef") == "a, b, c, d, e and 1 more"
    assert Note("a", "b") == Note(kind="a", says="b")
