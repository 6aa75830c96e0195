"""``hairpin story`` over a journal of 1 GB: the reading of the traces, and what is made of them.

The journal is a real one, written by systemd-journal-remote: a web server's, a database's and an application's lines,
tries to log in, dropped packages and dockerd's events, and one line in a thousand that matters.  The reference is
``journalctl`` that reads the whole journal.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hairpin.collect.run import LocalRunner, collect
from hairpin.story.timeline import story_of

BYTES = 1_000_000_000
_REMOTE = "/lib/systemd/systemd-journal-remote"
_MACHINE, _BOOT = "fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef"
_BYTES_A_LINE = 550
"""Bytes that a line of this mixture takes in the journal's files."""
_DAYS_S = 6 * 86400
_SPEAKERS = (
    ("nginx", "nginx.service", '192.0.2.7 "GET /item/%d HTTP/1.1" 200 ' + "x" * 700),
    ("app", "app.service", "request %d " + "y" * 700),
    ("postgres", "postgresql.service", "duration of %d " + "z" * 700),
    ("sshd", "ssh.service", "Failed password for invalid user admin from 192.0.2.9 port %d ssh2"),
    ("kernel", "", "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.9 DST=198.51.100.2 LEN=40 PROTO=TCP SPT=%d DPT=23"),
    ("dockerd", "docker.service", 'level=info msg="ignoring event" container=%d'),
)
_MATTERS = (
    ("sudo", "session-1.scope", "ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/iptables -F # %d"),
    ("systemd", "init.scope", "Started docker.service - Docker %d."),
)
_ONE_IN = 1000


class OfStory(msgspec.Struct, frozen=True):
    """Seconds: ``read``: the collector, ``told``: the story made of it, ``whole``: journalctl over everything."""

    gigabytes: float
    read: float
    told: float
    whole: float
    entries: int


def of_story(size: int = BYTES) -> OfStory | None:
    """Return the times; None where systemd-journal-remote or journalctl is not installed."""
    if not Path(_REMOTE).exists() or shutil.which("journalctl") is None:
        return None
    with _host(size) as root:
        folder = root / "var/log/journal" / _MACHINE
        began = time.monotonic()
        evidence = collect(LocalRunner(), root=str(root), traces=("all",))
        read = time.monotonic()
        told = story_of((evidence,), None)
        done = time.monotonic()
        subprocess.run(("journalctl", "-q", "-D", str(folder), "-o", "cat"), stdout=subprocess.DEVNULL, check=True)
        whole = time.monotonic() - done
        used = sum(each.stat().st_size for each in folder.iterdir()) / 1e9
        return OfStory(used, read - began, done - read, whole, len(told.entries))


@contextmanager
def _host(size: int) -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="hairpin-bench-") as name:
        root = Path(name)
        folder = root / "var/log/journal" / _MACHINE
        folder.mkdir(parents=True)
        with subprocess.Popen(
            (_REMOTE, "-o", str(folder / "system.journal"), "--split-mode=none", "-"),
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as writer:  # fmt: skip
            assert writer.stdin is not None
            for text in _lines(size // _BYTES_A_LINE):
                writer.stdin.write(text.encode())
        yield root


def _lines(count: int) -> Iterator[str]:
    """Yield entries in the export format.  Source: systemd.io/JOURNAL_EXPORT_FORMATS"""
    begins = int((time.time() - _DAYS_S) * 1e6)
    for number in range(count):
        after = _DAYS_S * 1_000_000 * number // count
        speakers = _SPEAKERS if number % _ONE_IN else _MATTERS
        program, unit, said = speakers[number // _ONE_IN % len(speakers) if speakers is _MATTERS else number % 6]
        of_unit = "UNIT=docker.service\n" if program == "systemd" else ""
        yield (
            f"__CURSOR=s=a;i={number:x}\n__REALTIME_TIMESTAMP={begins + after}\n__MONOTONIC_TIMESTAMP={after}\n"
            f"_BOOT_ID={_BOOT}\n_MACHINE_ID={_MACHINE}\n_HOSTNAME=web1\n_COMM={program}\n"
            f"_TRANSPORT={'kernel' if program == 'kernel' else 'journal'}\nSYSLOG_IDENTIFIER={program}\n"
            f"_PID={1 if program == 'systemd' else 500}\n_SYSTEMD_UNIT={unit}\n{of_unit}MESSAGE={said % number}\n\n"
        )


def main() -> None:
    """Print the times; the argument is the size of the journal in bytes."""
    found = of_story(int(sys.argv[1]) if len(sys.argv) > 1 else BYTES)
    sys.stdout.write(f"{story_line(found)}\n")


def story_line(found: OfStory | None) -> str:
    """Return the line that the bench prints; None: nothing was timed."""
    if found is None:
        return "story: systemd-journal-remote is not installed"
    return (
        f"story: a journal of {found.gigabytes:.2f} GB read in {found.read:.2f} s, {found.entries} entries made of it "
        f"in {found.told:.2f} s; journalctl reads the whole in {found.whole:.2f} s"
    )


if __name__ == "__main__":
    main()
