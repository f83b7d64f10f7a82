"""The course's secret, and the one of each assignment, from which its hidden cases follow.

An assignment's secret follows from the course's, and from it nobody gets the course's, or another
assignment's. So it can be revealed when an assignment is over, and its commitment be published
before: who has both knows that the cases were not chosen after the fact.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.exercises.catalog import SECRET

FILE = ".course-secret"
WRITTEN = 1.0  # seconds in which another command has written what it has begun to write
PREFIX = "filters-and-memory:"  # stands before a secret of which a commitment is made


def course_secret(root: Path) -> str:
    """Return the secret of the course in `root`; make it on first use.

    It lies in the file `.course-secret`, readable by its owner only and kept out of git. Keep it
    as long as the grades: the same secret draws the same cases.

    Raises
    ------
    CourseError
        If it cannot be kept or read, or is empty.
    """
    path = root / FILE
    try:
        # Exclusive, so that two commands that start together agree on one secret.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept(path)
    except OSError as error:
        raise CourseError(
            f"{path} cannot be made ({error.strerror}): it holds the secret"
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
    return _kept(path)


def _kept(path: Path) -> str:
    """Read a secret that may be written in this moment."""
    end = time.monotonic() + WRITTEN
    try:
        while not (text := path.read_text(encoding="utf-8").strip()):
            if time.monotonic() > end:
                raise CourseError(f"{path} is empty, so there is no secret: delete it")
            time.sleep(0.01)
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read ({error}): it holds the secret") from error
    return text


def assignment_secret(root: Path, slug: str) -> str:
    """Return the secret of one assignment of the course in `root`.

    It is the HMAC-SHA256 of the assignment's name under the course's secret, in hexadecimal. Where
    the environment variable `COURSE_SECRET` is set, that is it.
    """
    if given := os.environ.get(SECRET):
        return given
    key = course_secret(root).encode()
    return hmac.new(key, slug.encode(), hashlib.sha256).hexdigest()


def commitment(secret: str) -> str:
    """Return what may be published of an assignment's secret before the secret itself.

    It is the SHA-256, in hexadecimal, of `PREFIX` and the secret: no other secret has the same one,
    and it does not tell the secret.

    >>> commitment("0" * 64)[:16]
    '14205f9caab35dd6'
    """
    return hashlib.sha256(f"{PREFIX}{secret}".encode()).hexdigest()
