"""The table that firewalld's nftables back end makes of the permanent configuration, and of what is bound later.

    INPUT, FORWARD: tracked packets, then ZONES, then the rejection of what came back from there
    ZONES: to the chains of the packet's zone, by its source, else by its interface, else those of the default zone
    a zone's chains: POLICIES_pre, _pre, _log, _deny, _allow, _post, POLICIES_post, then the zone's target

Source: firewall/core/nftables.py of firewalld 1.3, fw.py _start_apply_objects(), fw_zone.py, fw_policy.py
"""

from collections.abc import Iterator

import msgspec

from hairpin.firewalls import fragments as words
from hairpin.firewalls.draft import ChainDraft
from hairpin.firewalls.ipset_text import declared_set
from hairpin.firewalls.opened import lines_of_rules
from hairpin.firewalls.permanent import Permanent, PermanentPolicy, PermanentZone, TrafficRules
from hairpin.firewalls.rich_rules import direction
from hairpin.firewalls.rule_line import FirewalldTable, OwnChains, RuleLine
from hairpin.firewalls.service_rules import declared_helper
from hairpin.netfilter.ir import Hook, Table
from hairpin.netfilter.nft.syntax import Json, Object

Binding = tuple[str, str]
"""A zone, and an interface that was bound to it at run time."""

_OFFSET = 10
_PARTS = ("pre", "log", "deny", "allow", "post")
_Place = tuple[FirewalldTable, Hook]
_PLACES: tuple[tuple[FirewalldTable, Hook, int], ...] = (
    ("mangle", "prerouting", -150), ("nat", "prerouting", -100), ("nat", "postrouting", 100), ("nat", "output", -100),
    ("filter", "prerouting", 0), ("filter", "input", 0), ("filter", "forward", 0), ("filter", "output", 0),
)  # fmt: skip
_TUNNELLED = (
    ("::", 96), ("::ffff:0.0.0.0", 96), ("2002::", 24), ("2002:a00::", 24), ("2002:7f00::", 24), ("2002:a9fe::", 32),
    ("2002:ac10::", 28), ("2002:c0a8::", 32), ("2002:e000::", 19),
)  # fmt: skip
"""IPv6 addresses that carry an IPv4 address which RFC 3964 forbids there."""


def firewalld_table(within: Permanent, later: tuple[Binding, ...] = ()) -> Table:
    """Return ``inet firewalld``.  ``later``: the interfaces that were bound after the start, in their order.

    Raises ChangeError if a file that the configuration needs was not read."""
    draft = ChainDraft(counters=within.settings.counters)
    bound = _with_bindings(within, later)
    for each in bound.ipsets.values():
        draft.declare("set", declared_set(each))
    _base_chains(draft, within)
    _Zones(draft, bound, within.settings.log_denied, later).add()
    for policy in _active_policies(bound):
        _policy(draft, bound, policy)
    for name in draft.helpers():
        draft.declare("ct helper", declared_helper(bound, name))
    return draft.table()


def applied_rules(within: Permanent, later: tuple[Binding, ...] = ()) -> Iterator[TrafficRules]:
    """Yield the rules of the zones and the policies that packets may have."""
    bound = _with_bindings(within, later)
    for zone in bound.zones:
        if zone.interfaces or zone.sources or zone.name == within.settings.default_zone:
            yield zone.rules
    yield from (each.rules for each in _active_policies(bound))


def _with_bindings(within: Permanent, later: tuple[Binding, ...]) -> Permanent:
    """Return the configuration in which the zones have these interfaces, too."""
    zones = tuple(
        msgspec.structs.replace(
            zone, interfaces=(*zone.interfaces, *(link for name, link in later if name == zone.name))
        )
        for zone in within.zones
    )
    return msgspec.structs.replace(within, zones=zones)


def _chain(place: _Place, suffix: str = "") -> str:
    table, hook = place
    return f"{table}_{hook.upper()}{suffix}"


