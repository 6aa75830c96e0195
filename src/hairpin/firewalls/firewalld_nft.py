"""The table that firewalld's nftables back end makes from the permanent configuration and from later bindings.

In firewalld 1.0 to 1.3, the chain ZONES leads a packet to the chains of its zone: the zone of its source, the zone of
its interface, or the default zone.  A packet goes through the chains POLICIES_pre, the zone's _pre, _log, _deny, _allow
and _post, and POLICIES_post in this order, and then meets the zone's target.

In firewalld 2.0 to 2.4, the chain POLICIES leads the packets of each pair of zones first to the pair's policies, then
to the zone's chains, and then to the zone's target.  Since 2.5, each pair has a chain of its own.

Source: firewall/core/nftables.py of firewalld 1.3, 2.3 and 2.5, fw.py _start_apply_objects(), fw_zone.py, fw_policy.py

Its sets: firewall/core/nftables.py build_set_create_rules(), _set_entry_fragment()
"""

import ipaddress
from collections.abc import Iterator

import msgspec

from hairpin.firewalls import fragments as words
from hairpin.firewalls.chain_sets import PAIRS, STAGES, Place, active_policies, chain_at
from hairpin.firewalls.draft import ChainDraft, FirewalldTable
from hairpin.firewalls.pair_dispatch import PairDispatch
from hairpin.firewalls.permanent import Binding, Permanent, PermanentIpset, TrafficRules
from hairpin.firewalls.service_rules import declared_helper
from hairpin.firewalls.stage_dispatch import StageDispatch
from hairpin.firewalls.zone_dispatch import ZoneDispatch, add_policy
from hairpin.netfilter.ir import Hook, Table
from hairpin.netfilter.nft.syntax import Json, Object

_OFFSET = 10
_OTHER_CHAINS, _UNSETTLED, _SETTLED, _UNKNOWN = (1, 0), (2, 5), (2, 5, 2), (2, 6)
"""The versions of firewalld whose table is known: from 1.0 to 2.4, and 2.5.2.  The table of 2.5.0 has other chains
before routing, and that of 2.5.1 was not compared."""
_PLACES: tuple[tuple[FirewalldTable, Hook, int], ...] = (
    ("mangle", "prerouting", -150), ("nat", "prerouting", -100), ("nat", "postrouting", 100), ("nat", "output", -100),
    ("filter", "prerouting", 0), ("filter", "input", 0), ("filter", "forward", 0), ("filter", "output", 0),
)  # fmt: skip
_TUNNELLED = (
    ("::", 96), ("::ffff:0.0.0.0", 96), ("2002::", 24), ("2002:a00::", 24), ("2002:7f00::", 24), ("2002:a9fe::", 32),
    ("2002:ac10::", 28), ("2002:c0a8::", 32), ("2002:e000::", 19),
)  # fmt: skip
"""The IPv6 networks with an embedded IPv4 address that RFC 3964 does not allow in an IPv6 address."""


def firewalld_table(within: Permanent, later: tuple[Binding, ...] = ()) -> Table:
    """Return the table ``inet firewalld``.  ``later``: the interfaces and sources that were bound after the start, in
    the order of the bindings.

    Raises ChangeError if a file that the configuration needs was not read."""
    draft = ChainDraft(counters=within.settings.counters)
    bound = _with_bindings(within, later)
    for each in bound.ipsets.values():
        draft.declare("set", _declared_set(each))
    if within.version >= PAIRS:
        stages = within.version >= STAGES
        _base_chains_of_pairs(draft, within, "dispatch" if stages else "POLICIES")
        (StageDispatch(draft, bound) if stages else PairDispatch(draft, bound)).add()
    else:
        _base_chains(draft, within)
        ZoneDispatch(draft, bound, within.settings.log_denied, later).add()
        for policy in active_policies(bound):
            add_policy(draft, bound, policy)
    for name in draft.helpers():
        draft.declare("ct helper", declared_helper(bound, name))
    return draft.table()


def applied_rules(within: Permanent, later: tuple[Binding, ...] = ()) -> Iterator[TrafficRules]:
    """Yield the rules of the zones and policies to which packets can be dispatched."""
    bound = _with_bindings(within, later)
    for zone in bound.zones:
        if zone.interfaces or zone.sources or zone.name == within.settings.default_zone:
            yield zone.rules
    yield from (each.rules for each in active_policies(bound))


