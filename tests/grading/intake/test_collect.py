"""Is what students packed unpacked within bounds, and everybody collected whatever one did?"""

import gzip
import io
import os
import random
import shutil
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from course_utils.grading.intake import archives
from course_utils.grading.intake.archives import unpack
from course_utils.grading.nbgrader_command import nbgrader
from tests.grading.batch.small_class import COURSE, SLUG

NAME = f"{SLUG}.ipynb"
MAX_FILES = 200
ESCAPED = Path(tempfile.gettempdir(), f"escaped-by-a-zip-{os.getpid()}.txt")


def packed(files):
    """A zip with these files, by name; a name may be a ZipInfo."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files:
            file.writestr(name, content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def link(name, to):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info, to


def renamed(old, new):
    """A zip with a file whose name no program of today would write."""
    return packed([(old, b"x")]).replace(old.encode(), new)


def encrypted():
    data = bytearray(packed([("a.ipynb", b"x")]))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def damaged():
    data = bytearray(packed([("a.ipynb", bytes(range(256)) * 40)]))
    data[60] ^= 0xFF
    return bytes(data)


def understated():
    """A file that unpacks to more than it says."""
    data = bytearray(packed([("a.ipynb", b"x" * 50_000)]))
    for place in (22, data.index(b"PK\x01\x02") + 24):
        data[place : place + 4] = struct.pack("<I", 10)
    return bytes(data)


def overlapping(count=200):
    """Many names for the same compressed bytes."""
    data = packed([("f000", b"\0" * 100_000)])
    start = data.index(b"PK\x01\x02")
    entry = data[start : data.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"f000", b"f%03d" % i) for i in range(count))
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    return data[:start] + entries + end


def nested(depth, size=900_000):
    data = packed([("a.ipynb", b"\0" * size)])
    for i in range(depth):
        data = packed([(f"{i}-{j}.zip", data) for j in range(16)])
    return data


def tarred(*members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        for member, content in members:
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return data.getvalue()


def tar_member(name, kind=tarfile.REGTYPE, to=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


ATTACKS = {
    "no zip": b"PK\x03\x04 and no more",
    "empty": b"",
    "cut": packed([("a.ipynb", bytes(5000))])[:100],
    "encrypted": encrypted(),
    "damaged": damaged(),
    "understated": understated(),
    "escapes upwards": packed([("../../escaped.txt", b"x")]),
    "escapes in the middle": packed([("a/../../../escaped.txt", b"x")]),
    "escapes to the root": packed([(str(ESCAPED), b"x")]),
    "escapes on Windows": renamed("xx_escaped.txt", b"..\\escaped.txt"),
    "a drive": packed([("C:/escaped.txt", b"x")]),
    "a link": packed([link("a.ipynb", "/etc/passwd")]),
    "a link to a folder": packed([link("up", "../.."), ("up/escaped.txt", b"x")]),
    "escape sequences": packed([("\x1b]0;title\x07.ipynb", b"x")]),
    "a line break": packed([("student-001\n.ipynb", b"x")]),
    "not UTF-8": renamed("zzzz.ipynb", b"\xff\xfe\xfd\xfc.ipynb"),
    "a very long name": packed([("x" * 250 + ".ipynb", b"x")]),
    "very deep": packed([("a/" * 100 + "a.ipynb", b"x")]),
    "a file that is a folder": packed([("a", b"x"), ("a/b", b"xx")]),
    "one bomb": packed([("a.ipynb", b"\0" * 3_000_000)]),
    "bombs in bombs": nested(1),
    "overlapping": overlapping(),
    "very many files": packed([(f"{i}", b"") for i in range(MAX_FILES + 1)]),
}  # fmt: skip
TARS = {
    "escapes": tarred((tar_member("../escaped.txt"), b"x")),
    "a link": tarred((tar_member("a", tarfile.SYMTYPE, "/etc/passwd"), b"")),
    "a hard link": tarred((tar_member("a", tarfile.LNKTYPE, "/etc/passwd"), b"")),
    "a device": tarred((tar_member("a", tarfile.CHRTYPE), b"")),
    "a pipe": tarred((tar_member("a", tarfile.FIFOTYPE), b"")),
    "a bomb": gzip.compress(b"\0" * 4_000_000),
    "no tar": gzip.compress(b"nothing"),
    "no gzip": b"nothing",
}


@pytest.fixture(autouse=True)
def _tight_bounds(monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(archives, "MAX_FILES", MAX_FILES)


def contents(folder):
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


@pytest.mark.parametrize(
    ("ending", "data"),
    [pytest.param("zip", data, id=name) for name, data in ATTACKS.items()]
    + [pytest.param("tar.gz", data, id=f"tar: {name}") for name, data in TARS.items()],
)
def test_a_bad_archive_is_named_and_does_no_harm(tmp_path, ending, data):
    """Is it named in one printable line each, with nothing outside its folder, and little in it?"""
    archive, said = tmp_path / f"student-001.{ending}", []
    archive.write_bytes(data)
    folder = tmp_path / "out" / "student-001"
    written = unpack(archive, folder, said.append)
    assert said
    assert all(line.isprintable() and line.startswith("'student-001.") for line in said)
    found = contents(folder)
    assert [p for p in contents(tmp_path) if p not in found] == [archive]
    assert not any(path.is_symlink() for path in found)
    most = max(archives.MAX_BYTES, archives.MAX_RATIO * len(data))
    assert sum(path.stat().st_size for path in found) == written <= most
    assert not ESCAPED.exists()


def test_a_bomb_leaves_room_for_the_others(tmp_path):
    """Is one student's bomb, which comes first, cut short, and everybody else's work there?"""
    bomb = packed([(f"{i}.zip", packed([("a.ipynb", b"\0" * 100_000)])) for i in range(190)])
    work = random.Random(0).randbytes(100_000)  # which no archive makes smaller
    honest = [(f"student-{i:03}.zip", packed([(NAME, work)])) for i in range(8)]
    data = packed([("student-999.zip", bomb), *honest])
    (tmp_path / "class.zip").write_bytes(data)
    said = []
    written = unpack(tmp_path / "class.zip", tmp_path / "class", said.append)
    assert written <= archives.MAX_RATIO * len(data)
    for i in range(8):
        assert (tmp_path / "class" / f"student-{i:03}" / NAME).read_bytes() == work
    assert said
    assert not any("student-00" in line for line in said)


def test_a_bad_file_costs_only_itself(tmp_path):
    """Is what stands beside it in the archive taken, be it damaged, escaping or encrypted?"""
    said = []
    files = [("../x", b"x"), link("y", "/etc/passwd"), (NAME, b"good"), ("__MACOSX/._z", b"")]
    (tmp_path / "a.zip").write_bytes(packed(files))
    unpack(tmp_path / "a.zip", tmp_path / "a", said.append)
    assert contents(tmp_path / "a") == [tmp_path / "a" / NAME]
    assert len(said) == 2


def test_an_honest_archive_is_unpacked_whole(tmp_path):
    """Do folders, names in any script, archives in archives and tars come out without a word?"""
    inner = tarred((tar_member("./a/b.txt"), b"tar"))
    files = {"a/ümläut 漢字.ipynb": b"1", "b.tar.gz": inner, "c.zip": packed([("d", b"2")])}
    (tmp_path / "x.zip").write_bytes(packed(files.items()))
    said = []
    unpack(tmp_path / "x.zip", tmp_path / "x", said.append)
    assert said == []
    texts = {
        str(path.relative_to(tmp_path / "x")): path.read_bytes()
        for path in contents(tmp_path / "x")
        if path.suffix not in (".zip", ".gz")
    }
    assert texts == {"a/ümläut 漢字.ipynb": b"1", "b/a/b.txt": b"tar", "c/d": b"2"}


@pytest.fixture
def root(tmp_path):
    """A course of one assignment in which nobody has handed in."""
    shutil.copytree(COURSE / "exercises" / SLUG, tmp_path / "course" / "exercises" / SLUG)
    return tmp_path / "course"


@pytest.fixture
def archive(root):
    """The folder of its downloads."""
    folder = root / "downloaded" / SLUG / "archive"
    folder.mkdir(parents=True)
    return folder


GOOD = (COURSE / "exercises" / SLUG / NAME).read_bytes()


def collected(root):
    return {
        str(path.relative_to(root / "submitted")): path.read_bytes()
        for path in contents(root / "submitted")
    }


def test_the_class_is_collected_whatever_one_hands_in(root, archive):
    """Beside every bad archive at once, is everybody else's notebook collected, and each named?"""
    for i, data in enumerate(ATTACKS.values()):
        (archive / f"student-{800 + i}.zip").write_bytes(data)
    for i, data in enumerate(TARS.values()):
        (archive / f"student-{900 + i}.tar.gz").write_bytes(data)
    (archive / "student-001.zip").write_bytes(packed([(NAME, GOOD)]))
    (archive / f"student-002_{NAME}").write_bytes(GOOD)
    (archive / "bad\x1b[2J9.zip").write_bytes(b"")
    log = nbgrader(COURSE, root, "zip_collect", SLUG)
    found = collected(root)
    assert found[f"student-001/{SLUG}/{NAME}"] == GOOD
    assert found[f"student-002/{SLUG}/{NAME}"] == GOOD
    assert all(line.isprintable() for line in log.split("\n"))
    assert r"bad\x1b[2J9.zip" in log
    for i, name in enumerate(ATTACKS):
        assert f"student-{800 + i}" in log, name


