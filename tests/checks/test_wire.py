import contextlib
import json
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from course_utils.checks import wire
from course_utils.checks.layout import layout_of
from course_utils.checks.wire import (
    MAGIC,
    Foreign,
    WireError,
    new_file,
    pack,
    read_message,
    read_messages,
    unpack,
    write_message,
)

DTYPES = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(endianness="="),
    npst.unsigned_integer_dtypes(endianness="="),
    npst.floating_dtypes(endianness="=", sizes=(32, 64)),
)
ARRAYS = npst.arrays(DTYPES, npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), ARRAYS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    return one == other


@given(VALUES)
def test_what_is_sent_arrives(value):
    """Does a value arrive with its types, its shapes and every bit of its numbers?"""
    assert same(unpack(pack(value)), value)


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_layout_arrives(layout):
    """Does an array lie in memory as it lay before?"""
    array = np.arange(24.0).reshape(4, 6)
    array = {"C": array, "F": np.asfortranarray(array), "strided": array[:, ::2]}[layout]
    got = unpack(pack(array))
    np.testing.assert_array_equal(got, array)
    assert layout_of(got) == layout


def test_numbers_of_numpy_stay_so():
    """Does a NumPy number arrive as one, of the same type?"""
    got = unpack(pack(np.float32(1.5)))
    assert type(got) is np.float32
    assert got == 1.5


def test_subclasses_arrive_as_their_base():
    """Does nothing of a class arrive that the sender made up?"""

    class Anything(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    class Array(np.ndarray):
        pass

    got = unpack(pack([Anything(-1), np.zeros(2).view(Array)]))
    assert [type(item) for item in got] == [int, np.ndarray]
    assert got[0] == -1
    assert got[0] != 2


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "object"),
        (len, "builtin_function_or_method"),
        ({1, 2}, "set"),
        (np.array([None]), "ndarray of object"),
        (np.array(["text"]), "ndarray of <U4"),
        (np.arange(3, dtype=">i4"), "ndarray of >i4"),
    ],
)
def test_foreign_values_arrive_by_name(value, name):
    """Does of anything else only the type's name arrive?"""
    got = unpack(pack(value))
    assert isinstance(got, Foreign)
    assert type(got).__name__ == name


def message(header, rest=b""):
    text = json.dumps(header).encode()
    return MAGIC + b"%d\n" % len(text) + text + rest


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04.",
        MAGIC,
        MAGIC + b"5",
        MAGIC + b"x\n{}",
        MAGIC + b"-3\n{}",
        MAGIC + b"999999999\n{}",
        MAGIC + b"1" * 30 + b"\n{}",
        MAGIC + b"100000\n" + DEEP.encode(),
        message({}),
        message([]),
        message(7),
        message("text"),
        message({"unknown": 1}),
        message({"int": "1" * 10 + "x"}),
        message({"int": None}),
        message({"float": "one"}),
        message({"complex": ["0x1p0"]}),
        message({"str": 1}),
        message({"list": 3}),
        message({"dict": [[{"list": []}, None]]}),
        message({"dict": [[1]]}),
        message({"array": "float64", "shape": [10**10], "layout": "C"}, b"12345678"),
        message({"array": "float64", "shape": [10**40, 0], "layout": "C"}),
        message({"array": "float64", "shape": [-1], "layout": "C"}, b"12345678"),
        message({"array": "float64", "shape": [True], "layout": "C"}, b"12345678"),
        message({"array": "float64", "shape": [1.0], "layout": "C"}, b"12345678"),
        message({"array": "float64", "shape": [0] * 40, "layout": "C"}),
        message({"array": "object", "shape": [1], "layout": "C"}, b"12345678"),
        message({"array": "U1000", "shape": [1], "layout": "C"}, b"1234" * 1000),
        message({"array": "float64,float64", "shape": [1], "layout": "C"}, bytes(16)),
        message({"array": "float64", "shape": [1], "layout": "Z"}, b"12345678"),
        message({"array": "float64", "shape": [1]}, b"12345678"),
        message({"scalar": "float64", "shape": [], "layout": "C"}, b"1234567"),
        message(None, b"more"),
    ],
)
def test_lies_are_refused(data):
    """Is what is no message refused, by one kind of error?"""
    with pytest.raises(WireError):
        unpack(data)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_damage_never_crashes(noise, place):
    """Does a damaged message come to a value or a WireError, and to nothing else?"""
    data = pack({"returned": (np.arange(6.0), [1, "a"])})
    damaged = data[:place] + noise + data[place + len(noise) :]
    with contextlib.suppress(WireError):
        unpack(damaged)


