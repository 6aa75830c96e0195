"""Readings of files in /proc: the values of sysctls, the lists of rate limits, counters, and IPVS services.

The lists of xt_recent and xt_hashlimit, as ``grep`` prints the files of their folders in /proc/net:

    line    := "uptime:" SECONDS | "jiffies:" NUMBER | PATH ":" (recent | bucket)
    recent  := "src=" ADDRESS "ttl:" N "last_seen:" N "oldest_pkt:" N STAMP ("," STAMP)*
    bucket  := SECONDS END "->" END CREDIT CAP COST
    END     := ADDRESS ":" PORT, IPv6: "[" ADDRESS "]" ":" PORT (the collector writes the brackets)

Source: net/netfilter/xt_recent.c recent_seq_show(), xt_hashlimit.c dl_seq_print()

Counters of the kernel's tables, as ``grep -H`` prints the files of /proc/net/stat: a line of names, then a line of
hexadecimal numbers for each CPU.

Source: net/netfilter/nf_conntrack_standalone.c ct_cpu_seq_show(), net/core/neighbour.c neigh_stat_seq_show()

Queues of NFQUEUE from ``/proc/net/netfilter/nfnetlink_queue``.

    line := NUMBER PORT-ID TOTAL COPY-MODE RANGE DROPPED USER-DROPPED ID "1"

Source: net/netfilter/nfnetlink_queue.c seq_show()

Virtual services of IPVS from ``/proc/net/ip_vs``.

    service := "FWM" MARK SCHEDULER … | ("TCP" | "UDP" | "SCTP") ADDRESS ":" PORT SCHEDULER …
    server  := "->" ADDRESS ":" PORT FORWARD WEIGHT …

Numbers are hexadecimal, in their usual order; an IPv6 address stands in brackets.
Source: net/netfilter/ipvs/ip_vs_ctl.c ip_vs_info_seq_show()

Values under /proc/sys/net from ``/proc/sys/net/…:value`` lines (``grep -r``).

    line := "/proc/sys/net/" PART ("/" PART)* ":" VALUE

If the value of a sysctl has several lines, each line begins with the sysctl's path.
"""

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.limit_state import Counters, HashBucket, LimitState, RecentAddress
from hairpin.host.socket import VirtualService
from hairpin.host.sysctl import Path, Sysctls
from hairpin.message import message
from hairpin.netfilter.address import parse_address

_ROOT = "/proc/sys/"
_NO_PARTS = frozenset(("", ".", ".."))
_HZ = (100, 250, 300, 1000)
_STARTS_BELOW_ZERO_S = 300
_NEAR_S = 60
"""``jiffies`` starts 300 s below 2**32 (INITIAL_JIFFIES).  If the uptime is within this many seconds of 300 s, any
frequency would fit."""
_PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}


def sysctls(reading: Reading) -> Sysctls:
    """Return the values of sysctls by path; raise ParseError with the line."""
    values: dict[Path, str] = {}
    for number, line in enumerate(reading.text.split("\n"), 1):
        if not line:
            continue
        name, colon, value = line.partition(":")
        path = tuple(name[len(_ROOT) :].split("/"))
        if not colon or not name.startswith(_ROOT) or path[0] != "net" or not _NO_PARTS.isdisjoint(path):
            raise ParseError(message("not a sysctl and its value"), source=reading.origin, line=number, text=line)
        values[path] = f"{values[path]}\n{value}" if path in values else value
    return Sysctls(values, reading.id)


def limits(reading: Reading) -> LimitState:
    """Return the state of rate limits; raise ParseError with the line."""
    recent: list[RecentAddress] = []
    buckets: list[HashBucket] = []
    uptime_s: float | None = None
    jiffies: int | None = None
    for number, line in enumerate(reading.text.split("\n"), 1):
        try:
            if line.startswith("uptime:"):
                uptime_s = float(line.split()[1])
            elif line.startswith("jiffies:"):
                jiffies = int(line.split()[1])
            elif "xt_recent/" in line:
                recent.append(_recent(line))
            elif "_hashlimit/" in line:
                buckets.append(_bucket(line))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=number, text=line) from None
    ticks = _ticks_per_s(jiffies, uptime_s) if jiffies is not None and uptime_s is not None else None
    return LimitState(tuple(recent), tuple(buckets), jiffies, ticks, reading.id)


