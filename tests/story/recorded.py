"""Traces for tests: texts in the form of each log, and ``LAB``, the recording of a real host.

``LAB`` is a Debian 12 with systemd 252, dockerd, firewalld, fail2ban, sshd, sudo and cron, booted twice.  In the first
boot alice logged in over ssh and restarted firewalld, flushed a chain, put ip_forward off and on, restarted a container
and reloaded firewalld, all by sudo; cron ran a script with iptables in it; dockerd was killed; docker.io was installed
again; then alice rebooted the host."""

import json
from functools import cache
from pathlib import Path

from hairpin.evidence import file
from hairpin.evidence.reading import SCHEMA, Evidence, Outcome, Reading
from hairpin.story.traces import Traces, traces_of

RECORDING = Path(__file__).resolve().parent.parent / "data" / "story" / "lab-host.hairpin"
NOW = 1_795_700_000
"""2026-11-26 13:33:20 UTC."""
BOOT = "0123456789abcdef0123456789abcdef"
BEGUN = NOW - 7200


@cache
def lab() -> Evidence:
    """Return the recording."""
    return file.read(RECORDING)


def clock(*further: str) -> tuple[str, str]:
    """Return the reading of the clock of a host that was booted two hours before NOW; ``further``: more lines."""
    lines = (f"now {NOW}", f"since {NOW - 604800}", f"btime {BEGUN}", "offset +0000", "journal persistent", *further)
    return "trace-clock", "\n".join((*lines, ""))


def traces(*readings: tuple[str, str] | tuple[str, str, str], outcome: Outcome = "text") -> Traces:
    """Return the traces with these readings: (key, text, origin); with the usual clock if none is among them."""
    return traces_of(evidence(*readings, outcome=outcome))


def evidence(*readings: tuple[str, str] | tuple[str, str, str], outcome: Outcome = "text") -> Evidence:
    """Return the evidence with these readings: (key, text, origin)."""
    given = readings if any(each[0] == "trace-clock" for each in readings) else (clock(), *readings)
    found = tuple(
        Reading(
            f"e{n}", each[0], "", each[2] if len(each) > 2 else each[0], "2026-11-26T13:33:20Z", 0, outcome, each[1]
        )
        for n, each in enumerate(given, 1)
    )
    return Evidence(SCHEMA, "0", "2026-11-26T13:33:20Z", "web1", "6.1.0", found)


def journal(*entries: tuple[float, str, str] | tuple[float, str, str, str]) -> str:
    """Return entries of the journal: (seconds since BEGUN, program, message, unit), by a clock that is right."""
    return "".join(f"{entry(each[0], each[1], each[2], each[3] if len(each) > 3 else '')}\n" for each in entries)


def entry(at: float, program: str, message: str, unit: str = "", *, boot: str = BOOT, jump: float = 0) -> str:
    """Return an entry of the journal; ``jump``: by how many seconds the clock was wrong."""
    told = {
        "__REALTIME_TIMESTAMP": str(int((BEGUN + at + jump) * 1_000_000)),
        "__MONOTONIC_TIMESTAMP": str(int(at * 1_000_000)),
        "_BOOT_ID": boot,
        "SYSLOG_IDENTIFIER": program,
        "_PID": "1" if program == "systemd" else "500",
        "MESSAGE": message,
        **({"UNIT": unit} if unit else {}),
    }
    return json.dumps(told)