def test_claims_cost_nothing():
    """Does a claim of ten gigabytes cost no memory?"""
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(WireError, match="not there"):
        unpack(message({"array": "float64", "shape": [1_250_000_000], "layout": "C"}, bytes(80)))
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def write(path, *values):
    with new_file(path) as file:
        for value in values:
            write_message(file, value)


def first(path):
    (value,) = read_messages(path, 1)
    return value


@pytest.mark.parametrize("read", [read_message, first])
def test_a_file_round_trip(tmp_path, read):
    """Does a file hold what was written, and nothing else lie beside it?"""
    write(tmp_path / "m", {"a": np.arange(3)})
    got = read(tmp_path / "m")["a"]
    np.testing.assert_array_equal(got, [0, 1, 2])
    assert not got.flags.writeable
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_several_messages_in_a_file(tmp_path):
    """Are as many read as are there, at most as many as are asked for, up to the first fault?"""
    write(tmp_path / "m", 1, "two", np.arange(3.0), {"four": 4})
    found = read_messages(tmp_path / "m", 9)
    assert found[:2] == [1, "two"]
    np.testing.assert_array_equal(found[2], [0, 1, 2])
    assert found[3:] == [{"four": 4}]
    assert read_messages(tmp_path / "m", 2) == [1, "two"]
    whole = (tmp_path / "m").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-1])
    found = read_messages(tmp_path / "cut", 9)
    assert [type(each) for each in found] == [int, str, np.ndarray, WireError]
    (tmp_path / "longer").write_bytes(whole + b"and more")
    assert isinstance(read_messages(tmp_path / "longer", 9)[4], WireError)
    (tmp_path / "empty").touch()
    assert read_messages(tmp_path / "empty", 9) == []
    with pytest.raises(WireError, match="nothing"):
        read_message(tmp_path / "empty")
    with pytest.raises(WireError, match="follows"):
        read_message(tmp_path / "m")


def test_a_message_is_there_at_once(tmp_path):
    """Can a message be read while its writer is still at the next one?"""
    with new_file(tmp_path / "m") as file:
        write_message(file, 1)
        assert first(tmp_path / "m") == 1


def test_what_was_read_stays(tmp_path):
    """Does a message that was read stay as it was, whatever its writer does to the file?"""
    write(tmp_path / "m", np.arange(1000.0))
    got = first(tmp_path / "m")
    with (tmp_path / "m").open("r+b") as file:
        file.write(bytes(4000))
    np.testing.assert_array_equal(got, np.arange(1000.0))


def test_nobody_else_reads_it(tmp_path):
    """Is a message its owner's alone?"""
    write(tmp_path / "m", 1)
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o600


def test_descriptions_have_an_end():
    """Is a text of megabytes taken, and one of more than the limit refused?"""
    assert len(unpack(pack("x" * 3 * 2**20))) == 3 * 2**20
    with pytest.raises(WireError, match="4 MiB of texts"):
        pack("x" * 4 * 2**20)
    name = type(unpack(message({"foreign": "x" * 1000}))).__name__
    assert name == "x" * wire.MOST_NAME


def test_only_plain_files_are_read(tmp_path):
    """Is neither a link followed, nor a pipe waited for, nor a large file read?"""
    write(tmp_path / "real", 1)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "large").open("wb") as file:
        file.truncate(wire.MOST_BYTES + 1)  # sparse: takes no room
    for name in ("link", "pipe", "folder", "large", "missing"):
        for read in (read_message, first):
            with pytest.raises(WireError):
                read(tmp_path / name)


@pytest.mark.parametrize("kind", ["a file", "a link"])
def test_nothing_is_written_through_what_is_there(tmp_path, kind):
    """Is a file or a link that someone put in its place left as it is?"""
    place = tmp_path / "m"
    if kind == "a link":
        place.symlink_to(tmp_path / "target")
    else:
        place.write_text("mine")
    with pytest.raises(FileExistsError):
        write(place, 1)
    assert not (tmp_path / "target").exists()
    assert place.is_symlink() or place.read_text() == "mine"


def test_too_much_is_not_written(tmp_path, monkeypatch):
    """Is a message that nobody would read refused before it is written?"""
    monkeypatch.setattr(wire, "MOST_BYTES", 1000)
    with new_file(tmp_path / "m") as file:
        with pytest.raises(WireError, match="too large"):
            write_message(file, np.zeros(1000))
        with pytest.raises(WireError, match="too large"):
            write_message(file, np.zeros(50), 400)
        write_message(file, np.zeros(50))
    np.testing.assert_array_equal(first(tmp_path / "m"), np.zeros(50))
