"""Network namespaces without names: held by file descriptors, gone when those are closed (or the process dies)."""

import ctypes
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


class SetupError(Exception):
    """A case that cannot be judged: the kernel or a tool refused the generated configuration (says what was asked and
    what it said), its packets can go too many ways, or the kernel has no room to answer all of them."""


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


class Netns:
    """A network namespace.  Only a single-threaded process may enter one."""

    def __init__(self, name: str) -> None:
        self.name = name
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            _checked(_LIBC.unshare(_CLONE_NEWNET), "unshare")
            self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
            _checked(_LIBC.setns(home, _CLONE_NEWNET), "setns")
        finally:
            os.close(home)
        self.path = f"/proc/{os.getpid()}/fd/{self.fd}"

    @contextmanager
    def entered(self) -> Generator[None]:
        """Enter the namespace during the block; processes that start in the block are in it, too."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            _checked(_LIBC.setns(self.fd, _CLONE_NEWNET), "setns")
            try:
                yield
            finally:
                _checked(_LIBC.setns(home, _CLONE_NEWNET), "setns")
        finally:
            os.close(home)

    def run(self, argv: tuple[str, ...], text: str = "", *, must: bool = True) -> str:
        """Run a command inside with ``text`` as its input; return what it prints."""
        with self.entered():
            done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
        if must and done.returncode != 0:
            raise SetupError(f"{' '.join(argv)} in {self.name}: {done.stderr.strip()}\n{text}")
        return done.stdout

    def close(self) -> None:
        """Close the file descriptor."""
        os.close(self.fd)


def write_sysctl(path: str, value: str) -> bool:
    """Write a sysctl of the entered namespace; return whether the kernel accepted it."""
    try:
        Path(f"/proc/sys/{path}").write_text(value, "ascii")
    except OSError:
        return False
    return True