def _with_bindings(within: Permanent, later: tuple[Binding, ...]) -> Permanent:
    """Return the configuration in which the zones also have the interfaces and sources of the bindings."""
    zones = tuple(
        msgspec.structs.replace(
            zone,
            interfaces=(*zone.interfaces, *(each.link for each in later if each.zone == zone.name and each.link)),
            sources=(*zone.sources, *(each.source for each in later if each.zone == zone.name and each.source)),
        )
        for zone in within.zones
    )
    return msgspec.structs.replace(within, zones=zones)


def is_known(within: Permanent) -> bool:
    """Return whether hairpin computes exactly the table that this version of firewalld makes with these settings."""
    known = _OTHER_CHAINS <= within.version < _UNSETTLED or _SETTLED <= within.version < _UNKNOWN
    return known and not within.settings.flowtable


def _hooked_chains(draft: ChainDraft) -> Iterator[Place]:
    """Add the base chains.  Yield the table and hook of each base chain that dispatches packets to zones and
    policies."""
    for table, hook, priority in _PLACES:
        place: Place = (table, hook)
        draft.base_chain(chain_at(place), "nat" if table == "nat" else "filter", hook, priority + _OFFSET)
        if place != ("filter", "prerouting"):
            yield place


def _base_chains_of_pairs(draft: ChainDraft, within: Permanent, dispatch: str) -> None:
    for place in _hooked_chains(draft):
        draft.chain(chain_at(place, f"_{dispatch}"))
        if place[0] != "filter":
            draft.add(chain_at(place), words.jump(chain_at(place, f"_{dispatch}")))
    for chain in ("filter_INPUT", "filter_FORWARD"):
        _entry(draft, within, chain, dispatch)
    draft.add("filter_OUTPUT", words.in_state("established", "related"), words.ACCEPT)
    _translated(draft, within, "filter_OUTPUT")
    draft.add("filter_OUTPUT", words.meta("oifname", "lo"), words.ACCEPT)
    _tunnelled(draft, within, "filter_OUTPUT")
    draft.add("filter_OUTPUT", words.jump(f"filter_OUTPUT_{dispatch}"))
    _reverse_path(draft, within)


def _translated(draft: ChainDraft, within: Permanent, chain: str) -> None:
    """Add the rules for packets whose destination was translated.

    Translated packets are accepted, whichever program made the translation.  With firewalld's setting
    StrictForwardPorts, they are rejected.
    """
    status: Json = {"ct": {"key": "status"}}
    if not within.settings.strict_forward_ports:
        draft.add(chain, words.comparison(status, "dnat", "in"), words.ACCEPT)
        return
    draft.chain(f"{chain}_dnat")
    draft.add(f"{chain}_dnat", words.REJECT)
    draft.add(chain, words.comparison(status, "dnat", "in"), words.jump(f"{chain}_dnat"))


def _base_chains(draft: ChainDraft, within: Permanent) -> None:
    for table, hook in _hooked_chains(draft):
        name = chain_at((table, hook))
        draft.chain(f"{name}_POLICIES_pre", f"{name}_POLICIES_post")
        if hook != "output":
            draft.chain(f"{name}_ZONES")
        if table != "filter":
            suffixes = ("POLICIES_pre", "POLICIES_post") if hook == "output" else ("ZONES",)
            for suffix in suffixes:
                draft.add(name, words.jump(f"{name}_{suffix}"))
    for chain in ("filter_INPUT", "filter_FORWARD"):
        _entry(draft, within, chain, "ZONES")
    draft.add("filter_OUTPUT", words.in_state("established", "related"), words.ACCEPT)
    draft.add("filter_OUTPUT", words.meta("oifname", "lo"), words.ACCEPT)
    _tunnelled(draft, within, "filter_OUTPUT")
    for suffix in ("POLICIES_pre", "POLICIES_post"):
        draft.add("filter_OUTPUT", words.jump(f"filter_OUTPUT_{suffix}"))
    _reverse_path(draft, within)


