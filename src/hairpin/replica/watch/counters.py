"""Finds the rules that a packet matched, from the kernel's own counters.

In a new namespace all counters are zero, so after the first packet they show the rules that this packet matched.  For a
later packet, the increases of the counters show the rules that it matched.
"""

import subprocess
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.carry.run import SEARCH_PATH
from hairpin.errors import ParseError
from hairpin.host.netns import Netns
from hairpin.netfilter.iptables.words import split_words
from hairpin.netfilter.ir import Chain, Jump, Reject, Rule, Table, Verdict, VerdictMap
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.network.prefix import Version
from hairpin.replica.judgement import Hit
from hairpin.replica.plan.blueprint import NetnsPlan

_SAVE: dict[str, tuple[str, Literal["ip", "ip6"], Literal["iptables-nft", "iptables-legacy"]]] = {
    "iptables-nft-restore": ("iptables-nft-save", "ip", "iptables-nft"),
    "ip6tables-nft-restore": ("ip6tables-nft-save", "ip6", "iptables-nft"),
    "iptables-legacy-restore": ("iptables-legacy-save", "ip", "iptables-legacy"),
    "ip6tables-legacy-restore": ("ip6tables-legacy-save", "ip6", "iptables-legacy"),
}


_Key = tuple[Netns, str, str, str, str, int, str]
"""The key of a rule: namespace, dialect, family, table, chain, number, text.  The number is needed because several
rules may have the same text.  A new rule shifts the numbers, so all counters are read again after a change."""


_BUILT_IN = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


class Counters:
    """The counters of one replica, with their values at the last reading."""

    def __init__(self) -> None:
        self._before: dict[_Key, int] = {}

    def read(self, plan: NetnsPlan, tools: frozenset[str], version: Version) -> tuple[Hit, ...]:
        """Return the rules in the process's present namespace that packets have matched since the last reading."""
        found: dict[_Key, Hit] = {}
        native = frozenset((load.table.family, load.table.name) for load in plan.loads if load.table is not None)
        for hit in _counted(plan.netns, tools, version, native):
            key = (hit.netns, hit.dialect, hit.family, hit.table, hit.chain, hit.number, hit.text)
            earlier = found.get(key)
            packets = hit.packets + (earlier.packets if earlier is not None else 0)
            found[key] = msgspec.structs.replace(hit, packets=packets)
        news: list[Hit] = []
        for key, hit in found.items():
            more = hit.packets - self._before.get(key, 0)
            self._before[key] = hit.packets
            if more > 0:
                news.append(msgspec.structs.replace(hit, packets=more))
        return tuple(news)


def _counted(
    netns: Netns, tools: frozenset[str], version: Version, native: frozenset[tuple[str, str]]
) -> Iterator[Hit]:
    for tool, (save, family, dialect) in _SAVE.items():
        if tool in tools and (family == "ip") == (version == 4):
            yield from saved(_said((save, "-c")), Hit(netns, dialect, family, "", "", 0, "", 0))
    if "ebtables-nft-restore" in tools:
        yield from saved(_said(("ebtables-nft-save", "-c")), Hit(netns, "ebtables", "bridge", "", "", 0, "", 0))
    if tools & {"nft", "nft-json"}:
        for table in _native(_said(("nft", "-j", "list", "ruleset")), native):
            yield from hits(netns, table)


def _said(argv: tuple[str, ...]) -> str:
    environment = {"PATH": SEARCH_PATH, "LC_ALL": "C"}  # cron's own PATH has no /usr/sbin
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment
        )
    except FileNotFoundError:  # the load of the rules has said already that the tool is not installed
        return ""
    return done.stdout if done.returncode == 0 else ""


