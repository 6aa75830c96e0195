"""Dispatches packets to policies and zones as firewalld 2.5 does: in three stages.

The first chain of a hook finds the ingress zone, and the second one the egress zone.  The third chain belongs to a pair
of zones, or to a zone and the host (``HOST``): it leads to the policies of the pair and to its zone, in the order of
their priorities, and then has the zone's target.  Before routing, the egress is unknown, so the third chain belongs to
the ingress zone alone, and no second one exists.

Source: firewall/core/nftables.py of firewalld 2.5.2 build_dispatch_stage1_rules() to build_zone_target_rules(),
_zone_dispatch_chain_name(); fw_zone.py _gen_zone_to_zone_chains_stage3(), _update_zone_dispatch()
"""

from collections.abc import Iterator

from hairpin.firewalls import fragments as words
from hairpin.firewalls.chain_sets import (
    Place,
    active_policies,
    add_target,
    base_of,
    chain_at,
    directions,
    own_chains,
    policy_chains,
    policy_places,
    target_log,
    target_statement,
)
from hairpin.firewalls.draft import ChainDraft
from hairpin.firewalls.pair_dispatch import ANY_LINK, LAST_PRIORITY, Endpoint, add_zone, endpoints
from hairpin.firewalls.permanent import Permanent, PermanentZone
from hairpin.firewalls.rich_rules import lines_of_rules
from hairpin.netfilter.nft.syntax import Object

_HOST = "HOST"
_SHORT = {"prerouting": "PRE", "postrouting": "POST", "input": "IN", "forward": "FWD", "output": "OUT"}
_LOG, _TARGET = 1 << 16, 1 << 17
"""Greater than each priority of a policy: the log of the target, and the target, come last."""
_Line = tuple[int, tuple[Object, ...]]