def _recent(line: str) -> RecentAddress:
    path, _, said = line.partition(":src=")
    words = said.replace(",", " ").split()
    version, address = parse_address(words[0])
    return RecentAddress(path.rpartition("/")[2], version, address, tuple(map(int, words[7:])))


def _bucket(line: str) -> HashBucket:
    path, _, said = line.partition(":")
    _, ends, credit, _, cost = said.split()
    source, _, destination = ends.partition("->")
    (version, saddr), sport = _end(source)
    (_, daddr), dport = _end(destination)
    name = path.rpartition("/")[2]
    return HashBucket(name, version, saddr, sport, daddr, dport, int(credit), int(cost))


def _end(text: str) -> tuple[tuple[int, int], int]:
    address, _, port = text.rpartition(":")
    return parse_address(address.strip("[]")), int(port)


def _ticks_per_s(jiffies: int, uptime_s: float) -> int | None:
    """Return HZ: ``jiffies`` starts at ``2**32 - 300 * HZ``.  Return None if the uptime is too close to 300 s."""
    since_s = uptime_s - _STARTS_BELOW_ZERO_S
    if abs(since_s) < _NEAR_S:
        return None
    measured = (jiffies - (1 << 32)) / since_s
    return min(_HZ, key=lambda each: abs(each - measured))


def queues(reading: Reading) -> frozenset[int] | None:
    """Return the queues that a program reads; raise ParseError with the line.  A queue with the copy mode 0 gets no
    packet: nfqnl_enqueue_packet()."""
    found: set[int] = set()
    for number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        try:
            if words and int(words[3]):
                found.add(int(words[0]))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=number, text=line) from None
    return frozenset(found)


def counters(reading: Reading) -> Counters:
    """Return the counters, summed over all CPUs; raise ParseError with the line.  ``entries`` is not summed, because
    each line has the same number."""
    names: dict[str, list[str]] = {}
    sums: dict[tuple[str, str], int] = {}
    for number, line in enumerate(reading.text.split("\n"), 1):
        path, _, said = line.partition(":")
        table = path.rpartition("/")[2]
        words = said.split()
        if not words:
            continue
        if table not in names:
            names[table] = words
            continue
        try:
            for name, word in zip(names[table], words, strict=False):
                value = int(word, 16)
                sums[table, name] = value if name == "entries" else sums.get((table, name), 0) + value
        except ValueError as error:
            raise ParseError(reason_of(error), source=reading.origin, line=number, text=line) from None
    return Counters(
        dropped=sums.get(("nf_conntrack", "drop"), 0),
        evicted=sums.get(("nf_conntrack", "early_drop"), 0),
        neighbours=tuple(
            (version, sums[table, "entries"], sums.get((table, "table_fulls"), 0))
            for version, table in ((4, "arp_cache"), (6, "ndisc_cache"))
            if (table, "entries") in sums
        ),
        evidence=reading.id,
    )


def virtual_services(reading: Reading) -> tuple[VirtualService, ...]:
    """Return the IPVS services, each with the number of its servers whose weight is not zero; raise ParseError with the
    line."""
    found: list[VirtualService] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        try:
            if words[:1] == ["FWM"]:
                found.append(VirtualService(mark=int(words[1], 16), evidence=reading.id))
            elif words and words[0] in _PROTOCOLS:
                address, _, port = words[1].rpartition(":")
                version, value = parse_address(address.strip("[]")) if "[" in address else (4, int(address, 16))
                service = VirtualService(None, _PROTOCOLS[words[0]], version, value, int(port, 16), reading.id)
                found.append(service)
            elif words[:1] == ["->"] and len(words) > 3 and words[3].isdigit() and found:  # other lines are the heading
                found[-1] = msgspec.structs.replace(found[-1], servers=found[-1].servers + (words[3] != "0"))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found)
