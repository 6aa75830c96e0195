"""The lines that firewalls log about dropped packets: ``IN=docker0 OUT=eth0 SRC=… DST=… DPT=…``.

And dropping rules that have counted packets, in a chain that a text quotes without its table.  Such a chain does not
become a reading, because neither its hook nor the rules that jump to it are told.
"""

import re
from collections.abc import Iterable, Iterator

from hairpin.host.link import is_engine_bridge
from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted

_CHAIN = Sought(r"\s*chain (?P<nft>[\w.-]+) \{|Chain (?P<listed>[\w.-]+) \(|-A (?P<saved>[\w.-]+) ")
_NATIVE = Sought(r"\bcounter packets (?P<packets>[1-9]\d*) bytes \d+ (?:drop|reject)\b")
_LISTED = Sought(r"\s*(?P<packets>[1-9]\d*[KMG]?)\s+[1-9]\d*[KMG]?\s+(?:DROP|REJECT)\s")
_SAVED = Sought(r"\[(?P<packets>[1-9]\d*):\d+\] -A \S+ .*-j (?:DROP|REJECT)\b")
_COMMAND = "sudo iptables-save; sudo nft list ruleset"
_LONGEST = 200
_OF_CHAIN = (
    ("DOCKER-USER", "docker-user-drops"),
    ("DOCKER", "isolation-drops-between-bridges"),
    ("INPUT", "input-drops-host-service"),
    ("OUTPUT", "output-policy-drop"),
    ("PREROUTING", "raw-drop-direct-routing"),
    ("FORWARD", "third-party-forward-chain-drops"),
)


def counted_drops(lines: Iterable[tuple[int, str]]) -> Iterator[Hinted]:
    """Yield the causes whose quoted rules have dropped packets, as their counters show.  Each cause is yielded once."""
    chain = ""
    known: set[str] = set()
    for number, line in lines:
        begun = _CHAIN.match(line)
        if begun is not None:
            chain = begun["nft"] or begun["listed"] or begun["saved"]
        found = _NATIVE.search(line) or _LISTED.match(line) or _SAVED.search(line)
        name = chain.upper()
        cause = next((cause for word, cause in _OF_CHAIN if word in name), "rule-decides-flow")
        if found is None or cause in known:
            continue
        known.add(cause)
        means = message("A DROP rule of chain {chain} has counted {packets} packets",
                        chain=chain or "?", packets=found["packets"])  # fmt: skip
        shows = message("the counter of this rule grows with each attempt")
        yield Hinted(cause, 18, means, number, line.strip()[:_LONGEST], command=_COMMAND, shows=shows)


_LOGGED = Sought(r"(?P<before>.*?)\bIN=(?P<into>[\w.@-]*)(?: OUT=(?P<out>[\w.@-]*)| (?=(?:MAC|SRC)=))")
_DROPPED = Sought(r"(?i)REJECT|DROP|BLOCK|DENY|DENIED")
_PASSED = Sought(r"(?i)\[UFW (?:ALLOW|AUDIT)|ACCEPT")
_BARE = Sought(r"\bkernel:\s*(?:\[\s*[\d.]+\]\s*)?$")
"""Matches the beginning of a line that a LOG rule without a prefix wrote.  People add such a rule at the end of a
chain."""


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
        yield Hinted(cause, 30 if is_drop else 14, said, number, line[:_LONGEST], command=command,
            shows=message("the rule that logs the packet, and no rule before it that accepts the packet"))  # fmt: skip


def dropped_surely(lines: Iterable[tuple[int, str]], ports: frozenset[int], inner: frozenset[int]) -> frozenset[str]:
    """Return the causes that the kernel's log shows: the first packet to one of the ports, which came from a
    container's bridge or should leave by one, and which a firewall dropped whose own prefix says so (``[UFW BLOCK]
    IN=docker0 OUT= … DPT=9000 … SYN``).  ``ports``: the ports of the host.  ``inner``: the ports of containers behind
    them.  Each is any port if it is empty."""
    found: set[str] = set()
    for _, line in lines:
        logged = _LOGGED.match(line)
        if logged is None or (_TCP.search(line) and not _SYN.search(line)):
            continue
        port = _TO_PORT.search(line)
        for prefix, is_inward, cause in _SURE:
            link, asked = (logged["into"], ports) if is_inward else (logged["out"], inner)
            is_asked = not asked or (port is not None and int(port[1]) in asked)
            is_there = is_engine_bridge(link or "") and not (is_inward and logged["out"])
            if is_asked and is_there and prefix.search(logged["before"]):
                found.add(cause)
    return frozenset(found)


_SURE = (
    (Sought(r"\[UFW BLOCK\]"), True, "input-drops-host-service"),
    (Sought(r"\[UFW DOCKER BLOCK\]"), False, "docker-user-drops"),
    (Sought(r"\bfilter_FWD[A-Z]?_\w+_(?:REJECT|DROP)\b|\bFINAL_REJECT\b"), False, "firewalld-bridge-in-wrong-zone"),
)
"""What a firewall writes before it drops a packet, whether the packet is for the host itself, and the cause.  ufw's
chains for a limit or an audit write other words; firewalld logs a denied packet and rejects it in the next rule."""
_TO_PORT = Sought(r"\bDPT=(\d+)\b")
_TCP = Sought(r"\bPROTO=TCP\b")
_SYN = Sought(r"\bSYN\b")


def _cause(before: str, *, is_forwarded: bool, has_out: bool) -> str:
    is_firewalld = re.search(r"(?:FWD|FWDI|FWDO|IN|FINAL)_|filter_|FINAL_REJECT|STATE_INVALID", before) is not None
    if is_forwarded:
        if "UFW" in before:
            return "ufw-forward-policy"
        return "firewalld-bridge-in-wrong-zone" if is_firewalld else "rule-decides-flow"
    if has_out:
        return "output-policy-drop"
    return "firewalld-zone-blocks-port" if is_firewalld else "input-drops-host-service"
