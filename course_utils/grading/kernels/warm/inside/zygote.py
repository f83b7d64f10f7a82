"""The warm process: it imports what a notebook needs, and forks a kernel for each request.

This file runs alone, as a program. Nothing of the course is imported here, so that nothing of it
can be found in the memory of a student's kernel. A request is a JSON object on the socket that the
program inherits::

    {"folder": ..., "cwd": ..., "env": {...}, "limits": {...}, "isolated": true}

and the reply is ``{"pid": ...}`` with a handle of the process and the reading end of a pipe, or
``{"error": ...}``. When the kernel has ended, its guardian writes into the pipe how:
``{"code": ..., "limit": ...}``, the exit code, or the signal below zero, and the limit that was
passed, if one was. A pipe that ends without that is a guardian's that was killed.

From a request to a kernel there are two forks. The first makes the *guardian*, which enters new
namespaces, counts what the kernel and its children use, and ends all of them when a limit is
passed; the second makes the kernel, the first process of its world. When the warm process goes, so
do its guardians; when a guardian goes, so does its kernel, and with the first process its world.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import resource
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Iterator
from types import ModuleType

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]

# Linux's own numbers, from <sched.h>, <sys/mount.h>, <sys/prctl.h> and <linux/capability.h>.
NEW_MOUNTS, NEW_HOST, NEW_IPC = 0x00020000, 0x04000000, 0x08000000
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
DIE_WITH_PARENT, DROP_BOUND, NO_NEW_PRIVILEGES = 1, 24, 38
CAPABILITIES = 0x20080522  # the version of their interface
FILTER, AS_FAST, REFUSE, ALLOW = 1, 4, 0x00050000 | 38, 0x7FFF0000  # from <linux/seccomp.h>

# Calls that no notebook needs, and that reach beyond its world or its limits: for memory that
# belongs to no process and no file, keys, and the insides of the system. By machine: its mark in
# <linux/audit.h>, and the numbers of seccomp, prctl, mmap, socket, and of the refused ones: shmget,
# semget, msgget, add_key, request_key, keyctl, memfd_create, memfd_secret, io_uring_setup,
# userfaultfd, bpf, perf_event_open, syslog, unshare, setns, mount, vmsplice.
CALLS = {
    "x86_64": (0xC000003E, 317, 157, 9, 41,
               (29, 64, 68, 248, 249, 250, 319, 447, 425, 323, 321, 298, 103, 272, 308, 165, 278)),
    "aarch64": (0xC00000B7, 277, 167, 222, 198,
                (194, 190, 186, 217, 218, 219, 279, 447, 425, 282, 280, 241, 116, 97, 268, 40, 75)),
}  # fmt: skip

DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
WRITABLE = ("/dev/shm", "/tmp", "/home/student")
NOTEBOOK = "module://matplotlib_inline.backend_inline"  # where figures go
GUARD_SECONDS = 0.2  # between two looks at what a kernel uses
NICE = 5  # so that the judges, and whoever grades, come first
MOST_REQUEST = 2**17  # bytes


def main() -> None:
    """Import, report the number of threads, and fork a kernel for each request."""
    gc.disable()  # what is imported stays
    control = socket.socket(fileno=int(sys.argv[1]))
    os.environ["MPLBACKEND"] = NOTEBOOK
    runner().make_shell()  # before what looks for a shell is imported
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):  # what is not installed, no notebook can import
            importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for whoever started this
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that guardians need no burial
    gc.collect()
    gc.freeze()  # what is there now is shared with the kernels, as long as nobody touches it
    gc.enable()
    control.send(json.dumps({"threads": threads()}).encode())
    while request := control.recv(MOST_REQUEST):
        handles: list[int] = []
        reply: dict[str, object]
        try:
            if threads() != 1:  # a lock that another thread holds would never be freed in a child
                raise RuntimeError(f"{threads()} threads run: kernels can only be forked from one")
            told, tell = os.pipe()
            handles = [told]
            try:
                pid = fork_guardian(json.loads(request), control, told, tell)
            finally:
                os.close(tell)
            handles = [os.pidfd_open(pid), told]
            reply = {"pid": pid}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        shown = handles if "pid" in reply else []
        socket.send_fds(control, [json.dumps(reply).encode()], shown)
        for handle in handles:
            os.close(handle)


def runner() -> ModuleType:
    """Return the program beside this one, under a name that no notebook imports by mistake."""
    name = "course_utils_runner"
    if name not in sys.modules:
        file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runner.py")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def threads() -> int:
    """Count the threads of this process."""
    return len(os.listdir("/proc/self/task"))


def fork_guardian(request: dict, control: socket.socket, told: int, tell: int) -> int:
    """Fork a guardian, which writes to `tell` how its kernel ended, and return its process."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        call(LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL))
        control.close()
        os.close(told)
        os.setsid()
        ended = guard(request)
        os.write(tell, json.dumps(ended).encode())
        status = ended["code"] & 0xFF
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def guard(request: dict) -> dict:
    """Start a kernel, wait until it ends or takes too much, and say how it ended."""
    watched = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if request["isolated"]:
        enter_namespaces()
        call(LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL))  # new rights undo it
    kernel = os.fork()
    if not kernel:
        try:
            call(LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
            run_kernel(request)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    for name in range(3):
        os.close(name)
    limits = request["limits"] and {**request["limits"], "socket": largest_socket()}
    passed = ""
    while True:
        got = signal.sigtimedwait(watched, GUARD_SECONDS)
        if got is not None and got.si_signo != signal.SIGCHLD:
            os.kill(kernel, got.si_signo)
        ended, status, used = os.wait4(kernel, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            cpu = used.ru_utime + used.ru_stime
            if code == -signal.SIGKILL and limits and cpu > limits["cpu"] - 1:  # whole seconds
                passed = passed or "cpu"
            return {"code": code, "limit": passed}
        if request["isolated"] and uses_too_much(limits):
            passed = "all together"
            os.kill(kernel, signal.SIGKILL)


def largest_socket() -> int:
    """Return the bytes that may wait in a socket."""
    one, other = socket.socketpair()
    with one, other:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**30)
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def uses_too_much(limits: dict) -> bool:
    """Say whether all processes of this world together are beyond a limit.

    What one process may take is the system's business (:func:`set_limits`); this is about many.
    """
    if os.path.exists("/proc/self"):
        return False  # it is still that of the warm process: nothing of the kernel's has run
    memory = processes = 0
    sockets: set[str] = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                threads, size = look_at(name, sockets, limits)
                processes += threads
                memory += size
    memory += len(sockets) * limits["socket"]
    return processes > limits["processes"] or memory > 1.25 * limits["memory"]


def look_at(process: str, sockets: set[str], limits: dict) -> tuple[int, int]:
    """Return the threads of a process and the bytes that it and its page tables take.

    Add its sockets. What cannot be seen counts as the worst that it may be: if a process hides what
    it has open, as many sockets as it may have; if its threads end as one looks, all the memory.
    """
    for _ in range(5):
        threads = os.listdir(f"/proc/{process}/task")
        for thread in threads:  # one that has ended knows nothing, be it the first
            place = f"/proc/{process}/task/{thread}"
            with contextlib.suppress(OSError, KeyError):
                with open(f"{place}/status", encoding="utf-8") as file:
                    fields = dict(line.split(":", 1) for line in file)
                if fields["State"].split()[0] in "ZX":
                    continue
                size = sum(1024 * int(fields[key].split()[0]) for key in ("RssAnon", "VmPTE"))
                try:
                    sockets |= set(filter(is_socket, links(f"{place}/fd")))
                except PermissionError:
                    size += limits["open_files"] * limits["socket"]
                return len(threads), size
        if threads == [process]:
            return 1, 0  # it has ended, and nobody has asked how
    return len(threads), limits["memory"]


def links(folder: str) -> Iterator[str]:
    """Yield what the handles of a process stand for."""
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(f"{folder}/{name}")


def is_socket(link: str) -> bool:
    """Say whether a handle stands for a socket."""
    return link.startswith("socket:")


def enter_namespaces() -> None:
    """Leave the world of this process for one without network, processes and neighbours."""
    user, group = os.geteuid(), os.getegid()
    call(LIBC.unshare(NEW_USER | NEW_MOUNTS | NEW_PID | NEW_NET | NEW_IPC | NEW_HOST))
    for name, text in (
        ("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1"),
    ):  # fmt: skip
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def run_kernel(request: dict) -> None:
    """Become a kernel and run until it is told to stop."""
    folder, limits = request["folder"], request["limits"]
    os.setsid()
    files = os.path.join(folder, "files")
    if request["isolated"]:
        os.chdir("/")
        shared = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        files = f"/proc/self/fd/{shared}/files"
        mount_own_world(folder, limits)
    os.makedirs(request["cwd"], exist_ok=True)
    os.chdir(request["cwd"])
    if folder:
        copy_files(files, request["cwd"])
    os.environ.clear()
    os.environ.update({"MPLBACKEND": NOTEBOOK, **request["env"]})
    if limits:
        set_limits(limits)
        os.nice(NICE)
    if request["isolated"]:
        give_up_rights()
    renew_seeds()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDWR)
    for name in range(3):
        os.dup2(null, name)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    runner().serve(folder)
    os._exit(0)