def _base_chains(draft: ChainDraft, within: Permanent) -> None:
    for table, hook, priority in _PLACES:
        name = _chain((table, hook))
        draft.base_chain(name, "nat" if table == "nat" else "filter", hook, priority + _OFFSET)
        if (table, hook) == ("filter", "prerouting"):
            continue
        draft.chain(f"{name}_POLICIES_pre", f"{name}_POLICIES_post")
        if hook != "output":
            draft.chain(f"{name}_ZONES")
        if table != "filter":
            suffixes = ("POLICIES_pre", "POLICIES_post") if hook == "output" else ("ZONES",)
            for suffix in suffixes:
                draft.add(name, words.jump(f"{name}_{suffix}"))
    for chain in ("filter_INPUT", "filter_FORWARD"):
        _entry(draft, within, chain)
    draft.add("filter_OUTPUT", words.in_state("established", "related"), words.ACCEPT)
    draft.add("filter_OUTPUT", words.meta("oifname", "lo"), words.ACCEPT)
    _tunnelled(draft, within, "filter_OUTPUT")
    for suffix in ("POLICIES_pre", "POLICIES_post"):
        draft.add("filter_OUTPUT", words.jump(f"filter_OUTPUT_{suffix}"))
    _reverse_path(draft, within)


def _entry(draft: ChainDraft, within: Permanent, chain: str) -> None:
    """Add the rules of INPUT or FORWARD."""
    denied = within.settings.log_denied
    draft.add(chain, words.in_state("established", "related"), words.ACCEPT)
    draft.add(chain, words.comparison({"ct": {"key": "status"}}, "dnat", "in"), words.ACCEPT)
    draft.add(chain, words.meta("iifname", "lo"), words.ACCEPT)
    if denied != "off":
        draft.add(chain, words.in_state("invalid"), *words.of_kind(denied), words.log("STATE_INVALID_DROP: "))
    draft.add(chain, words.in_state("invalid"), words.DROP)
    if chain == "filter_FORWARD":
        _tunnelled(draft, within, chain)
    draft.add(chain, words.jump(f"{chain}_ZONES"))
    if denied != "off":
        draft.add(chain, *words.of_kind(denied), words.log("FINAL_REJECT: "))
    draft.add(chain, words.REJECT)


def _tunnelled(draft: ChainDraft, within: Permanent, chain: str) -> None:
    if within.settings.rfc3964:
        prefixes: list[Json] = [{"prefix": {"addr": address, "len": length}} for address, length in _TUNNELLED]
        logged = [words.log("RFC3964_IPv4_REJECT: ")] if within.settings.log_denied in ("unicast", "all") else []
        draft.add(chain, words.payload("ip6", "daddr", {"set": prefixes}), *logged, words.rejection("addr-unreach", []))


def _reverse_path(draft: ChainDraft, within: Permanent) -> None:
    if within.settings.rpfilter:
        asked: Json = {"fib": {"result": "oif", "flags": ["saddr", "mark", "iif"]}}
        logged = [words.log("rpfilter_DROP: ")] if within.settings.log_denied != "off" else []
        neighbours: Json = {"set": ["nd-router-advert", "nd-neighbor-solicit"]}
        draft.add("filter_PREROUTING", words.payload("icmpv6", "type", neighbours), words.ACCEPT)
        draft.add(
            "filter_PREROUTING", words.meta("nfproto", "ipv6"), words.comparison(asked, False), *logged, words.DROP
        )


# --- zones -----------------------------------------------------------------------------------------------------------


def _directions(name: str) -> Iterator[tuple[OwnChains, tuple[_Place, ...]]]:
    """Yield the zone's sets of chains: of packets to the host, of those that leave by it, of those that come by it."""
    yield OwnChains(f"zone_{name}_HOST", name, "IN"), (("filter", "input"),)
    yield OwnChains(f"zone_ANY_{name}", name), (("nat", "postrouting"),)
    yield (
        OwnChains(f"zone_{name}_ANY", name, "FWD"),
        (("filter", "forward"), ("nat", "prerouting"), ("mangle", "prerouting")),
    )


def _rules_of(zone: PermanentZone, chains: OwnChains) -> TrafficRules:
    """Return those of the zone's rules that are about this direction."""
    said = zone.rules
    way = "POST" if not chains.filter else chains.filter
    rich = tuple(each for each in said.rich if direction(each) == way)
    match way:
        case "IN":
            return msgspec.structs.replace(said, masquerade=False, forward_ports=(), rich=rich)
        case "FWD":
            return TrafficRules(forward_ports=said.forward_ports, rich=rich)
        case _:
            return TrafficRules(masquerade=said.masquerade, rich=rich)


