"""Packets in the output of tcpdump, if they clearly show a SYN without an answer, or an answer.

    line := [TIME] [LINK "In"|"Out"] "IP " ADDRESS "."  PORT " > " ADDRESS "."  PORT ": Flags [" FLAGS "]" …

Source: tcpdump print-tcp.c, print-icmp.c
"""

from collections import defaultdict

from hairpin.evidence.told import Result
from hairpin.pasted.form import Found, OutputForm, Paste
from hairpin.pasted.forms.outcomes.outcome import ADDRESS, Seen, output_with
from hairpin.sought import Sought

_LINE = Sought(
    r"\s*(?:\d\d\d\d-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (?:[\w.@-]+\s+(?:In|Out|B|M"
    r"|P)\s+)?(?:ethertype IPv4, |[0-9a-f:]{17} > .*: )?(?:IP|IP6|ARP)[ ,]"
)
_TCP = Sought(
    r"(?:IP6? |^\s+)(?P<from>\S+)\.(?P<sport>\d+|[a-z][\w-]*) > (?P<to>\S+)\.(?P<dport>\d+"
    r"|[a-z][\w-]*): Flags \[(?P<flags>[A-Z.]+)\]"
)
_BELONGS = Sought(
    r"\s*(?:\d\d:\d\d:\d\d\.|\d{4}-\d\d-\d\d \d\d:|0x[0-9a-f]{4}:|tcpdump: |listening on |\d+ packets |\s{4}\S)"
)
_ECHO = Sought(rf"IP (?P<from>{ADDRESS}) > (?P<to>{ADDRESS}): ICMP echo (?P<kind>request|reply)")
_LEAST_SYNS = 2
_NAMES = {
    "http": 80,
    "https": 443,
    "domain": 53,
    "webcache": 8080,
    "http-alt": 8080,
    "ssh": 22,
    "mysql": 3306,
    "postgresql": 5432,
}


def _packets(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _BELONGS.match, blank=1)
    syns: dict[tuple[str, str, str, str], int] = defaultdict(int)
    answers: dict[tuple[str, str, str, str], str] = {}
    asked: dict[tuple[str, str], int] = defaultdict(int)
    replied: set[tuple[str, str]] = set()
    for line in paste.lines[start:end]:
        echo = _ECHO.search(line)
        if echo is not None and echo["kind"] == "request":
            asked[echo["from"], echo["to"]] += 1
        elif echo is not None:
            replied.add((echo["to"], echo["from"]))
        packet = _TCP.search(line)
        if packet is None:
            continue
        there = (packet["from"], packet["sport"], packet["to"], packet["dport"])
        back = (*there[2:], *there[:2])
        if packet["flags"] in ("S", "SEW"):
            syns[there] += 1
        elif back in syns:
            answers.setdefault(back, packet["flags"])
    seen = [each for flow, count in syns.items() if (each := _of_flow(flow, count, answers.get(flow))) is not None]
    seen += [
        Seen("tcpdump", target, None, "timeout", "icmp", source=source)
        for (source, target), count in asked.items()
        if count >= _LEAST_SYNS and (source, target) not in replied
    ]
    return (
        output_with(paste, start, end, dict.fromkeys(seen), told="tcpdump", command=paste.command_above(start))
        if seen or _TCP.search(paste.lines[start]) or _ECHO.search(paste.lines[start])
        else None
    )


def _of_flow(flow: tuple[str, str, str, str], count: int, answer: str | None) -> Seen | None:
    result: Result | None = None
    if answer is not None:
        result = "refused" if answer.startswith("R") else "answered" if answer.startswith("S") else None
    elif count >= _LEAST_SYNS:
        result = "timeout"
    port = int(flow[3]) if flow[3].isdigit() else _NAMES.get(flow[3])
    return Seen("tcpdump", flow[2], port, result, source=flow[0]) if result is not None else None


FORMS = (OutputForm(_LINE, _packets),)