@pytest.mark.parametrize(
    "padded", ["student-001 ", " student-001", "student-001\xa0", "student-001\u200b"]
)
def test_a_name_in_a_zip_is_not_another_student(root, archive, padded):
    """Does a blank more in a file's name give nobody another's place, and lose nothing?"""
    files = [(f"student-001_{NAME}", GOOD), (f"{padded}_{NAME}", b"forged")]
    (archive / "class.zip").write_bytes(packed(files))
    log = nbgrader(COURSE, root, "zip_collect", SLUG)
    assert collected(root) == {f"student-001/{SLUG}/{NAME}": GOOD}
    assert "would be one student with 'student-001'" in log or "cannot be seen" in log
    assert (
        b"forged"
        in [
            path.read_bytes()
            for path in contents(root / "downloaded" / SLUG)
            if path.suffix == ".ipynb"
        ]
        or "is left out" in log
    )


FORGED = packed([(f"student-001_{NAME}", b"forged")])
ELSEWHERE = {
    "archives of students": {"a-0.zip": FORGED, "student-001.zip": packed([(NAME, GOOD)])},
    "one archive": {"all.zip": packed([("a-0.zip", FORGED), (f"student-001_{NAME}", GOOD)])},
    "loose notebooks": {"a-0.zip": FORGED, f"student-001_{NAME}": GOOD},
    "folders": {
        "all.zip": packed([(f"a-0/student-001_{NAME}", b"forged"), (f"student-001/{NAME}", GOOD)])
    },
}


