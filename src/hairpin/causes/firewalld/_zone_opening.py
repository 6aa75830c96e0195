"""The change that lets a packet into a firewalld zone.  The change opens the port in the zone, or inserts a rule before
the denying rule."""

from typing import Literal

from hairpin.causes.firewalld._zones import Keeper, keeper_of
from hairpin.causes.kit import Place, View
from hairpin.causes.rules._lifting import exception, network_at_bridge
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.calls import AddRichRule, OpenPort
from hairpin.change.change import Change, Primitive
from hairpin.change.intent import Body, LetIn, rendered
from hairpin.netfilter.ir import FieldMatch, Verdict
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.prefix import range_text


def port_opened(view: View) -> Change | None:
    """Return the change that opens the packet's port in the zone by which the packet came in.  Return None if firewalld
    did not stop the packet there, or if a rule denied the packet."""
    place, packet = stopped_by(view, "firewalld"), view.stop.seen.packet
    if place is None or view.stop.stage != "input" or packet.protocol not in (TCP, UDP) or packet.dport is None:
        return None
    keeper = keeper_of(view, place)
    if denies(keeper):
        return None
    protocol = "tcp" if packet.protocol == TCP else "udp"
    # A zone may have the bridge beside the uplink: a port that is open in this zone is open to everybody outside.
    sources = network_at_bridge(view)
    opening = zone_opening(view, place, f"filter_IN_{keeper.name}_allow", f"IN_{keeper.name}_allow", sources=sources)
    if sources is None:
        return Change((opening,), (OpenPort(keeper.name, packet.dport, protocol),))
    source = f'family="ipv{packet.version}" source address="{range_text(*sources, packet.version)}"'
    rule = f'rule {source} port port="{packet.dport}" protocol="{protocol}" accept'
    return Change((opening,), (AddRichRule("zone", keeper.name, rule),))


def denies(keeper: Keeper) -> bool:
    """Return whether a rule, a policy or the zone of the packet's source denied the packet.

    If the result is true, an open port in the zone of the link does not help."""
    return keeper.kind == "policy" or bool(keeper.part) or keeper.by_source


def zone_opening(view: View, place: Place, *chains: str, sources: tuple[int, int] | None = None) -> Primitive:
    """Return the part that inserts the rule by which firewalld accepts the packet's port.

    The rule is inserted into the first of ``chains`` that the host has.  If the host has none of them, the rule is
    inserted before the rule that stopped the packet.  ``sources``: the range of source addresses that the rule accepts;
    None for all."""
    packet = view.stop.seen.packet
    assert packet.dport is not None
    field: Literal["saddr4", "saddr6"] = "saddr4" if packet.version == 4 else "saddr6"
    body: Body = (
        *((FieldMatch(field, (sources,)),) if sources is not None else ()),
        FieldMatch("protocol", ((packet.protocol, packet.protocol),)),
        FieldMatch("dport", ((packet.dport, packet.dport),)),
        Verdict("accept"),
    )
    table = view.host_namespace.ruleset.table(place.family, place.table, place.dialect)
    chain = next((each for each in chains if table is not None and table.chain(each) is not None), None)
    if chain is None:
        return exception(view, place).parts[0]
    return rendered(LetIn(view.host_netns, place, chain, (body,)), view.network).parts[0]
