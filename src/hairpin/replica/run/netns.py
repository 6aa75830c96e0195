"""Unnamed network namespaces.

Only the file descriptors of one process hold these namespaces, so the namespaces end with the process.

Python 3.11 has neither setns() nor unshare(), so libc is called.  Source: setns(2), unshare(2), prctl(2), mount(2)
"""

import ctypes
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG = 1
_MS_REC, _MS_PRIVATE = 16384, 1 << 18


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def die_with(parent: int) -> None:
    """Make the kernel kill this process when its parent (the thread that forked it) ends, or at once if the parent has
    already ended."""
    _checked(_LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def own_processes() -> None:
    """Put the next child process into a new PID namespace.  When this child ends, the kernel kills all processes of the
    namespace."""
    _checked(_LIBC.unshare(_CLONE_NEWPID), "unshare")


def own_mounts() -> None:
    """Hide the machine's /run (locks, named namespaces) from this process, and mount the kernel's trace events for this
    process.

    Raises OSError.  Trace events may be missing: see :mod:`hairpin.replica.watch.drops`.
    """
    _checked(_LIBC.unshare(_CLONE_NEWNS), "unshare")
    _checked(_LIBC.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount")
    _checked(_LIBC.mount(b"none", b"/run", b"tmpfs", 0, None), "mount")
    _mount_trace_events()


def own_trace_events() -> None:
    """Mount the kernel's trace events for this process alone; all other mounts stay as they are.

    Raises OSError.  Trace events may be missing: see :mod:`hairpin.replica.watch.drops`."""
    _checked(_LIBC.unshare(_CLONE_NEWNS), "unshare")
    _checked(_LIBC.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount")
    _mount_trace_events()


def _mount_trace_events() -> None:
    if Path("/sys/kernel/tracing").is_dir():
        _LIBC.mount(b"none", b"/sys/kernel/tracing", b"tracefs", 0, None)


def enter(descriptor: int) -> None:
    """Enter the network namespace of an open file.  Sockets that are opened and processes that are started from now on
    belong to it.  Raises OSError."""
    _checked(_LIBC.setns(descriptor, _CLONE_NEWNET), "setns")


class HeldNetns:
    """A network namespace that this process holds open.

    Only a single-threaded process may make or enter a network namespace."""

    def __init__(self, name: str) -> None:
        """Make the namespace and enter it."""
        self.name = name
        _checked(_LIBC.unshare(_CLONE_NEWNET), "unshare")
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        # in /proc, this process has another id than in its own PID namespace
        self.path = f"/proc/{Path('/proc/self').readlink()}/fd/{self.fd}"

    def enter(self) -> None:
        """Enter the namespace: see ``enter``."""
        enter(self.fd)


@contextmanager
def entered(netns: HeldNetns, home: HeldNetns) -> Generator[None]:
    """Enter the namespace for the ``with`` block, then enter the namespace ``home`` again."""
    netns.enter()
    try:
        yield
    finally:
        home.enter()
