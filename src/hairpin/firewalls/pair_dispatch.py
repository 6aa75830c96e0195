"""Dispatches packets to policies and zones as firewalld 2 does: by pairs of ingress and egress.

Each hook has one chain for the dispatch, sorted by the zones' priorities.  Sources come before links, and the default
zone comes last.  The rules for one pair lead to its policies and its zone, in the order of their priorities, and then
to the zone's target.

Source: firewall/core/nftables.py of firewalld 2.3 _policy_dispatch_sort_key(),
build_policy_ingress_egress_pair_rules(); fw_zone.py _interface_or_source_update_policies_derived_from_zone(),
fw_policy.py _ingress_egress_zone()
"""

from bisect import insort
from collections.abc import Iterator
from typing import NamedTuple

from hairpin.firewalls import fragments as words
from hairpin.firewalls.chain_owner import PARTS
from hairpin.firewalls.chain_sets import (
    Place,
    active_policies,
    add_inversion,
    add_target,
    base_of,
    chain_at,
    directions,
    own_chains,
    policy_chains,
    policy_places,
    rules_of,
    target_log,
    target_statement,
)
from hairpin.firewalls.draft import ChainDraft
from hairpin.firewalls.permanent import Permanent, PermanentPolicy, PermanentZone
from hairpin.firewalls.rich_rules import lines_of_rules
from hairpin.netfilter.nft.syntax import Object

LAST_PRIORITY = 32768
ANY_LINK = "*"
_Key = tuple[int | str, ...]


class Endpoint(NamedTuple):
    """An ingress or egress of packets: a source or a link of a zone.  The link ``*`` stands for any link, and belongs
    to the default zone.  An endpoint without a zone is the host itself."""

    zone: PermanentZone | None
    source: str = ""
    link: str = ""


_HOST = Endpoint(None)


def endpoints(within: Permanent) -> Iterator[Endpoint]:
    """Yield the sources and links of each zone, and the link ``*`` of the default zone."""
    for zone in within.zones:
        yield from (Endpoint(zone, source=each) for each in zone.sources)
        yield from (Endpoint(zone, link=each.replace("+", "*")) for each in zone.interfaces)
        if zone.name == within.settings.default_zone:
            yield Endpoint(zone, link=ANY_LINK)


def add_zone(draft: ChainDraft, within: Permanent, zone: PermanentZone, ends: list[Endpoint]) -> None:
    """Add the zone's own chains.  ``ends``: the zone's sources and links."""
    for chains, places in directions(zone.name, pairs=True):
        for place in places:
            own_chains(draft, base_of(chains, place))
        draft.add_lines(lines_of_rules(within, chains, rules_of(zone, chains)))
    if zone.forward:
        allowed = f"filter_FWD_{zone.name}_allow"
        for each in zone.interfaces:
            draft.add(allowed, *words.link("oifname", (each,)), words.ACCEPT)
        for each in (end.source for end in ends if end.source):
            draft.add(allowed, words.address("daddr", each, within.ipsets), words.ACCEPT)
    add_inversion(draft, zone, within.settings.log_denied, len(PARTS))


