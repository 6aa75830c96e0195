"""Tracked connections from ``conntrack -L -o extended`` and ``/proc/net/nf_conntrack``.

    entry := ["ipv4" NUMBER | "ipv6" NUMBER] NAME PROTOCOL [TIMEOUT] [STATE]
             tuple counters? ["[UNREPLIED]"] tuple counters? ["[ASSURED]"] (KEY "=" VALUE)*
    tuple := "src=" ADDRESS "dst=" ADDRESS [("sport=" PORT "dport=" PORT) | ("type=" N "code=" N "id=" N)]

Source: libnetfilter_conntrack src/conntrack/snprintf_default.c; net/netfilter/nf_conntrack_standalone.c ct_seq_show().
"""

import re
from typing import Literal, NamedTuple

from hairpin.errors import ParseError
from hairpin.host.address_text import address
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_DNAT, STATUS_SEEN_REPLY, STATUS_SNAT
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, Connection, Tuple

TRUNCATED = "# truncated:"
_PORTS = r"src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)"
# Nine entries of ten: TCP or UDP, without counters and zones.
_USUAL = re.compile(
    rf"(?:ipv[46] +\d+ )?(?:tcp|udp) +(\d+) [^=\[]*{_PORTS} (\[UNREPLIED\] )?{_PORTS} (\[ASSURED\] )?"
    r"(?:mark=(\d+) )?(?:zone=0 )?use=\d+\s*"
)
_HEAD = re.compile(r"(?:ipv[46]\s+\d+\s+)?\S+\s+(\d+)\s")
_FIELD = re.compile(r"(?:^|\s)([a-z-]+)=(\S+)")


class _Side(NamedTuple):
    saddr: str
    daddr: str
    sport: int
    dport: int


def parse(text: str, *, source: str, evidence: str = "") -> tuple[Connection, ...]:
    """Return the entries in the order of the reading; raise ParseError with the line."""
    numbers: dict[str, tuple[Literal[4, 6], int]] = {}
    found: list[Connection] = []
    for line_number, line in enumerate(text.split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        usual = _USUAL.fullmatch(line)
        try:
            found.append(_usual(usual, numbers, evidence) if usual is not None else _entry(line, numbers, evidence))
        except (ValueError, IndexError) as error:
            raise ParseError(str(error), source=source, line=line_number, text=line) from None
    return tuple(found)


def truncation(text: str) -> str | None:
    """Return what the collector says of entries that it left out, or None."""
    last = text.rstrip().rpartition("\n")[2]
    return last.removeprefix("# ") if last.startswith(TRUNCATED) else None


def _usual(match: re.Match[str], numbers: dict[str, tuple[Literal[4, 6], int]], evidence: str) -> Connection:
    protocol, s1, d1, sp1, dp1, unreplied, s2, d2, sp2, dp2, assured, mark = match.groups()
    return _connection(
        int(protocol),
        _Side(s1, d1, int(sp1), int(dp1)),
        _Side(s2, d2, int(sp2), int(dp2)),
        (0 if unreplied else STATUS_SEEN_REPLY) | (STATUS_ASSURED if assured else 0),
        int(mark or 0),
        0,
        numbers,
        evidence,
    )


def _entry(line: str, numbers: dict[str, tuple[Literal[4, 6], int]], evidence: str) -> Connection:
    head = _HEAD.match(line)
    if head is None:
        raise ValueError("not a conntrack entry")
    fields = _FIELD.findall(line)
    starts = [position for position, (key, _) in enumerate(fields) if key == "src"]
    if len(starts) != 2:
        raise ValueError("a conntrack entry has two tuples")
    every = dict(fields[starts[1] :])
    zone = dict(fields).get("zone") or dict(fields).get("zone-orig") or "0"
    status = (0 if "[UNREPLIED]" in line else STATUS_SEEN_REPLY) | (STATUS_ASSURED if "[ASSURED]" in line else 0)
    return _connection(
        int(head[1]),
        _side(dict(fields[starts[0] : starts[1]])),
        _side(every),
        status,
        int(every.get("mark", "0"), 0),
        int(zone),
        numbers,
        evidence,
    )


def _side(fields: dict[str, str]) -> _Side:
    if "dst" not in fields:
        raise ValueError("a conntrack tuple has src= and dst=")
    identity = fields.get("id", "0")
    sport, dport = fields.get("sport", identity), fields.get("dport", identity)
    return _Side(fields["src"], fields["dst"], int(sport, 0), int(dport, 0))


def _connection(
    protocol: int,
    original: _Side,
    reply: _Side,
    status: int,
    mark: int,
    zone: int,
    numbers: dict[str, tuple[Literal[4, 6], int]],
    evidence: str,
) -> Connection:
    version, saddr = _number(original.saddr, numbers)
    forth = Tuple(saddr, _number(original.daddr, numbers)[1], protocol, original.sport, original.dport)
    back = Tuple(_number(reply.saddr, numbers)[1], _number(reply.daddr, numbers)[1], protocol, reply.sport, reply.dport)
    status |= STATUS_CONFIRMED | _nat(forth, back)
    return Connection(version, forth, back, status, mark, zone, live=True, evidence=evidence)


def _number(text: str, numbers: dict[str, tuple[Literal[4, 6], int]]) -> tuple[Literal[4, 6], int]:
    """Return version and number; the same few addresses come back in every entry."""
    known = numbers.get(text)
    if known is None:
        known = numbers[text] = address(text)
    return known


def _nat(original: Tuple, reply: Tuple) -> int:
    """Return the translation bits: the tool does not print them, but the two tuples of a translated entry differ."""
    ported = original.protocol in (TCP, UDP) or original.protocol not in (ICMP, ICMP6)
    snat = original.saddr != reply.daddr or original.sport != reply.dport
    dnat = original.daddr != reply.saddr or (ported and original.dport != reply.sport)
    return (STATUS_SNAT if snat else 0) | (STATUS_DNAT if dnat else 0)