def _entry(draft: ChainDraft, within: Permanent, chain: str, dispatch: str) -> None:
    """Add the rules of the chain for INPUT or FORWARD."""
    denied = within.settings.log_denied
    draft.add(chain, words.in_state("established", "related"), words.ACCEPT)
    _translated(draft, within, chain)
    draft.add(chain, words.meta("iifname", "lo"), words.ACCEPT)
    if denied != "off":
        draft.add(chain, words.in_state("invalid"), *words.of_kind(denied), words.log("STATE_INVALID_DROP: "))
    draft.add(chain, words.in_state("invalid"), words.DROP)
    if chain == "filter_FORWARD":
        _tunnelled(draft, within, chain)
    draft.add(chain, words.jump(f"{chain}_{dispatch}"))
    if denied != "off":
        draft.add(chain, *words.of_kind(denied), words.log("FINAL_REJECT: "))
    draft.add(chain, words.REJECT)


def _tunnelled(draft: ChainDraft, within: Permanent, chain: str) -> None:
    if within.settings.rfc3964:
        prefixes: list[Json] = [{"prefix": {"addr": address, "len": length}} for address, length in _TUNNELLED]
        logged = [words.log("RFC3964_IPv4_REJECT: ")] if within.settings.log_denied in ("unicast", "all") else []
        draft.add(chain, words.payload("ip6", "daddr", {"set": prefixes}), *logged, words.rejection("addr-unreach", []))


def _reverse_path(draft: ChainDraft, within: Permanent) -> None:
    kind = within.settings.rpfilter
    if not kind:
        return
    flags: list[Json] = ["saddr", "mark"] if kind.startswith("loose") else ["saddr", "mark", "iif"]
    asked: Json = {"fib": {"result": "oif", "flags": flags}}
    logged = [words.log("rpfilter_DROP: ")] if within.settings.log_denied != "off" else []
    chain = "filter_FORWARD" if kind.endswith("forward") else "filter_PREROUTING"
    missing = words.comparison(asked, right=False)
    draft.insert(chain, 0, words.meta("nfproto", "ipv6"), missing, *logged, words.DROP)
    if chain == "filter_PREROUTING":
        neighbours: Json = {"set": ["nd-router-advert", "nd-neighbor-solicit"]}
        draft.insert(chain, 0, words.payload("icmpv6", "type", neighbours), words.ACCEPT)


def _declared_set(ipset: PermanentIpset) -> Object:
    """Return the declaration of the set, with its elements."""
    fields = ipset.type.removeprefix("hash:").split(",")
    types: list[Json] = []
    for each in fields:
        types += _types(each, inet6=ipset.inet6)
    said: Object = {"name": ipset.name, "type": types[0] if len(types) == 1 else types}
    if any(each in ("ip", "net", "port") for each in fields):
        said["flags"] = ["interval"]
    if ipset.timeout:
        said["timeout"] = int(ipset.timeout)
    if ipset.entries:
        said["elem"] = [_element(fields, each) for each in sorted(ipset.entries, key=_order)]
    return said


def _types(field: str, *, inet6: bool) -> list[Json]:
    match field:
        case "port":
            return ["inet_proto", "inet_service"]
        case "mac":
            return ["ether_addr"]
        case "mark":
            return ["mark"]
        case "iface":
            return ["ifname"]
        case _:
            return ["ipv6_addr" if inet6 else "ipv4_addr"]


def _element(fields: list[str], entry: str) -> Json:
    parts: list[Json] = []
    for field, text in zip(fields, entry.split(","), strict=False):
        match field:
            case "port":
                protocol, colon, port = text.partition(":")
                parts += [protocol, _span(port)] if colon else ["tcp", _span(text)]
            case "ip" | "net":
                address, slash, length = text.partition("/")
                parts.append({"prefix": {"addr": address, "len": int(length)}} if slash else _addresses(text))
            case _:
                parts.append(text.lower() if field == "mac" else text)
    return parts[0] if len(parts) == 1 else {"concat": parts}


def _span(text: str) -> Json:
    first, _, last = text.partition("-")
    return {"range": [int(first), int(last)]} if last else int(first)


def _addresses(text: str) -> Json:
    first, _, last = text.partition("-")
    return {"range": [first, last]} if last else text


def _order(entry: str) -> tuple[int, ...]:
    """Return the key by which nft sorts the elements."""
    address = entry.partition(",")[0].partition("-")[0].partition("/")[0]
    try:
        return (int(ipaddress.ip_address(address)),)
    except ValueError:
        return tuple(int(part, 16) for part in address.split(":")) if ":" in address else ()
