"""Logs through ``hairpin explain``: how long, and how much memory, beside ``grep`` over the same file.

The lines are of six kinds that mean nothing and of two that do; in ``strange``, no two lines are of one kind.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

SIZES = (10_000, 1_000_000)
_GREP = ("grep", "-c", "-E", "table full|UFW BLOCK|already allocated|No chain/target/match")
_KINDS = (
    'h dockerd[812]: time="2026-11-26T00:00:00.1Z" level=info msg="ignoring event" container={id} module=libcontainerd',
    "h kernel: [{n}.123456] docker0: port 1(veth{id:.7}) entered blocking state",
    "h sshd[{n}]: Accepted publickey for admin from 198.51.100.9 port {port} ssh2",
    "h systemd[1]: run-docker-netns-{id:.12}.mount: Deactivated successfully.",
    'h nginx[9]: 172.17.0.2 - - "GET /item/{n} HTTP/1.1" 200 {port} "-" "Mozilla/5.0"',
    "h dhclient[612]: bound to 10.0.0.5 -- renewal in {n} seconds.",
    "h kernel: [{n}.123456] nf_conntrack: table full, dropping packet",
    "h kernel: [UFW BLOCK] IN=docker0 OUT= SRC=172.17.0.2 DST=172.17.0.1 LEN=60 PROTO=TCP SPT={port} DPT=5432 SYN",
)
_READ = """
import resource, sys
from datetime import UTC, datetime
from hairpin.explain.line import Clock
from hairpin.explain.understand import understand
understood = understand(iter(lambda: sys.stdin.buffer.readline(65536), b""), Clock(datetime.now(UTC)))
print(understood.lines, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


class OfLines(msgspec.Struct, frozen=True):
    """Seconds of processor time to read the lines, Python's own start included, and the process's peak memory."""

    name: str
    lines: int
    seconds: float
    grep: float
    peak_mib: float


def of_lines() -> Iterator[OfLines]:
    """Yield the time and the memory of each size."""
    with tempfile.TemporaryDirectory(prefix="hairpin-bench-") as folder:
        for size in SIZES:
            yield _measure("a log", _write(Path(folder) / "log", size, strange=False), size)
        yield _measure("strange lines", _write(Path(folder) / "strange", SIZES[-1], strange=True), SIZES[-1])


def _write(path: Path, size: int, *, strange: bool) -> Path:
    draw = random.Random(size)  # noqa: S311
    with path.open("w", encoding="utf-8") as file:
        for number in range(size):
            clock = time.strftime("%b %d %H:%M:%S", time.gmtime(number))
            key = f"{draw.getrandbits(256):064x}"
            kind = draw.choice(_KINDS)
            words = "".join(draw.choices("ghijklmnop qrstuvwxyz", k=60)) if strange else ""
            file.write(f"{clock} {words}{kind.format(id=key, n=number, port=draw.randrange(30000, 60000))}\n")
    return path


def _measure(name: str, path: Path, size: int) -> OfLines:
    read, printed = _spent((sys.executable, "-c", _READ), path)
    grep, _ = _spent(_GREP, path)
    lines, peak = map(int, printed.split())
    assert lines == size
    return OfLines(name, size, read, grep, peak / 1024)


def _spent(argv: tuple[str, ...], path: Path) -> tuple[float, str]:
    """Return the processor time that a program takes over the file, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with path.open("rb") as file:
        printed = subprocess.run(argv, stdin=file, stdout=subprocess.PIPE, check=False, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, printed
