"""Who runs notebooks when tests grade classes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.grading import kept_hosts


@pytest.fixture(scope="session", autouse=True)
def hosts_are_kept() -> Iterator[None]:
    """Have one host for all classes."""
    with kept_hosts.keeping():
        yield


@pytest.fixture(scope="module")
def hosts_are_started() -> Iterator[None]:
    """Have a host for each class, which ends with it, as users do."""
    with kept_hosts.starting():
        yield
