"""The rules and sets of a namespace as input of tools.

The input is the text that was read, or text from the model if a change has touched the table.

Source: iptables-restore(8), ipset(8)
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import msgspec

from hairpin.change.commands.tool import restore_tool
from hairpin.errors import ChangeError
from hairpin.evidence.reading import Evidence, Reading, is_terse
from hairpin.host.host import Namespace
from hairpin.message import Message, message
from hairpin.netfilter.iptables.render import render
from hairpin.netfilter.ir import Chain, FieldMatch, Rule, Ruleset, Table
from hairpin.netfilter.nft import render as render_nft
from hairpin.netfilter.nft.sets import together
from hairpin.replica.plan.blueprint import Load
from hairpin.replica.plan.long_sets import Known, short_ipsets, short_table, shorten_listing
from hairpin.replica.plan.nft_input import counted
from hairpin.walk.hooks.chains import chains_of_frames

_ARP = (0x0806, 0x0806)


class Loads(msgspec.Struct, frozen=True):
    """The inputs of tools that rebuild the rules and sets of a namespace, in the order in which the tools run.

    ``left_out``: the parts that no tool's language can express."""

    loads: tuple[Load, ...] = ()
    left_out: tuple[Message, ...] = ()


def loads(
    namespace: Namespace, evidence: Evidence | None, read: Ruleset | None, *, called: str, known: Known | None = None
) -> Loads:
    """Return the loads that rebuild the namespace's rules.  ``called``: the namespace's name in the replica.
    ``known``: the addresses that packets may have.  A long set is loaded with only the elements that contain
    one of these addresses.  If ``known`` is None, every set is loaded whole.

    ``read``: the ruleset as it was read with the evidence.  A table that is unchanged since then is replayed verbatim;
    any other table is written from the model."""
    found: list[Load] = []
    left_out: list[Message] = []
    replayed: set[str] = set()
    found += _ipsets(namespace, evidence, known)
    left_out += (message("rule {rule!r} of {netns} is about ARP", rule=rule, netns=called)
                 for rule in _about_arp(namespace.ruleset))  # fmt: skip
    for table in namespace.ruleset.tables:
        reading = evidence.by_id(table.evidence) if evidence is not None and table.evidence else None
        if reading is not None and (read is None or _unchanged(table.evidence, namespace.ruleset, read)):
            if reading.id not in replayed:
                replayed.add(reading.id)
                found += _verbatim(reading, table, namespace, evidence, known)
            continue
        try:
            found.append(_written(short_table(msgspec.structs.replace(table, dormant=False), known)))
        except ChangeError as error:
            left_out.append(
                message(
                    "table {family} {table} of {netns}: {reason}",
                    family=table.family,
                    table=table.name,
                    netns=called,
                    reason=error.said,
                )
            )
    # The tools of iptables know no flags of tables, and nft 1.0.6 prints them wrongly in JSON.
    found += [
        Load("nft", f"table {each.family} {each.name} {{ flags dormant; }}\n")
        for each in namespace.ruleset.tables
        if each.dormant
    ]
    return Loads(tuple(found), tuple(left_out))


def _about_arp(ruleset: Ruleset) -> Iterator[str]:
    """Yield the texts of the bridge rules that distinguish ARP from IP, and of policies that drop frames.

    The difference between ARP and IP matters because a host with fresh neighbour entries sends no ARP requests, while a
    replica starts without entries and sends ARP requests."""
    for chain in chains_of_frames(ruleset):
        for rule in chain.rules:
            fields = (each for each in rule.body if isinstance(each, FieldMatch) and each.field == "ethertype")
            if any((_ARP in each.ranges) is not each.negated for each in fields):
                yield rule.text
        if chain.policy == "drop" and chain.rules:
            yield f"{chain.name} {chain.policy}"


def _unchanged(evidence: str, now: Ruleset, read: Ruleset) -> bool:
    return tuple(each for each in now.tables if each.evidence == evidence) == tuple(
        each for each in read.tables if each.evidence == evidence
    )


