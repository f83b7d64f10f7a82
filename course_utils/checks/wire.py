"""Values as bytes, for two processes of which one does not trust the other. Nothing executable.

A message is a line of JSON that describes the value, then the raw numbers of its arrays. Whoever
reads it checks every claim against the bytes that are there, so that a lie costs an error and
neither memory nor time.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from course_utils.checks.layout import LAYOUTS, layout_of, strided

MAGIC = b"course-wire-1\n"
MOST_BYTES = 256 * 2**20  # of a whole message
MOST_HEADER_BYTES = 4 * 2**20
MOST_DIMENSIONS = 32
MOST_NAME = 60


class WireError(ValueError):
    """The bytes are no message."""


class Foreign:
    """Stands for a value that cannot be sent. Its type has the name of the value's type."""


def pack(value: Any) -> bytes:
    """Turn a value into bytes.

    None, bool, int, float, complex, str, NumPy's numbers and arrays of numbers, and lists, tuples
    and dicts of these arrive as they were; subclasses arrive as their base. Of anything else only
    the name of its type arrives.
    """
    return b"".join(_parts(value))


def unpack(data: bytes | memoryview) -> Any:
    """Undo :func:`pack`. Arrays are read-only where they need no copy.

    Raises
    ------
    WireError
        If the bytes are not what `pack` makes.
    """
    value, rest = _first(memoryview(data))
    if rest:
        raise WireError("not a message: something follows it")
    return value


def _first(data: memoryview) -> tuple[Any, memoryview]:
    """Return the first of the messages in `data`, and what follows it."""
    try:
        return _unpack(data)
    except WireError:
        raise
    except Exception as error:  # an adversary chooses what goes wrong
        raise WireError(f"not a message: {type(error).__name__}") from None


def read_message(path: Path) -> Any:
    """Read a message from a file that its writer leaves alone from now on.

    The file is mapped; if it is cut short meanwhile, this process ends.

    Raises
    ------
    WireError
        If there is no such file, or it is no message, too large, or anything but a plain file.
    """
    with _opened(path) as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise WireError("not a message: there is nothing")
        return unpack(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def read_messages(path: Path, count: int) -> list[Any]:
    """Read messages that follow each other in a file, which someone else may have written.

    Parameters
    ----------
    path : Path
    count : int
        How many to read. What comes after them is passed over.

    Returns
    -------
    list
        What is there. In the place of the first that is none stands the `WireError` that says why,
        and after it nothing.

    Raises
    ------
    WireError
        If there is no such file, or it is too large, or anything but a plain file.
    """
    with _opened(path) as file:
        data = bytearray(os.fstat(file.fileno()).st_size)
        rest = memoryview(data)[: file.readinto(data)].toreadonly()
    found: list[Any] = []
    while rest and len(found) < count:
        try:
            value, rest = _first(rest)
        except WireError as error:
            return [*found, error]
        found.append(value)
    return found


def _opened(path: Path) -> io.FileIO:
    """Open a plain file to read, if it is not too large."""
    try:
        # Neither follow a link nor wait for the other end of a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise WireError(f"no message: {error.strerror}") from None
    about = os.fstat(handle)
    if stat.S_ISREG(about.st_mode) and about.st_size <= MOST_BYTES:
        return io.FileIO(handle)
    os.close(handle)
    if not stat.S_ISREG(about.st_mode):
        raise WireError("no message: not a plain file")
    raise WireError(f"a message of {about.st_size / 2**20:.0f} MiB is too large")


def new_file(path: Path) -> BinaryIO:
    """Make a file for messages.

    Raises
    ------
    OSError
        If it cannot be made, or something is there already, be it a link.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    return os.fdopen(handle, "wb")


def write_message(file: BinaryIO, value: Any, most: int = 0) -> None:
    """Write a message to a file, at once.

    Parameters
    ----------
    file : file
    value
        See :func:`pack`.
    most : int
        The longest that the message may be, in bytes; `MOST_BYTES` if it is left out.

    Raises
    ------
    WireError
        If the message is too large; then nothing of it is written.
    """
    parts = _parts(value)
    size = sum(len(part) for part in parts)
    if size > (most or MOST_BYTES):
        raise WireError(f"a message of {size / 2**20:.0f} MiB is too large")
    file.writelines(parts)
    file.flush()


def _parts(value: Any) -> list[bytes | memoryview]:
    """Return what a message is made of, without a copy of an array that lies in order."""
    arrays: list[np.ndarray] = []
    header = json.dumps(_describe(value, arrays), separators=(",", ":")).encode()
    parts: list[bytes | memoryview] = [MAGIC, str(len(header)).encode(), b"\n", header]
    for array in arrays:
        flat = np.ascontiguousarray(array).reshape(-1)
        parts.append(flat.view(np.uint8).data if flat.size else b"")
    return parts


def _describe(value: Any, arrays: list[np.ndarray]) -> Any:
    """Return JSON for a value; put its arrays into `arrays`."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind not in "biufc" or not array.dtype.isnative:
            return {"foreign": f"{type(value).__name__} of {array.dtype}"[:MOST_NAME]}
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        arrays.append(array)
        return {kind: array.dtype.name, "shape": list(array.shape), "layout": layout_of(array)}
    if isinstance(value, int):
        return {"int": hex(int(value))}  # hexadecimal, because long decimals are refused
    if isinstance(value, float):
        return {"float": float(value).hex()}
    if isinstance(value, complex):
        return {"complex": [float(value.real).hex(), float(value.imag).hex()]}
    if isinstance(value, str):
        return {"str": str(value)}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_describe(item, arrays) for item in value]}
    if isinstance(value, dict):
        items = value.items()
        return {"dict": [[_describe(k, arrays), _describe(v, arrays)] for k, v in items]}
    return {"foreign": type(value).__name__[:MOST_NAME]}