class StageDispatch:
    """The chains of the zones and the policies, and the dispatch to them."""

    def __init__(self, draft: ChainDraft, within: Permanent) -> None:
        self._draft, self._within = draft, within
        self._ends = tuple(endpoints(within))
        zones = {each.zone.name: each.zone for each in self._ends if each.zone is not None}
        first = within.settings.default_zone
        self._zones = {name: zones[name] for name in sorted(zones, key=lambda each: each != first)}
        """The zones in the order in which firewalld applies them: the default zone first."""
        self._last: dict[str, list[_Line]] = {}

    def add(self) -> None:
        """Add the chains and the dispatch."""
        for zone in self._zones.values():
            own = [each for each in self._ends if each.zone is not None and each.zone.name == zone.name]
            add_zone(self._draft, self._within, zone, own)
        for zone in self._zones.values():
            self._lead_to_zone(zone)
        for policy in active_policies(self._within):
            chains = policy_chains(policy)
            for place in policy_places(self._within, policy):
                base = base_of(chains, place)
                own_chains(self._draft, base)
                add_target(self._draft, base, policy.target, self._within.settings.log_denied)
                for ingress in self._zones_of(policy.ingress):
                    for egress in self._zones_of(policy.egress):
                        self._lead(place, ingress, egress, policy.priority, words.jump(base))
            self._draft.add_lines(lines_of_rules(self._within, chains, policy.rules))
        for chain, lines in self._last.items():
            for _, statements in sorted(lines, key=lambda line: line[0]):
                self._draft.add(chain, *statements)

    def _zones_of(self, names: tuple[str, ...]) -> list[str]:
        """Return the zones to which packets can be dispatched, or ``HOST``, that the names stand for."""
        if _HOST in names:
            return [_HOST]
        return [each for each in self._zones if each in names or "ANY" in names]

    def _lead_to_zone(self, zone: PermanentZone) -> None:
        """Add the chains that lead to the zone, and the targets behind the zone."""
        for chains, places in directions(zone.name, pairs=True):
            for place in places:
                match place[1]:
                    case "input" | "prerouting":
                        pairs = [(zone.name, _HOST)]
                    case "output":
                        pairs = [(_HOST, zone.name)]
                    case "postrouting":
                        pairs = [(each, zone.name) for each in self._zones]
                    case _:
                        pairs = [(zone.name, each) for each in self._zones]
                for ingress, egress in pairs:
                    self._lead(place, ingress, egress, 0, words.jump(base_of(chains, place)))
                    self._end(place, ingress, egress, zone)
                if place[1] == "output":
                    self._egress(chain_at(place, "_dispatch"), place, _HOST)
                else:
                    self._ingress(place)
                    if place[1] in ("forward", "postrouting"):
                        for each in self._zones:
                            self._egress(_second(place, each), place, each)

    def _end(self, place: Place, ingress: str, egress: str, zone: PermanentZone) -> None:
        if place[1] not in ("input", "forward"):
            self._lead(place, ingress, egress, _TARGET, words.ACCEPT)
            return
        denied = self._within.settings.log_denied
        if denied != "off" and zone.target != "ACCEPT":
            logged = target_log(f"filter_{_SHORT[place[1]]}_{ingress}", zone.target)
            self._lead(place, ingress, egress, _LOG, *words.of_kind(denied), logged)
        self._lead(place, ingress, egress, _TARGET, target_statement(zone.target))

    def _lead(self, place: Place, ingress: str, egress: str, priority: int, *what: Object) -> None:
        """Add a rule to the third chain of the pair, unless the chain has it."""
        chain = _third(place, ingress, egress)
        lines = self._last.get(chain)
        if lines is None:
            lines = self._last[chain] = []
            self._draft.chain(chain)
        if (priority, what) not in lines:
            lines.append((priority, what))

    def _ingress(self, place: Place) -> None:
        """Add the rules of the hook's first chain, once."""
        chain = chain_at(place, "_dispatch")
        for end in sorted(self._ends, key=lambda each: _key(each, ingress=True)):
            name = end.zone.name if end.zone is not None else _HOST
            paired = place[1] in ("forward", "postrouting")
            target = _second(place, name) if paired else _third(place, name, _HOST)
            self._draft.add(chain, *self._matches(end, "iifname", "saddr"), words.jump(target))

    def _egress(self, chain: str, place: Place, ingress: str) -> None:
        """Add the rules of a second chain, once.

        A source that is no IP address has no rule in the chains of the zones that were applied after its zone."""
        if not self._draft.has(chain):
            self._draft.chain(chain)
        order = (_HOST, *self._zones)
        for end in sorted(self._ends, key=lambda each: _key(each, ingress=False)):
            name = end.zone.name if end.zone is not None else _HOST
            plain = not end.source or words.version_of(end.source, self._within.ipsets) is not None
            if not plain and order.index(ingress) > order.index(name):
                continue
            self._draft.add(chain, *self._matches(end, "oifname", "daddr"), words.jump(_third(place, ingress, name)))

    def _matches(self, end: Endpoint, link: words.LinkSide, side: words.Side) -> Iterator[Object]:
        if end.source:
            yield words.address(side, end.source, self._within.ipsets)
        elif end.link != ANY_LINK:
            yield words.meta(link, end.link)


def _second(place: Place, ingress: str) -> str:
    return f"{place[0]}_{_SHORT[place[1]]}_{ingress}_dispatch_stage2"


def _third(place: Place, ingress: str, egress: str) -> str:
    start = f"{place[0]}_{_SHORT[place[1]]}_{ingress}"
    return f"{start}_dispatch" if place[1] == "prerouting" else f"{start}_to_{egress}"


def _key(end: Endpoint, *, ingress: bool) -> tuple[int, int, str, str, str]:
    assert end.zone is not None
    priority = end.zone.ingress_priority if ingress else end.zone.egress_priority
    if end.link == ANY_LINK:
        priority = LAST_PRIORITY
    return priority, 1 if end.source else 2, end.zone.name, end.link, end.source
