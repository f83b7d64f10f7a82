"""Are as many cores used as this process may use?"""

import os

import pytest

from course_utils import cores


@pytest.mark.parametrize(
    ("share", "found"),
    [
        (None, 6),
        ("max 100000", 6),
        ("800000 100000", 6),
        ("250000 100000\n", 2),
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("", 6),
    ],
)
def test_a_containers_share_counts(share, found, tmp_path, monkeypatch):
    """Is it the smaller of a container's share and the cores that the process may run on?"""
    if share is not None:
        (tmp_path / "cpu.max").write_text(share)
    monkeypatch.setattr(cores, "SHARE", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert cores.cores() == found


@pytest.mark.parametrize(("there", "found"), [(64, 64), (None, 1)])
def test_a_system_that_knows_no_affinity(there, found, tmp_path, monkeypatch):
    """Where nothing is known about the process, are all cores counted, and at least one?"""
    monkeypatch.setattr(cores, "SHARE", tmp_path / "none")
    monkeypatch.setattr(os, "cpu_count", lambda: there)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cores.cores() == found
