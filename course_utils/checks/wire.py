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
MOST_DEPTH = 32  # of lists in lists
MOST_ITEMS = 2**14  # of all lists, tuples and dicts together
# Whole numbers can be chosen so that they collide in a dict, which then takes the square of time.
MOST_KEYS = 1000
MOST_KEY = 1000  # characters of a key that is a text
MOST_BITS = 4096  # of a whole number: it has to be shown, and to be compared with real ones


class WireError(ValueError):
    """The bytes are no message."""


class Foreign:
    """Stands for a value that cannot be sent. Its type has the name of the value's type."""


def as_sent(value: Any) -> Any:
    """Return a value as it would arrive elsewhere: of plain types, and of bounded size.

    Raises
    ------
    WireError
        If it cannot be sent.
    """
    return unpack(pack(value))


def pack(value: Any) -> bytes:
    """Turn a value into bytes.

    None, bool, int, float, complex, str, NumPy's numbers and arrays of numbers, and lists, tuples
    and dicts of these arrive as they were; subclasses arrive as their base. Of anything else only
    the name of its type arrives, and of a whole number with more than `MOST_BITS` bits its size.

    Raises
    ------
    WireError
        If it is too large, nested too deeply, or a dict has keys that are neither texts nor whole
        numbers.
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
    description = _Description()
    try:
        header = json.dumps(description.of(value), separators=(",", ":")).encode()
        if len(header) > MOST_HEADER_BYTES:
            raise WireError(f"{len(header) / 2**20:.0f} MiB of texts and numbers are too many")
        parts: list[bytes | memoryview] = [MAGIC, str(len(header)).encode(), b"\n", header]
        for array in description.arrays:
            flat = np.ascontiguousarray(array).reshape(-1)
            parts.append(flat.view(np.uint8).data if flat.size else b"")
    except WireError:
        raise
    except Exception as error:  # of a class of the sender's own
        raise WireError(f"it raises {type(error).__name__} when it is read") from None
    return parts


class _Count:
    """Keeps count of what a message holds, on either side of the wire."""

    def __init__(self) -> None:
        self.items = 0

    def check(self, items: Any, depth: int) -> None:
        """Take note of a list, a tuple or a dict.

        Raises
        ------
        WireError
            If it is one too many, or too deep.
        """
        self.items += len(items)
        if self.items > MOST_ITEMS:
            raise WireError(f"it holds more than {MOST_ITEMS} values")
        if depth > MOST_DEPTH:
            raise WireError(f"it is nested deeper than {MOST_DEPTH} levels")


class _Description:
    """Describes a value in JSON.

    Attributes
    ----------
    arrays : list of array
        Those that the value holds, in order.
    """

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self._bytes = 0
        self._count = _Count()

    def of(self, value: Any, depth: int = 0) -> Any:
        """Return JSON for a value. A class of the sender's own is not asked what it is."""
        kind = type(value)
        if value is None or value is True or value is False:
            return value
        if kind is float:  # the most frequent one
            return {"float": float.hex(value)}
        if issubclass(kind, (np.ndarray, np.generic)):  # a union would be made anew each time
            return self._of_array(value)
        if issubclass(kind, int):
            bits = int.bit_length(value)
            if bits > MOST_BITS:
                return {"foreign": f"int of {bits} bits"}
            return {"int": hex(int.__int__(value))}  # long decimals are refused
        if issubclass(kind, float):
            return {"float": float.hex(value)}
        if issubclass(kind, complex):
            real, imaginary = complex.real.__get__(value), complex.imag.__get__(value)
            return {"complex": [real.hex(), imaginary.hex()]}
        if issubclass(kind, str):
            return {"str": str.__str__(value)}
        for base in (list, tuple):
            if issubclass(kind, base):
                items = base.__getitem__(value, slice(None))
                self._count.check(items, depth)
                return {base.__name__: [self.of(item, depth + 1) for item in items]}
        if issubclass(kind, dict):
            pairs = list(dict.items(value))
            self._count.check(pairs, depth)
            _check_keys([key for key, _ in pairs])
            return {"dict": [[self.of(k), self.of(v, depth + 1)] for k, v in pairs]}
        return {"foreign": type.__dict__["__name__"].__get__(kind)[:MOST_NAME]}

    def _of_array(self, value: np.ndarray | np.generic) -> Any:
        array = np.ndarray.view(value, np.ndarray) if isinstance(value, np.ndarray) else value
        array = np.asarray(array)
        if array.dtype.kind not in "biufc" or not array.dtype.isnative:
            return {"foreign": f"{type(value).__name__} of {array.dtype}"[:MOST_NAME]}
        self._bytes += array.nbytes  # of a view, too, that repeats one number without end
        if self._bytes > MOST_BYTES:
            raise WireError(f"its arrays take {self._bytes / 2**20:.0f} MiB, which is too large")
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        self.arrays.append(array)
        return {kind: array.dtype.name, "shape": list(array.shape), "layout": layout_of(array)}


