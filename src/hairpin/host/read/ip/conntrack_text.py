"""Tracked connections from ``conntrack -L -o extended`` and ``/proc/net/nf_conntrack``.

    entry := ["ipv4" NUMBER | "ipv6" NUMBER] NAME PROTOCOL [TIMEOUT] [STATE]
             tuple counters? ["[UNREPLIED]"] tuple counters? [STATUS] (KEY "=" VALUE)*
    tuple := "src=" ADDRESS "dst=" ADDRESS [("sport=" PORT "dport=" PORT) | ("type=" N "code=" N "id=" N)]
    STATUS := "[ASSURED]" | "[OFFLOAD]" | "[HW_OFFLOAD]"

Source: libnetfilter_conntrack src/conntrack/snprintf_default.c; net/netfilter/nf_conntrack_standalone.c ct_seq_show().
"""

import re
from typing import Literal, get_args

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.address import parse_address
from hairpin.netfilter.packet import ICMP_ANSWERS, TCP, TCP_CLOSED, Connection, Tcp, TcpState, Tuple

TRUNCATED = "# truncated:"
_PORTS = r"src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)"
# The usual form of an entry: TCP or UDP, without counters and zones.
_USUAL = re.compile(
    rf"(?:ipv[46] +\d+ )?(?:tcp|udp) +(\d+) (\d+ )?([A-Z]\w+ )?{_PORTS} (\[UNREPLIED\] )?{_PORTS} (\[ASSURED\] )?"
    r"(?:mark=(\d+) )?(?:zone=0 )?use=\d+\s*"
)
_HEAD = re.compile(r"(?:ipv[46]\s+\d+\s+)?\S+\s+(\d+)\s+(?:(\d+)\s+)?(?:([A-Z]\w+)\s)?")
_TCP_STATES: dict[str, TcpState] = {name: name for name in get_args(TcpState)}
_FIELD = re.compile(r"(?:^|\s)([a-z-]+)=(\S+)")


def parse(reading: Reading) -> tuple[Connection, ...]:
    """Return the conntrack entries in the order of the reading; raise ParseError with the line."""
    numbers: dict[str, tuple[Literal[4, 6], int]] = {}
    found: list[Connection] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        usual = _USUAL.fullmatch(line)
        try:
            found.append(_usual(usual, numbers, reading.id) if usual is not None else _entry(line, numbers, reading.id))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found)


def truncation(text: str) -> str | None:
    """Return the note in which the collector says that it omitted some entries; None if there is no such note."""
    last = text.rstrip().rpartition("\n")[2]
    return last.removeprefix("# ") if last.startswith(TRUNCATED) else None


def _usual(match: re.Match[str], numbers: dict[str, tuple[Literal[4, 6], int]], evidence: str) -> Connection:
    name, timeout, tcp_state, s1, d1, sp1, dp1, unreplied, s2, d2, sp2, dp2, assured, mark = match.groups()
    protocol = int(name)
    version, saddr = _number(s1, numbers)
    forth = Tuple(saddr, _number(d1, numbers)[1], protocol, int(sp1), int(dp1))
    back = Tuple(_number(s2, numbers)[1], _number(d2, numbers)[1], protocol, int(sp2), int(dp2))
    status = ir.STATUS_CONFIRMED | (0 if unreplied else ir.STATUS_SEEN_REPLY) | (ir.STATUS_ASSURED if assured else 0)
    if forth.saddr != back.daddr or sp1 != dp2:
        status |= ir.STATUS_SNAT
    if forth.daddr != back.saddr or dp1 != sp2:
        status |= ir.STATUS_DNAT
    return Connection(
        version,
        forth,
        back,
        status,
        int(mark or 0),
        live=True,
        evidence=evidence,
        timeout_s=int(timeout) if timeout else None,
        tcp=_tcp(protocol, tcp_state),
    )


def _entry(line: str, numbers: dict[str, tuple[Literal[4, 6], int]], evidence: str) -> Connection:
    head = _HEAD.match(line)
    if head is None:
        raise MalformedError(message("not a conntrack entry"))
    fields = _FIELD.findall(line)
    starts = [position for position, (key, _) in enumerate(fields) if key == "src"]
    if len(starts) != 2:
        raise MalformedError(message("not a conntrack entry: it has {count} tuples instead of two", count=len(starts)))
    every = dict(fields[starts[1] :])
    zone = dict(fields).get("zone") or dict(fields).get("zone-orig") or "0"
    forth = _tuple(int(head[1]), dict(fields[starts[0] : starts[1]]), numbers)
    back = _tuple(int(head[1]), every, numbers)
    status = ir.STATUS_CONFIRMED | (0 if "[UNREPLIED]" in line else ir.STATUS_SEEN_REPLY) | _nat(forth, back)
    if "[ASSURED]" in line:
        status |= ir.STATUS_ASSURED
    if "OFFLOAD]" in line:
        status |= ir.STATUS_OFFLOAD  # the tool prints [OFFLOAD] instead of [ASSURED]
    version, _ = _number(every["src"], numbers)
    mark = int(every.get("mark", "0"), 0)
    return Connection(
        version,
        forth,
        back,
        status,
        mark,
        int(zone),
        live=True,
        evidence=evidence,
        timeout_s=int(head[2]) if head[2] else None,
        tcp=_tcp(int(head[1]), head[3]),
    )


def _tcp(protocol: int, state: str | None) -> Tcp | None:
    """Return the TCP state of an entry.  A closed connection counts as ``closing``, because any SYN opens a new
    connection."""
    name = _TCP_STATES.get(state.rstrip()) if state is not None and protocol == TCP else None
    return Tcp(name, closing=name in TCP_CLOSED) if name is not None else None


def _tuple(protocol: int, fields: dict[str, str], numbers: dict[str, tuple[Literal[4, 6], int]]) -> Tuple:
    if "dst" not in fields:
        raise MalformedError(message("a conntrack tuple has src= and dst="))
    saddr, daddr = _number(fields["src"], numbers)[1], _number(fields["dst"], numbers)[1]
    if "id" in fields:
        icmp = int(fields.get("type", "0")) << 8 | int(fields.get("code", "0"))
        return Tuple(saddr, daddr, protocol, int(fields["id"], 0), icmp)
    return Tuple(saddr, daddr, protocol, int(fields.get("sport", "0"), 0), int(fields.get("dport", "0"), 0))


def _number(text: str, numbers: dict[str, tuple[Literal[4, 6], int]]) -> tuple[Literal[4, 6], int]:
    """Return the IP version and the number of an address.  The result is kept in ``numbers``, because most entries have
    the same few addresses."""
    known = numbers.get(text)
    if known is None:
        known = numbers[text] = parse_address(text)
    return known


def _nat(original: Tuple, reply: Tuple) -> int:
    """Return the status bits for NAT.  The tool does not print these bits, but the two tuples of a translated entry
    differ."""
    ported = original.protocol not in ICMP_ANSWERS
    snat = original.saddr != reply.daddr or original.sport != (reply.dport if ported else reply.sport)
    dnat = original.daddr != reply.saddr or (ported and original.dport != reply.sport)
    return (ir.STATUS_SNAT if snat else 0) | (ir.STATUS_DNAT if dnat else 0)