def mount_own_world(folder: str, limits: dict) -> None:
    """Put empty places over all that can be written to.

    The folder is one of them, which who asked finds under the guardian's ``/proc/<pid>/root``. The
    place in which it lies is read-only, so that no link can take its name.
    """
    size = f"size={limits['scratch']},nr_inodes={limits['entries']},mode=0700"
    base = os.path.dirname(folder)
    # A Python that was installed in such a place is shown again.
    below = tuple(f"{path}/" for path in WRITABLE)
    kept = {
        path: os.open(path, os.O_PATH | os.O_DIRECTORY)
        for path in sorted({sys.prefix, sys.base_prefix})
        if path.startswith(below)
    }
    for path in (base, *WRITABLE, base):  # first what is there, then what is seen
        os.makedirs(path, exist_ok=True)
        mount("tmpfs", path, "tmpfs", NO_SUID | NO_DEVICES, size)
    for path, handle in kept.items():
        os.makedirs(path, exist_ok=True)
        mount(f"/proc/self/fd/{handle}", path, None, BIND)
        os.close(handle)
    os.mkdir(folder)
    mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEVICES, size)
    mount("tmpfs", base, None, REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES)
    mount("devpts", "/dev/pts", "devpts", NO_SUID | NO_EXEC, "ptmxmode=0666,mode=620,max=64")
    for name in DEVICES:  # else root could change the rights of the machine's own
        flags = REMOUNT | BIND | READ_ONLY | NO_SUID | NO_EXEC
        # Mapped, it gives memory that no process is charged for.
        mount("", f"/dev/{name}", None, flags | (NO_DEVICES if name == "zero" else 0))
    mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC)
    for name, most in (("user_namespaces", 0), ("inotify_instances", 16)):
        with open(f"/proc/sys/user/max_{name}", "w", encoding="ascii") as file:
            file.write(str(most))  # no world within this world
    # The system's settings are there too, and root may write many of them without a capability.
    mount("proc", "/proc", None, REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES | NO_EXEC)


