"""An engine's intended isolation between networks, within a network, and of unpublished ports.

The intended repair is a common network.  A change that deletes an engine's rule only proves what stopped the packet.
"""

import msgspec

from hairpin.causes.kit import Message, Place, View, Way, message
from hairpin.change.change import Change, DeleteRule, InsertRule
from hairpin.engines.repair.connecting import connecting_change, moves_ports, own_default_route, refused_connection
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import Rule, Verdict
from hairpin.netfilter.packet import is_discovery
from hairpin.network.attachment import network_of_bridge
from hairpin.network.flow import FromContainer
from hairpin.network.network import outer_link


class Pair(msgspec.Struct, frozen=True):
    """Two containers of one engine: the asking container, and the asked container with one of its networks."""

    engine: Engine
    asking: Container
    asked: Container
    network: DockerNetwork

    def change(self, view: View) -> Change | None:
        """Return the change that connects the asking container to the asked container's network."""
        return connecting_change(view.host, self.asking, self.network)

    @property
    def putting_back(self) -> tuple[Message, ...]:
        """The advice to connect the asked container to its own network again; empty if it is on this network, or if the
        asking container is not."""
        own, joined = self.asked.network_mode, {each.network for each in self.asked.endpoints}
        if own in joined or all(each.network != own for each in self.asking.endpoints):
            return ()
        return (
            message(
                "{asked} was made for network {own}, where {asking} is, and is no longer on it: `{tool} network "
                "connect {own} {asked}` puts it back, with a new address",
                asked=self.asked.name,
                asking=self.asking.name,
                own=own,
                tool=self.engine.kind,
            ),
        )

    def side_effects(self, view: View) -> tuple[Message, ...]:
        """Return the side effects of connecting the asking container to the network."""
        if not moves_ports(view.host, self.asking, self.network):
            return ()
        return (
            message(
                "packets of {name} then leave through network {network}, because the name of this network sorts first. "
                "The published ports of {name} move there, and their open connections break",
                name=self.asking.name,
                network=self.network.name,
            ),
        )


def is_within(view: View) -> bool:
    """Return whether the packet is neighbour discovery that stays on its bridge.

    Isolation between networks is not meant to stop neighbour discovery within a bridge."""
    seen = view.stop.seen
    return bool(seen.iif) and seen.iif == seen.oif and is_discovery(seen.packet)


def is_on_uplink(view: View, name: str) -> bool:
    """Return whether the link is a network's bridge with a port by which the host reaches the outside.  A user's
    networks reach it by the tap link of the user's network stack alone."""
    if view.host_netns.is_rootless:
        return False
    link = view.host_namespace.link(name)
    if link is None or link.kind != "bridge" or network_of_bridge(view.host, name) is None:
        return False
    return outer_link(view.network, view.host_netns, link) is not None


def pair_of(view: View) -> Pair | None:
    """Return the flow's two containers, if both belong to one engine and the packet is IPv4; else None."""
    start, packet = view.flow.start, view.stop.seen.packet
    asking = view.host.container(start.name) if isinstance(start, FromContainer) else None
    address = packet.saddr if view.in_reply else packet.daddr
    for engine in view.host.engines:
        if asking is None or asking not in engine.containers or packet.version != 4:
            continue
        for asked in engine.containers:
            for endpoint in asked.endpoints:
                network = engine.network(endpoint.network)
                if endpoint.ipv4 == address and network is not None:
                    return Pair(engine, asking, asked, network)
    return None


def by_name(view: View, pair: Pair, port: int) -> Way:
    """Return the advice to connect the asking container to the asked container's network, and to use the asked
    container's name.  The connection alone does not help a flow to the host's address."""
    if own_default_route(view.host, pair.asking, pair.network) is not None:
        return Way(Change(()), (refused_connection(pair.asking, pair.network.name),), by_person=True)
    return Way(
        Change(()),
        (
            message(
                "connect {asking} to network {network} (`{tool} network connect {network} {asking}`), and let it ask "
                "{asked}:{port} instead of the host's address",
                asking=pair.asking.name,
                network=pair.network.name,
                tool=pair.engine.kind,
                asked=pair.asked.name,
                port=port,
            ),
        ),
    )


def accepting_instead(view: View, place: Place) -> Change:
    """Return the change that replaces the engine's dropping rule by an accepting rule, or only deletes a rule of nft.

    The opposite value of the engine's option would have the same effect."""
    rule, family = rule_at(view.namespace.ruleset, place), place.family
    taken = DeleteRule(view.stop.netns, place)
    if rule is None or place.dialect == "nft" or family not in ("ip", "ip6"):
        return Change((taken,))
    body = (*(each for each in rule.body if not isinstance(each, Verdict)), Verdict("accept"))
    made = Rule(body, spelled(body, place.chain, family), 1)
    return Change((taken, InsertRule(taken.netns, place.dialect, family, place.table, place.chain, made, place.number)))