class PairDispatch:
    """The chains of the zones and the policies, and the dispatch to them."""

    def __init__(self, draft: ChainDraft, within: Permanent) -> None:
        self._draft, self._within = draft, within
        self._denied = within.settings.log_denied
        self._rules: dict[str, list[tuple[Object, ...]]] = {}
        self._keys: dict[str, list[_Key]] = {}
        self._known: set[tuple[_Key, str, str]] = set()

    def add(self) -> None:
        """Add the chains and the dispatch."""
        ends = tuple(endpoints(self._within))
        zones = {each.zone.name: each.zone for each in ends if each.zone is not None}
        for zone in zones.values():
            own = [each for each in ends if each.zone is not None and each.zone.name == zone.name]
            add_zone(self._draft, self._within, zone, own)
        for zone in zones.values():
            self._lead_to_zone(zone, ends)
        for policy in active_policies(self._within):
            self._add_policy(policy, ends)
        for chain, rules in self._rules.items():
            for statements in rules:
                self._draft.add(chain, *statements)

    def _lead_to_zone(self, zone: PermanentZone, ends: tuple[Endpoint, ...]) -> None:
        own = [each for each in ends if each.zone is not None and each.zone.name == zone.name]
        for chains, places in directions(zone.name, pairs=True):
            for place in places:
                base = base_of(chains, place)
                match place[1]:
                    case "input":
                        pairs = [(each, _HOST) for each in own]
                    case "output":
                        pairs = [(_HOST, each) for each in own]
                    case "postrouting":
                        pairs = [(one, each) for each in own for one in ends]
                    case _:
                        pairs = [(each, one) for each in own for one in ends]
                for ingress, egress in pairs:
                    self._lead(place, ingress, egress, words.jump(base))
                    if place[0] == "filter" and place[1] != "output":
                        if self._denied != "off" and zone.target != "ACCEPT":
                            logged = (*words.of_kind(self._denied), target_log(base, zone.target))
                            self._lead(place, ingress, egress, *logged, last=1)
                        self._lead(place, ingress, egress, target_statement(zone.target), last=2)
                    else:
                        self._lead(place, ingress, egress, {"return": None}, last=2)

    def _add_policy(self, policy: PermanentPolicy, ends: tuple[Endpoint, ...]) -> None:
        chains = policy_chains(policy)
        for place in policy_places(self._within, policy):
            base = base_of(chains, place)
            own_chains(self._draft, base)
            add_target(self._draft, base, policy.target, self._denied)
            for ingress in self._ends_of(policy.ingress, ends):
                for egress in self._ends_of(policy.egress, ends):
                    if (ingress.link, egress.link) != (ANY_LINK, ANY_LINK):
                        self._lead(place, ingress, egress, words.jump(base), priority=policy.priority)
        self._draft.add_lines(lines_of_rules(self._within, chains, policy.rules))

    def _lead(
        self, place: Place, ingress: Endpoint, egress: Endpoint, *what: Object, last: int = 0, priority: int = 0
    ) -> None:
        ipsets = self._within.ipsets
        if (
            ingress.source
            and egress.source
            and words.version_of(ingress.source, ipsets) != words.version_of(egress.source, ipsets)
        ):
            return
        before = place[1] == "prerouting"
        matches: list[Object] = []
        if ingress.link and ingress.link != ANY_LINK:
            matches.append(words.meta("iifname", ingress.link))
        if egress.link and egress.link != ANY_LINK and not before:
            matches.append(words.meta("oifname", egress.link))
        if ingress.source:
            matches.append(words.address("saddr", ingress.source, ipsets))
        if egress.source:
            # nft prints the destination of an Ethernet frame before its source, so the destination comes first here
            plain = not any(each.source.startswith("ipset:") for each in (ingress, egress))
            first = bool(ingress.source) and plain and words.family_of_header(matches[-1]) == "ether"
            matches.insert(len(matches) - int(first), words.address("daddr", egress.source, ipsets))
        came, goes = _ingress_key(ingress), _egress_key(egress, before=before)
        key = (*goes, *came) if place[1] == "postrouting" else (*came, *goes)
        self._insert(chain_at(place, "_POLICIES"), (*key, last, priority), (*matches, *what))

    def _insert(self, chain: str, key: _Key, statements: tuple[Object, ...]) -> None:
        """Insert a rule at the index that firewalld computes.  firewalld counts rules with the same key only once.

        firewalld's index is too low if several policies of one priority exist for the same pair.

        Source: firewall/core/nftables.py _set_rule_sort_policy_dispatch()"""
        known = (key, chain, str(statements))
        if known in self._known:
            return
        self._known.add(known)
        keys = self._keys.setdefault(chain, [])
        if key not in keys:
            insort(keys, key)
        self._rules.setdefault(chain, []).insert(keys.index(key), statements)

    def _ends_of(self, names: tuple[str, ...], ends: tuple[Endpoint, ...]) -> list[Endpoint]:
        """Return the endpoints of the zones, in the order in which firewalld sorts them."""
        if "HOST" in names:
            return [_HOST]
        zones = dict.fromkeys(each.zone.name for each in ends if each.zone is not None)
        active = [each.name for each in self._within.zones if each.name in zones and (each.interfaces or each.sources)]
        default = self._within.settings.default_zone
        wanted = names if "ANY" not in names else (*active, *([default] if default not in active else []))
        own = [each for name in wanted for each in ends if each.zone is not None and each.zone.name == name]
        return sorted(own, key=lambda each: (wanted.index(_name(each)), bool(each.source)))


def _name(end: Endpoint) -> str:
    return end.zone.name if end.zone is not None else "HOST"


def _ingress_key(end: Endpoint) -> _Key:
    if end.zone is None:
        return 0, 0, "HOST", "", ""
    priority = LAST_PRIORITY if end.link == ANY_LINK else end.zone.ingress_priority
    return priority, 1 if end.source else 2, end.zone.name, end.source, end.link


def _egress_key(end: Endpoint, *, before: bool) -> _Key:
    if end.zone is None:
        return 0, 0, "HOST", "", ""
    if before and end.link:  # before routing, the egress link is unknown
        return end.zone.egress_priority, 2, "", "", ""
    priority = LAST_PRIORITY if end.link == ANY_LINK else end.zone.egress_priority
    return priority, 1 if end.source else 2, end.zone.name, end.source, end.link
