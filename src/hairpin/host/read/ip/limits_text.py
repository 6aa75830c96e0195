"""The lists of xt_recent and xt_hashlimit, as ``grep`` prints the files of their folders in /proc/net.

    line    := "uptime:" SECONDS | "jiffies:" NUMBER | PATH ":" (recent | bucket)
    recent  := "src=" ADDRESS "ttl:" N "last_seen:" N "oldest_pkt:" N STAMP ("," STAMP)*
    bucket  := SECONDS END "->" END CREDIT CAP COST
    END     := ADDRESS ":" PORT, IPv6: "[" ADDRESS "]" ":" PORT (the collector writes the brackets)

Source: net/netfilter/xt_recent.c recent_seq_show(), xt_hashlimit.c dl_seq_print()
"""

from hairpin.errors import ParseError, reason_of
from hairpin.host.limit_state import HashBucket, LimitState, RecentAddress
from hairpin.netfilter.address import parse_address

_HZ = (100, 250, 300, 1000)
_STARTS_BELOW_ZERO_S = 300
_NEAR_S = 60
"""The clock of the kernel starts 300 s before 2 to the power of 32 (INITIAL_JIFFIES), so near that time any frequency
would fit."""


def parse(text: str, *, source: str, evidence: str = "") -> LimitState:
    """Return the state; raise ParseError with the line."""
    recent: list[RecentAddress] = []
    buckets: list[HashBucket] = []
    uptime_s: float | None = None
    jiffies: int | None = None
    for number, line in enumerate(text.split("\n"), 1):
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
            raise ParseError(reason_of(error), source=source, line=number, text=line) from None
    ticks = _ticks_per_s(jiffies, uptime_s) if jiffies is not None and uptime_s is not None else None
    return LimitState(tuple(recent), tuple(buckets), jiffies, ticks, evidence)


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
    """Return the frequency of the kernel's clock, which starts at ``2**32 - 300 * HZ``; None if it cannot be told."""
    since_s = uptime_s - _STARTS_BELOW_ZERO_S
    if abs(since_s) < _NEAR_S:
        return None
    measured = (jiffies - (1 << 32)) / since_s
    return min(_HZ, key=lambda each: abs(each - measured))
