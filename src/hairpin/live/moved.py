"""The counters of one namespace, read before and after the probes: of rules, of drops in the kernel, of links, of the
receive queues of the processors, and of connection tracking.

They count all traffic, not only the probes.  Source: proc(5), net/ipv4/proc.c, net/core/net-procfs.c,
net/netfilter/nf_conntrack_standalone.c
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from hairpin.carry.run import SEARCH_PATH
from hairpin.errors import ParseError
from hairpin.host.netns import Netns
from hairpin.judges.observation import MovedCounter
from hairpin.netfilter.nft import listing
from hairpin.replica.judgement import Hit
from hairpin.replica.watch.counters import hits, saved

_SAVES = {
    "iptables-nft": ("iptables-nft-save", "ip6tables-nft-save"),
    "iptables-legacy": ("iptables-legacy-save", "ip6tables-legacy-save"),
}
_PATIENCE_S = 20.0
_SAID = (
    "drop", "discard", "error", "errs", "noroute", "filter", "overflow", "nobuf", "lost", "fails", "full", "rst",
    "noport", "failed", "pruned", "timeouts", "retrans", "invalid",
)  # fmt: skip
"""What the name of a counter has in it if it counts packets that were not carried on."""
_SOFTNET = ((1, "dropped"), (2, "time_squeeze"))
_LINK = ((2, "rx_errs"), (3, "rx_drop"), (10, "tx_errs"), (11, "tx_drop"))
_Key = tuple[str, Literal["drop", "reject", "other"]]


def read_counters(netns: Netns, dialects: frozenset[str]) -> dict[_Key, int]:
    """Return the counters of the namespace that this process is in, by their names and what their rules do.

    ``dialects``: the dialects of the rules that were read there.  No other tool is asked, because some tools load the
    modules that they read."""
    found: dict[_Key, int] = {}
    for each in _rules(netns, dialects):
        key: _Key = (f"{each.family} {each.table} {each.chain} {each.text}", each.does)
        found[key] = found.get(key, 0) + each.packets
    found |= {(name, "other"): value for name, value in _of_kernel()}
    return found


def moved_counters(netns: Netns, before: dict[_Key, int], after: dict[_Key, int]) -> tuple[MovedCounter, ...]:
    """Return the counters that grew: first those of rules that drop or reject, then the largest growth."""
    grown = ((key, value - before.get(key, 0)) for key, value in after.items())
    found = [MovedCounter(netns, name, by, does) for (name, does), by in grown if by > 0]
    return tuple(sorted(found, key=lambda each: (each.does == "other", -each.by, each.name)))


def _rules(netns: Netns, dialects: frozenset[str]) -> Iterator[Hit]:
    for dialect, tools in _SAVES.items():
        for tool, family in zip(tools, ("ip", "ip6"), strict=True) if dialect in dialects else ():
            where = Hit(netns, dialect, family, "", "", 0, "", 0)
            yield from (each for each in saved(_output(tool, "-c"), where) if each.does != "other")
    if "nft" in dialects:
        try:
            tables = listing.parse(_output("nft", "-j", "list", "ruleset"), source="nft -j list ruleset")
        except ParseError:
            return
        for table in tables:
            yield from (each for each in hits(netns, table) if each.does != "other")


def _output(*argv: str) -> str:
    environment = {"PATH": SEARCH_PATH, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment,
            timeout=_PATIENCE_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _of_kernel() -> Iterator[tuple[str, int]]:
    """Yield the counters of /proc/net whose names say that packets were not carried on."""
    for file in ("snmp", "netstat"):
        lines = _lines(file)
        for names, values in zip(lines[::2], lines[1::2], strict=False):
            protocol = names.partition(":")[0]
            for name, value in list(zip(names.split(), values.split(), strict=False))[1:]:
                if any(word in name.lower() for word in _SAID):
                    yield f"{protocol}{name}", int(value)
    for line in _lines("snmp6"):
        name, _, value = line.partition(" ")
        if any(word in name.lower() for word in _SAID):
            yield name.strip(), int(value)
    for line in _lines("dev")[2:]:
        link, _, rest = line.partition(":")
        columns = rest.split()
        yield from ((f"{link.strip()} {name}", int(columns[at])) for at, name in _LINK if len(columns) > at)
    yield from _by_processor()


def _by_processor() -> Iterator[tuple[str, int]]:
    """Yield the sums over all processors of the counters of receive queues and of connection tracking."""
    rows = [line.split() for line in _lines("softnet_stat")]
    for at, name in _SOFTNET:
        yield f"softnet {name}", sum(int(row[at], 16) for row in rows if len(row) > at)
    names, *others = _lines("stat/nf_conntrack") or [""]
    rows = [line.split() for line in others]
    for at, name in enumerate(names.split()):
        if any(word in name for word in ("drop", "invalid", "insert_failed", "error", "clash")):
            yield f"conntrack {name}", sum(int(row[at], 16) for row in rows if len(row) > at)


def _lines(file: str) -> list[str]:
    try:
        return Path(f"/proc/self/net/{file}").read_text("ascii", "replace").splitlines()
    except OSError:
        return []
