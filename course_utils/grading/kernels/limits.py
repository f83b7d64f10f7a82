"""What a student's notebook may take of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from course_utils.errors import CourseError


@dataclass(frozen=True)
class Limits:
    """Limits on a student's kernel and all that it starts.

    Attributes
    ----------
    memory_mib : int
        Of each process; all processes together may take a quarter more.
    cpu_seconds : int
        Of each process.
    processes : int
        Threads count, too. Held in a sandbox only.
    open_files : int
        Of each process.
    scratch_mib : int
        For each of /tmp, /dev/shm, the home and the kernel's own folder, and the longest file.
    output_kib : int
        Of one cell's output; what is beyond is left out, with a line that says so.

    Raises
    ------
    CourseError
        If a limit is not a positive whole number.
    """

    memory_mib: int = 4096
    cpu_seconds: int = 900
    processes: int = 128
    open_files: int = 256
    scratch_mib: int = 256
    output_kib: int = 1024

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for name, most in asdict(self).items():
            if type(most) is not int or most < 1:
                raise CourseError(f"the limit {name} must be a positive whole number, not {most!r}")

    @classmethod
    def of(cls, named: Mapping[str, int]) -> Limits:
        """Return the limits with those that are named changed.

        Raises
        ------
        CourseError
            If there is no such limit, or it is not a positive whole number.
        """
        known = [limit.name for limit in fields(cls)]
        if unknown := sorted(set(named) - set(known)):
            raise CourseError(f"{unknown[0]!r} is no limit; there are {', '.join(known)}")
        return cls(**named)

    def as_request(self) -> dict[str, int]:
        """Return the limits as the warm process reads them, in bytes and numbers."""
        return {
            "memory": self.memory_mib * 2**20,
            "cpu": self.cpu_seconds,
            "processes": self.processes,
            "open_files": self.open_files,
            "scratch": self.scratch_mib * 2**20,
            "entries": 20_000,
        }


DEFAULT_LIMITS = Limits()
