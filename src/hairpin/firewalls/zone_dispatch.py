"""Dispatches packets to their zone and to the policies as firewalld 1 does: by the packet's source, otherwise by its
link, and otherwise to the default zone.

Source: firewall/core/nftables.py of firewalld 1.3 build_zone_source_interface_rules(),
build_zone_source_address_rules(), build_policy_ingress_egress_rules(); fw.py _start_apply_objects()
"""

from collections.abc import Iterator

from hairpin.firewalls import fragments as words
from hairpin.firewalls.chain_owner import PARTS
from hairpin.firewalls.chain_sets import (
    add_inversion,
    add_target,
    base_of,
    chain_at,
    directions,
    own_chains,
    policy_chains,
    policy_places,
    rules_of,
)
from hairpin.firewalls.draft import ChainDraft, RuleLine
from hairpin.firewalls.permanent import Binding, Permanent, PermanentPolicy, PermanentZone
from hairpin.firewalls.rich_rules import lines_of_rules
from hairpin.netfilter.nft.syntax import Object


class ZoneDispatch:
    """The zones' chains, and the dispatch to them."""

    def __init__(self, draft: ChainDraft, within: Permanent, denied: str, later: tuple[Binding, ...]) -> None:
        self._draft, self._within, self._denied, self._later = draft, within, denied, later
        self._sources: list[tuple[str, str]] = []

    def add(self) -> None:
        """Add the zones to which packets can be dispatched: first the zones with interfaces or sources, then the
        default zone, then the zones whose interfaces or sources were bound later."""
        later = set(self._later)
        applied: list[str] = []
        for zone in self._within.zones:
            own = tuple(each for each in zone.interfaces if Binding(zone.name, each) not in later)
            sources = tuple(each for each in zone.sources if Binding(zone.name, source=each) not in later)
            if own or sources:
                applied.append(zone.name)
                self._apply(zone, own, sources)
        default = self._within.zone(self._within.settings.default_zone)
        if default is not None:
            if default.name not in applied:
                self._apply(default, (), ())
                applied.append(default.name)
            for chains, places in directions(default.name):
                for place in places:
                    target = base_of(chains, place)
                    self._draft.add(chain_at(place, "_ZONES"), words.jump(target, "goto"))
        for each in self._later:
            known = self._within.zone(each.zone)
            if known is not None:
                if known.name not in applied:
                    self._apply(known, (), ())
                    applied.append(known.name)
                if each.link:
                    self._interface(known, each.link)
                if each.source:
                    self._source(known, each.source)

    def _apply(self, zone: PermanentZone, interfaces: tuple[str, ...], sources: tuple[str, ...]) -> None:
        for chains, places in directions(zone.name):
            for place in places:
                base = base_of(chains, place)
                before, behind = (words.jump(chain_at(place, f"_POLICIES_{each}")) for each in ("pre", "post"))
                own_chains(self._draft, base, first=(before,), last=(behind,))
                add_target(self._draft, base, zone.target, self._denied)
            self._draft.add_lines(lines_of_rules(self._within, chains, rules_of(zone, chains)))
        for each in interfaces:
            self._interface(zone, each)
        for each in sources:
            self._source(zone, each)
        add_inversion(self._draft, zone, self._denied, len(PARTS) + 2)

    def _interface(self, zone: PermanentZone, name: str) -> None:
        """Add the dispatch by an interface.

        The rule stands after the rules for sources, and before the rules for interfaces that were bound earlier."""
        for chains, places in directions(zone.name):
            for place in places:
                target = base_of(chains, place)
                side: words.LinkSide = "oifname" if place[1] == "postrouting" else "iifname"
                matches = words.link(side, (name,)) if name not in ("*", "+") else ()
                self._draft.insert(chain_at(place, "_ZONES"), len(self._sources), *matches, words.jump(target, "goto"))
        if zone.forward and name not in ("*", "+"):
            self._draft.add(f"filter_FWD_{zone.name}_allow", *words.link("oifname", (name,)), words.ACCEPT)

    def _source(self, zone: PermanentZone, source: str) -> None:
        """Add the dispatch by a source.  Sources are sorted by the names of their zones."""
        self._sources = sorted([*self._sources, (zone.name, source)], key=lambda each: each[0])
        for chains, places in directions(zone.name):
            for place in places:
                target = base_of(chains, place)
                side: words.Side = "daddr" if place[1] == "postrouting" else "saddr"
                what = words.address(side, source, self._within.ipsets)
                number = self._sources.index((zone.name, source))
                self._draft.insert(chain_at(place, "_ZONES"), number, what, words.jump(target, "goto"))
        if zone.forward:
            what = words.address("daddr", source, self._within.ipsets)
            self._draft.add(f"filter_FWD_{zone.name}_allow", what, words.ACCEPT)


def add_policy(draft: ChainDraft, within: Permanent, policy: PermanentPolicy) -> None:
    """Add the chains of a policy between zones, and the dispatch to them."""
    chains = policy_chains(policy)
    places = policy_places(within, policy)
    for place in places:
        own_chains(draft, base_of(chains, place))
        add_target(draft, base_of(chains, place), policy.target, within.settings.log_denied)
    stage = "_POLICIES_pre" if policy.priority < 0 else "_POLICIES_post"
    for place in places:
        target = words.jump(base_of(chains, place))
        for matches in _dispatches(within, policy):
            # No policy has priority 0.
            draft.add_lines([RuleLine(chain_at(place, stage), (*matches, target), policy.priority)])
    draft.add_lines(lines_of_rules(within, chains, policy.rules))


def _dispatches(within: Permanent, policy: PermanentPolicy) -> Iterator[tuple[Object, ...]]:
    """Yield the comparisons that dispatch packets to the policy, one for each rule."""
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
