"""A container network was made on the bridge by which the host itself reaches its network.

Users see: after ``docker network create -o com.docker.network.bridge.name=BRIDGE``, the clients of containers on other
networks time out, and the host has lost its address or its default route.

Proof: the bridge has a port that leads out of the host.  dockerd replaces the host's address on the bridge by the
network's gateway address, and the default route is lost with the host's address.  The isolation rules drop packets
between the bridge and other networks.  With a default route through the bridge, and without these rules, the flow
arrives.
Now: take the containers off the network, remove the network, and give the bridge back its own address and default
route.
Lasting: make the network again without that bridge name; for containers with addresses of the LAN use macvlan or
ipvlan.
"""

from hairpin.causes.isolation._walls import is_on_uplink
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfNetwork, Place, View, Way, message
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.change import AddEntry, Change, DeleteRule
from hairpin.host.docker import DockerNetwork
from hairpin.host.route import NextHop, Route
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import NameMatch
from hairpin.network.network import outer_link
from hairpin.network.prefix import address_text
from hairpin.network.tables import has_default_route


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each network on the host's own bridge, if the engine's isolation drops the packet, or if
    the host has no default route."""
    if not view.on_host:
        return
    place, seen = stopped_by(view, "isolation"), view.stop.seen
    version = seen.packet.version
    if place is None and has_default_route(view.host_namespace, version):
        return
    for engine in view.host.engines:
        for each in engine.networks:
            if each.bridge is None or (place is not None and each.bridge not in (seen.iif, seen.oif)):
                continue
            if not is_on_uplink(view, each.bridge):
                continue
            if place is None:
                way = Route(version, 0, 0, next_hops=(NextHop(each.bridge),))
                yield _candidate(view, each, each.bridge, Change((AddEntry(view.host_netns, way),)), None)
            else:
                gone = tuple(DeleteRule(view.host_netns, one) for one in _isolating(view, place, each.bridge))
                yield _candidate(view, each, each.bridge, Change(gone), place)


def _isolating(view: View, place: Place, bridge: str) -> Iterator[Place]:
    """Yield the rules of the isolation's chains that name the bridge, the last ones first."""
    found = [
        place_of(table, chain.name, rule)
        for table in view.host_namespace.ruleset.tables
        if (table.family, table.name) == (place.family, place.table)
        for chain in table.chains
        if "ISOLATION" in chain.name
        for rule in chain.rules
        if any(isinstance(part, NameMatch) and bridge in part.names for part in rule.body)
    ]
    yield from reversed(found)


def _candidate(view: View, network: DockerNetwork, bridge: str, change: Change, place: Place | None) -> Candidate:
    facts = {"name": network.name, "tool": view.host.tool_of(network), "bridge": bridge}
    by_hand = (
        message("take the containers off {name}, then `{tool} network rm {name}`", **facts)
        if place is not None
        else message(
            "take the containers off {name}, then `{tool} network rm {name}`; then give {bridge} back the address and "
            "the default route of the host's own network configuration",
            **facts,
        )
    )
    return Candidate(
        title=message("Network {name} was made on {bridge}, the host's own bridge", name=network.name, bridge=bridge),
        detail=_detail(view, network, bridge, place),
        change=change,
        where=OfNetwork(networks=network.name),
        in_class="link-or-route",
        evidence=(place.evidence,) if place is not None else (network.evidence,) if network.evidence else (),
        ways=(Way(Change(()), (by_hand,), by_person=True),),
        offered=False,
    )


def _detail(view: View, network: DockerNetwork, bridge: str, place: Place | None) -> Message:
    link = view.host_namespace.link(bridge)
    port = outer_link(view.network, view.host_netns, link) if link is not None else None
    facts = {"name": network.name, "bridge": bridge, "port": port.name if port is not None else ""}
    if place is not None:
        return message(
            "{port} is a port of {bridge}, so the host reaches its own network by {bridge}. The engine isolates its "
            "networks from each other, and {rule} drops packets between {bridge} and another network.",
            **facts,
            rule=place.text,
        )
    version = view.stop.seen.packet.version
    gateway = next((each.gateway for each in network.subnets if each.version == version and each.gateway), None)
    return message(
        "{port} is a port of {bridge}, so the host reaches its own network by {bridge}. The engine gives {bridge} the "
        "gateway address of {name} ({gateway}) and removes the other address of {bridge}. A default route that needs "
        "the other address is then lost, too. The engine also isolates {bridge} from its other networks.",
        **facts,
        gateway=address_text(gateway, version) if gateway is not None else "-",
    )


CAUSE = Cause(
    title=message("A container network was made on the host's own bridge"),
    source="moby: libnetwork/drivers/bridge/setup_ipv4_linux.go setupBridgeIPv4(): removes the bridge's address",
    reasons=frozenset({"no-route", *RULE_STOPS}),
)