def _unpack(data: memoryview) -> tuple[Any, memoryview]:
    start = len(MAGIC)
    begin = bytes(data[: start + 20])
    if not begin.startswith(MAGIC):
        raise WireError("not a message: it starts with something else")
    end = begin.index(b"\n", start)
    size = int(begin[start:end])
    if not 0 <= size <= min(MOST_HEADER_BYTES, len(data) - end - 1):
        raise WireError("not a message: the header is not there")
    header = json.loads(bytes(data[end + 1 : end + 1 + size]))
    return _build(header, data[end + 1 + size :])


def _build(header: Any, rest: memoryview) -> tuple[Any, memoryview]:
    """Build the value that `header` describes; return it and the bytes that it leaves."""
    if header is None or header is True or header is False:
        return header, rest
    if not isinstance(header, dict) or not header:
        raise WireError("not a message: a value without a kind")
    kind = next(iter(header))
    claim = header[kind]
    match kind:
        case "array" | "scalar":
            return _build_array(kind, claim, header["shape"], header["layout"], rest)
        case "int":
            return int(claim, 16), rest
        case "float":
            return float.fromhex(claim), rest
        case "complex":
            real, imaginary = claim
            return complex(float.fromhex(real), float.fromhex(imaginary)), rest
        case "str" if isinstance(claim, str):
            return claim, rest
        case "list" | "tuple":
            items = []
            for each in claim:
                item, rest = _build(each, rest)
                items.append(item)
            return (items if kind == "list" else tuple(items)), rest
        case "dict":
            pairs = {}
            for key, each in claim:
                key, rest = _build(key, rest)
                pairs[key], rest = _build(each, rest)
            return pairs, rest
        case "foreign":
            name = "".join(c for c in str(claim)[:MOST_NAME] if c.isprintable())
            return type(name or "object", (Foreign,), {})(), rest
    raise WireError("not a message: an unknown kind of value")


def _build_array(
    kind: str, name: str, shape: list[int], layout: str, rest: memoryview
) -> tuple[Any, memoryview]:
    dtype = np.dtype(str(name))
    if dtype.kind not in "biufc" or layout not in LAYOUTS or len(shape) > MOST_DIMENSIONS:
        raise WireError("not a message: an array of something else than numbers")
    count = 1
    for axis in shape:
        if type(axis) is not int or axis < 0:
            raise WireError("not a message: an impossible shape")
        count *= axis
    if count * dtype.itemsize > len(rest):
        raise WireError("not a message: an array whose numbers are not there")
    array = np.frombuffer(rest, dtype, count).reshape(shape)
    rest = rest[count * dtype.itemsize :]
    if kind == "scalar":
        return array[()], rest
    if layout == "strided" and array.ndim:
        return strided(array), rest
    return np.asarray(array, order="F" if layout == "F" else "C"), rest
