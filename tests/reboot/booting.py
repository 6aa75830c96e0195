"""How a host is booted: in namespaces on this machine's kernel, or emulated with a kernel of its own."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.guests.packages import cache_folder, install_programs, kernel
from tests.guests.qemu import guests_at_once
from tests.reboot.host import Host, running_host
from tests.reboot.native import native_host
from tests.reboot.userland import PROGRAMS, SUITE, disk, tree_of

KERNEL = "6.1"
"""The suite's own kernel."""
Boot = Callable[[Path], AbstractContextManager[Host]]
"""Boots a fresh host, with an empty folder for its console; the host ends with the block."""


def booting(*, emulated: bool, mirror: str | None = None, suite: str = SUITE) -> Boot:
    """Return how hosts are booted; makes their disk unless it is there.  Raises PackageError, GuestError."""
    install_programs(*PROGRAMS)
    image = disk(mirror, suite)
    if not emulated:
        return partial(native_host, tree_of(image))
    guests_at_once(1)
    return partial(running_host, kernel(KERNEL, cache_folder(), mirror), image)
