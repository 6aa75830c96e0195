"""The lines that firewalls log about dropped packets: ``IN=docker0 OUT=eth0 SRC=… DST=… DPT=…``."""

import re
from collections.abc import Iterable, Iterator

from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted

_LOGGED = Sought(r"(?P<before>.*?)\bIN=(?P<into>[\w.@-]*)(?: OUT=(?P<out>[\w.@-]*)| (?=(?:MAC|SRC)=))")
_DROPPED = Sought(r"(?i)REJECT|DROP|BLOCK|DENY|DENIED")
_PASSED = Sought(r"(?i)\[UFW (?:ALLOW|AUDIT)|ACCEPT")
_BARE = Sought(r"\bkernel:\s*(?:\[\s*[\d.]+\]\s*)?$")
"""Matches the beginning of a line that a LOG rule without a prefix wrote.  People add such a rule at the end of a
chain."""
_LONGEST = 200


def logged_drops(lines: Iterable[tuple[int, str]]) -> Iterator[Hinted]:
    """Yield the causes that have dropped packets, as lines of firewalls' logs show.  Each cause is yielded once."""
    known: set[str] = set()
    for number, line in lines:
        found = _LOGGED.match(line)
        if found is None or _PASSED.search(found["before"]):
            continue
        is_forwarded = bool(found["into"] and found["out"])
        is_drop = _DROPPED.search(found["before"]) is not None
        if not is_drop and not (is_forwarded and _BARE.search(found["before"])):
            continue
        cause = (
            _cause(found["before"], is_forwarded=is_forwarded, has_out=bool(found["out"]))
            if is_drop
            else "forward-policy-drop"
        )
        if cause in known:
            continue
        known.add(cause)
        command = "sudo firewall-cmd --list-all-zones" if cause.startswith("firewalld") else "sudo iptables-save"
        places = {"into": found["into"] or "-", "out": found["out"] or "-"}
        said = (
            message("a firewall of the host logs that it drops this packet, with IN={into} OUT={out}", **places)
            if is_drop
            else message(
                "a rule of FORWARD logs this packet (IN={into} OUT={out}), and no rule before it accepts the packet",
                **places,
            )
        )
        yield Hinted(
            cause,
            30 if is_drop else 14,
            said,
            number,
            line[:_LONGEST],
            command=command,
            shows=message("the rule that logs the packet, and no rule before it that accepts the packet"),
        )


def _cause(before: str, *, is_forwarded: bool, has_out: bool) -> str:
    is_firewalld = re.search(r"(?:FWD|FWDI|FWDO|IN|FINAL)_|filter_|FINAL_REJECT|STATE_INVALID", before) is not None
    if is_forwarded:
        if "UFW" in before:
            return "ufw-forward-policy"
        return "firewalld-bridge-in-wrong-zone" if is_firewalld else "rule-decides-flow"
    if has_out:
        return "output-policy-drop"
    return "firewalld-zone-blocks-port" if is_firewalld else "input-drops-host-service"