class _Zones:
    """The zones' chains, and the dispatch to them."""

    def __init__(self, draft: ChainDraft, within: Permanent, denied: str, later: tuple[Binding, ...]) -> None:
        self._draft, self._within, self._denied, self._later = draft, within, denied, later
        self._sources: list[tuple[str, str]] = []

    def add(self) -> None:
        """Add the zones that packets may have: those with interfaces or sources, then the default zone."""
        later = set(self._later)
        applied: list[str] = []
        for zone in self._within.zones:
            own = tuple(each for each in zone.interfaces if (zone.name, each) not in later)
            if own or zone.sources:
                applied.append(zone.name)
                self._apply(zone, own)
        default = self._within.zone(self._within.settings.default_zone)
        if default is not None:
            if default.name not in applied:
                self._apply(default, ())
                applied.append(default.name)
            for chains, places in _directions(default.name):
                for place in places:
                    target = chains.base(place[0], leaving=place[1] == "postrouting")
                    self._draft.add(_chain(place, "_ZONES"), words.jump(target, "goto"))
        for name, link in self._later:
            known = self._within.zone(name)
            if known is not None:
                if name not in applied:
                    self._apply(known, ())
                    applied.append(name)
                self._interface(known, link)

    def _apply(self, zone: PermanentZone, interfaces: tuple[str, ...]) -> None:
        for chains, places in _directions(zone.name):
            for place in places:
                _own_chains(self._draft, chains, place, zone.target, self._denied, of_zone=True)
            self._draft.add_lines(lines_of_rules(self._within, chains, _rules_of(zone, chains)))
        for each in interfaces:
            self._interface(zone, each)
        for each in zone.sources:
            self._source(zone, each)
        self._inversion(zone)

    def _interface(self, zone: PermanentZone, name: str) -> None:
        """Add the dispatch by an interface: before those that were bound earlier, behind the sources."""
        for chains, places in _directions(zone.name):
            for place in places:
                target = chains.base(place[0], leaving=place[1] == "postrouting")
                side: words.LinkSide = "oifname" if place[1] == "postrouting" else "iifname"
                matches = words.link(side, (name,)) if name not in ("*", "+") else ()
                self._draft.insert(_chain(place, "_ZONES"), len(self._sources), *matches, words.jump(target, "goto"))
        if zone.forward and name not in ("*", "+"):
            self._draft.add(f"filter_FWD_{zone.name}_allow", *words.link("oifname", (name,)), words.ACCEPT)

    def _source(self, zone: PermanentZone, source: str) -> None:
        """Add the dispatch by a source: sorted by the zones' names."""
        self._sources = sorted([*self._sources, (zone.name, source)], key=lambda each: each[0])
        for chains, places in _directions(zone.name):
            for place in places:
                target = chains.base(place[0], leaving=place[1] == "postrouting")
                side: words.Side = "daddr" if place[1] == "postrouting" else "saddr"
                what = words.address(side, source, self._within.ipsets)
                number = self._sources.index((zone.name, source))
                self._draft.insert(_chain(place, "_ZONES"), number, what, words.jump(target, "goto"))
        if zone.forward:
            what = words.address("daddr", source, self._within.ipsets)
            self._draft.add(f"filter_FWD_{zone.name}_allow", what, words.ACCEPT)

    def _inversion(self, zone: PermanentZone) -> None:
        """Add what becomes of ICMP that no rule has named, before the zone's target."""
        if zone.target in ("DROP", "%%REJECT%%", "REJECT") or (zone.target == "ACCEPT" and not zone.rules.inverted):
            return
        chain = f"filter_IN_{zone.name}"
        place = len(_PARTS) + 2
        kinds = words.meta("l4proto", {"set": ["icmp", "ipv6-icmp"]})
        self._draft.insert(chain, place, kinds, words.REJECT if zone.rules.inverted else words.ACCEPT)
        if self._denied != "off" and zone.rules.inverted:
            logged = words.log(f"filter_zone_{zone.name}_HOST_ICMP_BLOCK: ")
            self._draft.insert(chain, place, kinds, *words.of_kind(self._denied), logged)