def copy_files(source: str, target: str) -> None:
    """Put what was released with the notebook beside it, read-only."""
    if os.path.isdir(source):
        for name in os.listdir(source):
            copy = os.path.join(target, name)
            with open(os.path.join(source, name), "rb") as old, open(copy, "wb") as new:
                new.write(old.read())
            os.chmod(copy, 0o444)


def set_limits(limits: dict) -> None:
    """Limit what each process may take."""
    for kind, most in (
        (resource.RLIMIT_DATA, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_FSIZE, limits["scratch"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def give_up_rights() -> None:
    """Drop every capability for good, that of coming back to one included."""
    capability = 0
    while LIBC.prctl(DROP_BOUND, capability, 0, 0, 0) == 0:
        capability += 1
    call(LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    header, nothing = struct.pack("Ii", CAPABILITIES, 0), bytes(24)
    call(LIBC.capset(header, nothing))
    refuse_calls()


def refuse_calls() -> None:
    """Have the system refuse some calls of this process and its children, as if it lacked them."""
    mark, seccomp, prctl, mmap, socket_of, refused = CALLS[os.uname().machine]
    load, equal, least, has, end = 0x20, 0x15, 0x35, 0x45, 0x06  # from <linux/bpf_common.h>
    call_number, machine, first, fourth = 0, 4, 16, 40  # where things lie in what is looked at
    rules = [
        (load, 0, 0, machine), (equal, 1, 0, mark), (end, 0, 0, REFUSE),
        (load, 0, 0, call_number), (least, 0, 1, 0x40000000), (end, 0, 0, REFUSE),
    ]  # fmt: skip
    for number in refused:
        rules += [(equal, 0, 1, number), (end, 0, 0, REFUSE)]
    # It may not outlive its guardian. That it could not ask to is no reason to fail.
    rules += [(equal, 0, 4, prctl), (load, 0, 0, first), (equal, 0, 1, DIE_WITH_PARENT)]
    rules += [(end, 0, 0, REFUSE & ~0xFFFF), (end, 0, 0, ALLOW)]
    # Memory that is shared and has no name: it may outlive whoever is charged for it.
    rules += [(equal, 0, 5, mmap), (load, 0, 0, fourth), (has, 0, 2, 0x20), (has, 0, 1, 0x01)]
    rules += [(end, 0, 0, REFUSE), (end, 0, 0, ALLOW)]
    # Some kinds of sockets know no worlds: one reaches the machine on which this one is simulated.
    rules += [(equal, 0, 7, socket_of), (load, 0, 0, first)]
    kinds = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
    rules += [(equal, len(kinds) - i, 0, kind) for i, kind in enumerate(kinds)]
    rules += [(end, 0, 0, REFUSE), (end, 0, 0, ALLOW), (end, 0, 0, ALLOW)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    described = struct.pack("HP", len(rules), ctypes.addressof(program))
    call(LIBC.syscall(seccomp, FILTER, AS_FAST, described))


def renew_seeds() -> None:
    """Give each kernel random numbers of its own, as if it had just been started."""
    if "random" in sys.modules:
        sys.modules["random"].seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(int.from_bytes(os.urandom(8), "little"))


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount, or raise with the place."""
    words = [source.encode(), target.encode(), kind.encode() if kind else None]
    call(LIBC.mount(*words, flags, data.encode()), target)


def call(result: int, what: str = "") -> None:
    """Raise if a call to the system failed."""
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


if __name__ == "__main__":
    main()