@pytest.mark.parametrize("downloads", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_name_within_an_archive_takes_nobodys_place(root, archive, downloads):
    """Is what a student packed under another's name left out, where that one's own is there?"""
    for name, data in downloads.items():
        (archive / name).write_bytes(data)
    log = nbgrader(COURSE, root, "zip_collect", SLUG)
    assert collected(root) == {f"student-001/{SLUG}/{NAME}": GOOD}
    assert f"'student-001_{NAME}' is left out: it stands in" in log


def test_the_time_within_an_archive_makes_nobody_late(root, archive):
    """Does a later time, in a name that another student packed, count for nothing?"""
    name = "student-001_20260102T093000_hw.ipynb"
    forged = packed([(name.replace("2026", "2029"), b"forged")])
    (archive / "all.zip").write_bytes(packed([("a-0.zip", forged), (name, b"mine")]))
    nbgrader(COURSE, root, "zip_collect", SLUG, TIMED)
    assert collected(root)[f"student-001/{SLUG}/hw.ipynb"] == b"mine"
    assert b"forged" not in collected(root).values()
    times = (root / "times" / f"{SLUG}.csv").read_text()
    assert times == "student,time\nstudent-001,2026-01-02 09:30:00 UTC\n"


def test_an_archive_holds_its_students_own_names(root, archive):
    """Is a notebook taken that names its student again, within that student's own archive?"""
    (archive / "student-001.zip").write_bytes(
        packed([(NAME, GOOD), ("student-001_more.ipynb", b"more")])
    )
    nbgrader(COURSE, root, "zip_collect", SLUG)
    assert sorted(collected(root).values()) == sorted([GOOD, b"more"])


def test_two_notebooks_of_one_student(root, archive):
    """Do two of a name stop nobody, and is none of them lost?"""
    files = [("a/hw.v1.ipynb", b"1"), ("b/hw.v1.ipynb", b"2"), ("b/hw.v2.ipynb", b"3")]
    (archive / "student-001.zip").write_bytes(packed([*files, ("timestamp.txt", b"2026-01-01")]))
    (archive / "student-002.zip").write_bytes(packed([(NAME, GOOD)]))
    nbgrader(COURSE, root, "zip_collect", SLUG)
    found = collected(root)
    assert sorted(found.values()) == sorted([b"1", b"2", b"3", GOOD])
    assert not any("timestamp" in name for name in found)


TIMED = r"--FileNameCollectorPlugin.named_regexp=.*/(?P<student_id>[^/_]+)_(?P<timestamp>[^_]+)_(?P<file_id>[^/]+)\.ipynb"  # noqa: E501


def test_the_time_in_a_name_is_recorded(root, archive):
    """Is the platform's time kept where no student's file can be, the latest, and garbage named?"""
    for day in ("02", "05", "03"):
        (archive / f"student-001_202601{day}T093000_{NAME}").write_bytes(GOOD + day.encode())
    (archive / f"student-002_soon_{NAME}").write_bytes(GOOD)
    log = nbgrader(COURSE, root, "zip_collect", SLUG, TIMED)
    times = (root / "times" / f"{SLUG}.csv").read_text()
    assert times == "student,time\nstudent-001,2026-01-05 09:30:00 UTC\n"
    assert "'soon' is no time" in log
    assert collected(root)[f"student-001/{SLUG}/{NAME}"].endswith(b"05")
    assert f"student-002/{SLUG}/{NAME}" in collected(root)