def _own_chains(
    draft: ChainDraft, chains: OwnChains, place: _Place, target: str, denied: str, *, of_zone: bool
) -> None:
    """Add the chains of a zone or a policy in this place, with the jumps between them."""
    base = chains.base(place[0], leaving=place[1] == "postrouting")
    if draft.has(base):
        return
    draft.chain(base, *(f"{base}_{each}" for each in _PARTS))
    if of_zone:
        draft.add(base, words.jump(_chain(place, "_POLICIES_pre")))
    for each in _PARTS:
        draft.add(base, words.jump(f"{base}_{each}"))
    if of_zone:
        draft.add(base, words.jump(_chain(place, "_POLICIES_post")))
    if place[0] != "filter" or target == "CONTINUE":
        return
    if denied != "off" and target != "ACCEPT":
        word = "DROP" if target == "DROP" else "REJECT"
        name = base.removeprefix("filter_")
        draft.add(base, *words.of_kind(denied), words.log(f"filter_{name}_{word}: "))
    ends: dict[str, Object] = {"ACCEPT": words.ACCEPT, "DROP": words.DROP}
    draft.add(base, ends.get(target, words.REJECT))


# --- policies --------------------------------------------------------------------------------------------------------


def _active_policies(within: Permanent) -> Iterator[PermanentPolicy]:
    """Yield the policies between zones that packets may have."""
    active = {"HOST", "ANY", *(each.name for each in within.zones if each.interfaces or each.sources)}
    for each in within.policies:
        if active.intersection(each.ingress) and active.intersection(each.egress) and not each.disabled:
            yield each


def _policy_places(within: Permanent, policy: PermanentPolicy) -> tuple[_Place, ...]:
    """Return where packets are led to the policy.

    Source: firewall/core/fw_policy.py _get_table_chains_for_policy_dispatch()"""
    from_any, to_any = "ANY" in policy.ingress, "ANY" in policy.egress
    if "HOST" in policy.egress:
        here: tuple[_Place, ...] = (("filter", "input"),)
        return (*here, ("nat", "prerouting"), ("mangle", "prerouting")) if from_any else here
    if "HOST" in policy.ingress:
        return ("filter", "output"), ("nat", "output")
    before: tuple[_Place, ...] = (("nat", "prerouting"), ("mangle", "prerouting"))
    by_link = any(zone.interfaces for name in policy.egress if (zone := within.zone(name)) is not None)
    known = to_any or not by_link  # of a zone with an interface nobody knows before routing whether it is the egress
    return ("filter", "forward"), ("nat", "postrouting"), *(before if known else ())


def _policy_chains(policy: PermanentPolicy) -> OwnChains:
    suffix = f"policy_{policy.name}"
    if "HOST" in policy.egress:
        return OwnChains(policy.name, suffix, "IN")
    if "HOST" in policy.ingress:
        return OwnChains(policy.name, suffix, "OUT", nat="OUT")
    return OwnChains(policy.name, suffix, "FWD")


def _policy(draft: ChainDraft, within: Permanent, policy: PermanentPolicy) -> None:
    chains = _policy_chains(policy)
    places = _policy_places(within, policy)
    for place in places:
        _own_chains(draft, chains, place, policy.target, within.settings.log_denied, of_zone=False)
    stage = "_POLICIES_pre" if policy.priority < 0 else "_POLICIES_post"
    for place in places:
        target = words.jump(chains.base(place[0], leaving=place[1] == "postrouting"))
        for matches in _dispatches(within, policy):
            # Priorities are never 0.
            draft.add_lines([RuleLine(_chain(place, stage), (*matches, target), policy.priority)])
    draft.add_lines(lines_of_rules(within, chains, policy.rules))


def _dispatches(within: Permanent, policy: PermanentPolicy) -> Iterator[tuple[Object, ...]]:
    """Yield the comparisons by which packets are led to the policy, each of them for one rule."""
    ingress, egress = (
        tuple(_ends(within, zones, side)) or (None,)
        for zones, side in ((policy.ingress, "ingress"), (policy.egress, "egress"))
    )
    for first in ingress:
        for second in egress:
            both = {words.family_of_header(each) for each in (first, second) if each is not None} - {""}
            if len(both) < 2:
                yield tuple(each for each in (first, second) if each is not None)


def _ends(within: Permanent, names: tuple[str, ...], side: str) -> Iterator[Object]:
    zones = [zone for name in names if (zone := within.zone(name)) is not None]
    links = tuple(dict.fromkeys(each for zone in zones for each in zone.interfaces))
    yield from words.link("iifname" if side == "ingress" else "oifname", links)
    for source in dict.fromkeys(each for zone in zones for each in zone.sources):
        yield words.address("saddr" if side == "ingress" else "daddr", source, within.ipsets)
