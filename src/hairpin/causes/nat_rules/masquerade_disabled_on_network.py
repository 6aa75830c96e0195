"""Masquerading is switched off for this network or in dockerd, and a peer drops packets from the containers' addresses.

If no peer is known to drop these packets, hairpin presumes that other machines have a route to the network.

Users see: containers of one network cannot connect to the outside.

Proof: the network or dockerd has masquerading off, and a peer that the user stated with ``--outside`` drops packets
from the container's address.  If the packet is masqueraded, the peer accepts it.
Now: add a MASQUERADE rule for the subnet, or a route to the subnet on the next hop.
Lasting: set the network's option ``enable_ip_masquerade``, or put the route into the router's configuration.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfNetwork, View, message
from hairpin.causes.rules._lifting import masquerading
from hairpin.host.boot.configured import Configured, of_engine_option
from hairpin.host.docker import MASQUERADES, DockerNetwork, Engine
from hairpin.network.wires import holder_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the network of the packet's source, if an option of the network or of dockerd switches
    masquerading off."""
    found = masquerading(view)
    if found is None:
        return
    engine, network, change = found
    packet = view.stop.seen.packet
    if holder_of(view.network, packet.version, packet.daddr, besides=view.stop.netns.host) is not None:
        return  # if another host that was read has the destination, containers keep their addresses on purpose
    if engine.iptables is False or engine.masquerades(network):
        return
    yield Candidate(
        title=message("Masquerading is switched off for network {name}", name=network.name),
        detail=message(
            "Packets leave with the containers' own addresses. You stated that the peer does not accept these "
            "addresses."
        ),
        change=change,
        where=OfNetwork(network=network.name, option=MASQUERADES),
        in_class="engine-option",
        evidence=(network.evidence,),
        configured=_option(view, engine, network),
        advice=(message("or let the peer accept the containers' subnet"),),
    )


def _option(view: View, engine: Engine, network: DockerNetwork) -> Configured:
    """Return the option of the network that switches masquerading off, or else the option of dockerd."""
    given = network.option(MASQUERADES)
    if engine.ip_masq is False and network.option("com.docker.network.bridge.default_bridge") is not None:
        return of_engine_option("ip-masq", "false", view.host)
    return Configured("network-option", option=f"{MASQUERADES}={given}", owner=network.name, evidence=network.evidence)


CAUSE = Cause(
    title=message("Masquerading is off for the network"),
    source="docs.docker.com: dockerd, bridge network options",
    reasons=frozenset({"peer-drops"}),
)
