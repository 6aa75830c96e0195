"""Rules and sets of a namespace as the tools load them: the very text that was read, where nothing was changed since.

Native nftables rules have counters only where their author wanted them; each gets one, so that its part in a packet's
fate can be seen.  Source: iptables-restore(8), libnftables-json(5), ipset(8)
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from hairpin.errors import ChangeError
from hairpin.evidence.reading import Evidence, Reading
from hairpin.host.host import Namespace
from hairpin.netfilter import render_nft
from hairpin.netfilter.ir import Chain, Map, NatElement, Rule, Ruleset, Table
from hairpin.netfilter.nft_syntax import Json, Object, list_of, object_of, single
from hairpin.netfilter.render import render
from hairpin.replica.blueprint import Load, Tool

_TERMINAL = frozenset({
    "accept", "drop", "return", "jump", "goto", "continue", "reject", "dnat", "snat", "masquerade", "redirect", "queue",
    "vmap", "tproxy",
})  # fmt: skip


class Loads(msgspec.Struct, frozen=True):
    """What is loaded, in this order; and what could not be put into a tool's words."""

    loads: tuple[Load, ...] = ()
    left_out: tuple[str, ...] = ()


def loads(namespace: Namespace, evidence: Evidence | None, read: Ruleset | None) -> Loads:
    """Return what brings the namespace's rules back.

    ``read``: the ruleset as it was read with the evidence; a table that equals it is replayed verbatim, another is
    written from the model."""
    found: list[Load] = []
    left_out: list[str] = []
    replayed: set[str] = set()
    found += _ipsets(namespace, evidence)
    for table in namespace.ruleset.tables:
        reading = evidence.by_id(table.evidence) if evidence is not None and table.evidence else None
        if reading is not None and (read is None or _unchanged(table.evidence, namespace.ruleset, read)):
            if reading.id not in replayed:
                replayed.add(reading.id)
                found.append(_verbatim(reading, table))
            continue
        try:
            found.append(_written(table))
        except ChangeError as error:
            left_out.append(f"table {table.family} {table.name} of {namespace.name}: {error}")
    return Loads(tuple(found), tuple(left_out))


def _unchanged(evidence: str, now: Ruleset, read: Ruleset) -> bool:
    return tuple(each for each in now.tables if each.evidence == evidence) == tuple(
        each for each in read.tables if each.evidence == evidence
    )


def _ipsets(namespace: Namespace, evidence: Evidence | None) -> Iterator[Load]:
    reading = evidence.find("ipset", namespace.name) if evidence is not None else None
    if reading is not None and reading.outcome == "text" and reading.text.strip():
        yield Load("ipset", _HASHED.sub("", reading.text))


_HASHED = re.compile(r"(?<=\S) (?:bucketsize \d+|initval 0x[0-9a-f]+)(?=\s)")
"""How a set is laid out in memory, which says nothing of what it has, and older kernels refuse: ipset(8)."""


def _verbatim(reading: Reading, table: Table) -> Load:
    match reading.key:
        case "nft-table" if any(_is_concatenated(each) for each in table.maps):
            return Load("nft", _counted_text(table))
        case "nft-table":
            return Load("nft-json", counted(reading.text, {chain.name: chain.devices for chain in table.chains}))
        case "ebtables":
            return Load("ebtables-nft-restore", reading.text)
        case _:
            return Load(
                iptables_restore(reading.key.startswith("iptables-legacy"), six=reading.key.endswith("6")), reading.text
            )


def _is_concatenated(named: Map) -> bool:
    """Return whether the map leads to addresses with ports, which nft prints as JSON and does not read so.

    Source: nftables src/parser_json.c json_parse_cmd_add_set(): datatype_lookup_byname()"""
    return any(
        isinstance(each, NatElement) and each.addresses is not None and each.ports is not None
        for each in named.elements
    )


def _counted_text(table: Table) -> str:
    """Return the table in nft's words, each rule and each dropping policy with a counter at zero."""
    chains = tuple(msgspec.structs.replace(each, rules=_counted_rules(each)) for each in table.chains)
    return render_nft.render(msgspec.structs.replace(table, chains=chains))


def _counted_rules(chain: Chain) -> tuple[Rule, ...]:
    rules = tuple(msgspec.structs.replace(each, packets=0, bytes=0) for each in chain.rules)
    if chain.policy != "drop":
        return rules
    return (*rules, Rule((), "counter", len(rules) + 1, packets=0, bytes=0))


def iptables_restore(legacy: bool, *, six: bool) -> Tool:
    """Return the tool that loads tables of that back end and family."""
    if legacy:
        return "ip6tables-legacy-restore" if six else "iptables-legacy-restore"
    return "ip6tables-nft-restore" if six else "iptables-nft-restore"


def _written(table: Table) -> Load:
    if table.dialect == "nft":
        return Load("nft", _nft_text(table))
    if table.dialect == "ebtables":
        raise ChangeError("ebtables rules cannot be written from the model")
    return Load(iptables_restore(table.dialect == "iptables-legacy", six=table.family == "ip6"), render(table))


def _nft_text(table: Table) -> str:
    if table.sets or table.maps:
        raise ChangeError("its sets cannot be written from the model")
    lines = [f"table {table.family} {table.name} {{"]
    for chain in table.chains:
        lines += [f"chain {chain.name} {{", *_nft_head(chain), *(rule.text for rule in chain.rules), "}"]
    return "\n".join((*lines, "}", ""))


def _nft_head(chain: Chain) -> Iterator[str]:
    if chain.hook is None:
        return
    devices = f" devices = {{ {', '.join(chain.devices)} }}" if chain.devices else ""
    yield f"type {chain.type} hook {chain.hook}{devices} priority {chain.priority}; policy {chain.policy or 'accept'};"


# --- counters for native rules ---------------------------------------------------------------------------------------


def counted(text: str, devices: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """Return nft's JSON listing as input for ``nft -j -f``, each rule and each dropping policy with a counter at zero,
    each chain with its ``devices``, which older versions of nft leave out.

    Raises MalformedError for what nft does not print."""
    document: Json = msgspec.json.decode(text)
    commands: list[Json] = []
    policies: list[Json] = []
    for item in list_of(object_of(document).get("nftables")):
        kind, found = single(item)
        if kind == "metainfo":
            continue
        plain = {key: value for key, value in object_of(found).items() if key not in ("handle", "index")}
        if kind == "rule":
            plain["expr"] = _with_counter(list_of(plain.get("expr")))
        bound = devices.get(str(plain.get("name")), ()) if devices and kind == "chain" else ()
        if bound and "dev" not in plain:
            plain["dev"] = bound[0] if len(bound) == 1 else [*bound]
        if kind == "chain" and plain.get("policy") == "drop":
            place: Object = {"family": plain["family"], "table": plain["table"], "chain": plain["name"]}
            policies.append({"add": {"rule": {**place, "expr": [_counter()]}}})
        commands.append({"add": {kind: plain}})
    return msgspec.json.encode({"nftables": [*commands, *policies]}).decode()


def _counter() -> Json:
    return {"counter": {"packets": 0, "bytes": 0}}


def _with_counter(expressions: list[Json]) -> list[Json]:
    others = [each for each in expressions if not _anonymous_counter(each)]
    last = others[-1] if others else None
    ends = isinstance(last, dict) and not _TERMINAL.isdisjoint(last)
    at = len(others) - 1 if ends else len(others)
    return [*others[:at], _counter(), *others[at:]]


def _anonymous_counter(expression: Json) -> bool:
    return isinstance(expression, dict) and isinstance(expression.get("counter", ""), (dict, type(None)))
