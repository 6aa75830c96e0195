"""The clocks of a host that has just booted, for one that is namespaces on this machine's kernel."""

from pathlib import Path


def clocks_at_zero() -> tuple[str, ...]:
    """Return the options of unshare(1) for a time namespace in which this moment is that of the boot."""
    up = Path("/proc/uptime").read_text("ascii").partition(".")[0]
    return ("--time", "--monotonic", f"-{up}", "--boottime", f"-{up}")