def _check_keys(keys: list[Any]) -> None:
    """Refuse a dict that would take long to build."""
    if len(keys) > MOST_KEYS:
        raise WireError(f"a dict has more than {MOST_KEYS} keys")
    for key in keys:
        if type(key) is str and len(key) <= MOST_KEY:
            continue
        if type(key) is not int or key.bit_length() > 64:
            raise WireError("a dict has a key that is neither a short text nor a whole number")


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
    built = _Built(data[end + 1 + size :])
    return built.of(header), built.rest


class _Built:
    """Builds the value that a header describes.

    Attributes
    ----------
    rest : memoryview
        The bytes that are left.
    """

    def __init__(self, rest: memoryview) -> None:
        self.rest = rest
        self._count = _Count()

    def of(self, header: Any, depth: int = 0) -> Any:
        """Return the value."""
        if header is None or header is True or header is False:
            return header
        if not isinstance(header, dict) or not header:
            raise WireError("not a message: a value without a kind")
        kind = next(iter(header))
        claim = header[kind]
        match kind:
            case "array" | "scalar":
                return self._array(kind, claim, header["shape"], header["layout"])
            case "int" if isinstance(claim, str) and len(claim) <= MOST_BITS // 4 + 3:
                return int(claim, 16)
            case "float":
                return float.fromhex(claim)
            case "complex":
                real, imaginary = claim
                return complex(float.fromhex(real), float.fromhex(imaginary))
            case "str" if isinstance(claim, str):
                return claim
            case "list" | "tuple" if isinstance(claim, list):
                self._count.check(claim, depth)
                items = [self.of(each, depth + 1) for each in claim]
                return items if kind == "list" else tuple(items)
            case "dict" if isinstance(claim, list):
                self._count.check(claim, depth)
                pairs = [(self.of(key, depth + 1), self.of(each, depth + 1)) for key, each in claim]
                _check_keys([key for key, _ in pairs])
                return dict(pairs)
            case "foreign":
                name = "".join(c for c in str(claim)[:MOST_NAME] if c.isprintable())
                return type(name or "object", (Foreign,), {})()
        raise WireError("not a message: an unknown kind of value")

    def _array(self, kind: str, name: str, shape: list[int], layout: str) -> Any:
        dtype = np.dtype(str(name))
        if dtype.kind not in "biufc" or layout not in LAYOUTS or len(shape) > MOST_DIMENSIONS:
            raise WireError("not a message: an array of something else than numbers")
        count = 1
        for axis in shape:
            if type(axis) is not int or axis < 0:
                raise WireError("not a message: an impossible shape")
            count *= axis
        if count * dtype.itemsize > len(self.rest):
            raise WireError("not a message: an array whose numbers are not there")
        array = np.frombuffer(self.rest, dtype, count).reshape(shape)
        self.rest = self.rest[count * dtype.itemsize :]
        if kind == "scalar":
            return array[()]
        if layout == "strided" and array.ndim:
            return strided(array)
        return np.asarray(array, order="F" if layout == "F" else "C")
