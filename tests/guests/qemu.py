"""qemu's command line for an emulated guest, and what one may take of this machine."""

import re
from pathlib import Path

from tests.guests.packages import Kernel

_MEMORY_MIB = 3072
_COMMAND_LINE = "console=ttyS0 quiet panic=-1 mitigations=off clocksource=acpi_pm norandmaps no_timer_check"
"""The guest has one CPU, since with two each atomic operation is emulated by a call: the same hunt is twice the work.
Its clock is not the CPU's, whose rate it would measure wrongly on a busy machine.  Programs lie at the same addresses
each time: else all of their code is translated anew for each process (measured: a third of the work)."""


class GuestError(Exception):
    """The guest did not boot, did not end in time, or its commands failed; has the last lines that it printed."""


def guests_at_once(wanted: int) -> int:
    """Return how many guests this machine has memory for, at most ``wanted``; raises GuestError if there is memory
    for none.
    """
    free_mib = int(re.findall(r"MemAvailable: *(\d+)", Path("/proc/meminfo").read_text("ascii"))[0]) >> 10
    if free_mib < _MEMORY_MIB:
        raise GuestError(f"a guest may take {_MEMORY_MIB} MiB of memory, and {free_mib} MiB are available")
    return min(wanted, free_mib // _MEMORY_MIB)


def emulated(kernel: Kernel, packed: str, *options: str) -> tuple[str, ...]:
    """Return the command that boots the kernel with the initramfs in the file ``packed`` and further options of the
    kernel's command line.  The guest prints to qemu's standard output, and ends with the thread that started it."""
    return (
        "setpriv", "--pdeathsig", "KILL", "nice", "-n", "5", "qemu-system-x86_64", "-accel", "tcg",
        "-cpu", "max", "-machine", "pc,hpet=off", "-m", str(_MEMORY_MIB), "-nodefaults",
        "-display", "none", "-serial", "stdio",
        "-kernel", str(kernel.image), "-initrd", packed, "-append", " ".join((_COMMAND_LINE, *options)),
    )  # fmt: skip


def shared_folder(folder: Path, tag: str, *, read_only: bool = False) -> tuple[str, ...]:
    """Return the options that let the guest mount a folder of this machine by 9p."""
    access = ",readonly=on" if read_only else ""
    return "-virtfs", f"local,security_model=none,multidevs=remap,path={folder},mount_tag={tag}{access}"