def _ipsets(namespace: Namespace, evidence: Evidence | None, known: Known | None) -> Iterator[Load]:
    reading = evidence.find("ipset", namespace.name) if evidence is not None else None
    if reading is not None and reading.outcome == "text" and reading.text.strip():
        yield Load("ipset", _HASHED.sub("", short_ipsets(reading.text, namespace.ruleset.ipsets, known)))


_HASHED = re.compile(r"(?<=\S) (?:bucketsize \d+|initval 0x[0-9a-f]+)(?=\s)")
"""The options of an ipset that describe its memory layout.

These options are removed, because they do not affect the elements of the set, and older kernels refuse them:
ipset(8)."""


def _verbatim(
    reading: Reading, table: Table, namespace: Namespace, evidence: Evidence | None, known: Known | None
) -> Iterator[Load]:
    match reading.key:
        case "nft-table":
            short = short_table(table, known)
            beside = namespace.ruleset.table(table.family, table.name, "iptables-nft")
            chains = beside.chains if beside is not None and beside.dialect == "iptables-nft" else ()
            if not chains and any(rule.by_iptables for chain in table.chains for rule in chain.rules):
                # nft takes no extension of iptables back from its own listing.
                with suppress(ChangeError):
                    yield Load("nft", render_nft.render(_with_counters(short)), short)
                    return
            devices = {chain.name: chain.devices for chain in table.chains}
            shorten = partial(shorten_listing, table=table, known=known) if known is not None else None
            others = frozenset(chain.name for chain in chains)
            text = counted(_with_elements(reading, evidence), devices, others, shorten)
            yield Load("nft-json", text, short)
        case "ebtables":
            yield Load("ebtables-nft-restore", reading.text)
        case _:
            tool = restore_tool(table.dialect, table.family)
            text = reading.text
            whole = {(each.family, each.name) for each in namespace.ruleset.tables if each.dialect == "iptables-nft"}
            native = {(each.family, each.name) for each in namespace.ruleset.tables if each.dialect == "nft"}
            for family, name in native - whole if table.dialect == "iptables-nft" else ():
                text = _section(name).sub("", text) if family == table.family else text
            yield Load(tool, text)


def _with_counters(table: Table) -> Table:
    """Return the table with a counter at zero in each rule, and behind the rules of each dropping policy."""
    chains: list[Chain] = []
    for chain in table.chains:
        rules = [msgspec.structs.replace(rule, packets=0, bytes=0) for rule in chain.rules]
        if chain.policy == "drop":
            rules.append(Rule((), "", len({rule.number for rule in rules}) + 1, packets=0, bytes=0))
        chains.append(msgspec.structs.replace(chain, rules=tuple(rules)))
    return msgspec.structs.replace(table, chains=tuple(chains))


def _with_elements(reading: Reading, evidence: Evidence | None) -> str:
    """Return nft's listing.

    If the listing lacks the elements of its sets, the elements that were read separately are added."""
    if evidence is None or not is_terse(reading):
        return reading.text
    listed, asked = (evidence.all(key, reading.netns) for key in ("nft-set", "nft-elements"))
    return together(reading.text, (each.text for each in listed), (each.text for each in asked))


def _section(table: str) -> re.Pattern[str]:
    return re.compile(rf"^\*{re.escape(table)}\n.*?^COMMIT\n", re.MULTILINE | re.DOTALL)


def _written(table: Table) -> Load:
    if table.dialect == "nft":
        return Load("nft", _nft_text(table))
    if table.dialect == "ebtables":
        raise ChangeError(message("hairpin cannot write ebtables rules from its model"))
    return Load(restore_tool(table.dialect, table.family), render(table))


def _nft_text(table: Table) -> str:
    if table.sets or table.maps:
        return render_nft.render(table)
    lines = [f"table {table.family} {table.name} {{"]
    for chain in table.chains:
        lines += [f"chain {chain.name} {{", *_nft_head(chain), *(rule.text for rule in chain.rules), "}"]
    return "\n".join((*lines, "}", ""))


def _nft_head(chain: Chain) -> Iterator[str]:
    if chain.hook is None:
        return
    devices = f" devices = {{ {', '.join(chain.devices)} }}" if chain.devices else ""
    yield f"type {chain.type} hook {chain.hook}{devices} priority {chain.priority}; policy {chain.policy or 'accept'};"