def saved(text: str, where: Hit) -> Iterator[Hit]:
    """Yield the rules and policies with a counter above zero in ``iptables-save -c`` or ``ebtables-save -c``.

    ``where``: namespace, dialect and family of the hits.  Lines with a counter of zero are not parsed, because a
    ruleset may have tens of thousands of them."""
    table = ""
    numbers: dict[str, int] = {}
    for line in text.split("\n"):
        if line.startswith("["):
            chain = line.split(" ", 3)[2]
            numbers[chain] = numbers.get(chain, 0) + 1
            if not line.startswith("[0:"):
                counter, _, rule = line.partition(" ")
                yield msgspec.structs.replace(
                    where,
                    table=table,
                    chain=chain,
                    number=numbers[chain],
                    text=rule,
                    packets=_packets(counter),
                    does=_target(rule),
                )
        elif line.startswith("*"):
            table, numbers = line[1:], {}
        elif line.startswith(":") and line.count(" ") == 2:  # ebtables has no policy counters
            chain, policy, counter = line[1:].split(" ")
            if policy == "DROP" and _packets(counter):
                yield msgspec.structs.replace(
                    where, table=table, chain=chain, text="policy drop", packets=_packets(counter), does="drop"
                )


def _packets(counter: str) -> int:
    return int(counter[1:].partition(":")[0])


def _target(rule: str) -> Literal["drop", "reject", "other"]:
    words = split_words(rule)
    target = words[words.index("-j") + 1] if "-j" in words[:-1] else ""
    return "drop" if target == "DROP" else "reject" if target == "REJECT" else "other"


def _native(text: str, native: frozenset[tuple[str, str]]) -> Iterator[Table]:
    """Yield the tables whose counters nft shows: the tables in ``native``, and the tables that have no chains of
    iptables or ebtables."""
    if not text:
        return
    try:
        tables = nft_listing.parse(text, source="nft -j list ruleset")
    except ParseError:
        return
    for table in tables:
        theirs = table.family in ("ip", "ip6", "bridge") and any(chain.name in _BUILT_IN for chain in table.chains)
        if not theirs or (table.family, table.name) in native:
            yield table


def hits(netns: Netns, table: Table) -> Iterator[Hit]:
    """Yield the rules and policies of an nft table that packets matched."""
    for chain in table.chains:
        for rule in chain.rules:
            if rule.packets:
                yield _hit(netns, table, chain, rule)
        # A packet that returns from a base chain gets the chain's policy: nf_tables_core.c nft_do_chain().
        returned = _returned(chain) if chain.policy == "drop" else 0
        if returned:
            place = (netns, table.dialect, table.family, table.name, chain.name)
            yield Hit(*place, 0, "policy drop", returned, "drop")


def _returned(chain: Chain) -> int:
    """Return a lower bound for the number of packets that have returned from the chain.  The chain's last rule must
    count all packets that reach it."""
    found = 0
    for at, rule in enumerate(chain.rules):
        last = rule.body[-1] if rule.body else None
        if last == Verdict("return"):
            found += rule.packets or 0
        elif isinstance(last, VerdictMap) and {each.verdict for each in last.elements} == {Verdict("return")}:
            # The kernel increments the rule's counter before it looks up the packet's key in the verdict map.  A packet
            # whose key is not in the map goes on to the later rules.
            found += max(0, (rule.packets or 0) - sum(each.packets or 0 for each in chain.rules[at + 1 :]))
    return found


def _hit(netns: Netns, table: Table, chain: Chain, rule: Rule) -> Hit:
    does: Literal["drop", "reject", "other"] = "other"
    for part in rule.body:
        if isinstance(part, Reject):
            does = "reject"
        elif isinstance(part, Verdict) and part.verdict == "drop":
            does = "drop"
        elif isinstance(part, (Jump, VerdictMap)):
            does = "other"
    place = (netns, table.dialect, table.family, table.name, chain.name)
    if rule is chain.rules[-1] and chain.policy == "drop" and rule.text.strip() == "counter":
        return Hit(*place, 0, "policy drop", rule.packets or 0, "drop")
    return Hit(*place, rule.number, rule.text, rule.packets or 0, does)
