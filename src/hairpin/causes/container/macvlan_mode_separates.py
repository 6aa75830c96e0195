"""Two containers on one parent link do not reach each other, because the macvlan or ipvlan of one container is in mode
private or vepa.

In mode ``bridge`` the kernel passes frames between macvlans on one parent link.  In mode ``vepa`` the kernel sends the
frames out, and they arrive only if the switch sends them back, which few switches do.  In mode ``private`` the kernel
drops frames that the switch sends back, too.

Users see: both containers and the machines in the LAN reach each other, but no packet passes between the two
containers.

Proof: the link of one of the containers is in mode private or vepa.  With both links in mode bridge the flow arrives.
Now: ``ip link set … type macvlan mode bridge`` in the container's namespace.
Lasting: recreate the network without the option ``macvlan_mode`` or ``ipvlan_flag``.  The engine uses the option for
each link that it makes when a container starts.
"""

from hairpin.causes.container._beside import in_mode_bridge
from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.change.change import Change
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import DockerNetwork
from hairpin.network.network import Port
from hairpin.network.stacked import bridges, link_of, lower_of, stacked_on, takes_address

_OPTIONS = ("macvlan_mode", "ipvlan_flag")


def find(view: View) -> Iterator[Candidate]:
    packet = view.stop.seen.packet
    link = view.namespace.link(view.stop.seen.oif or view.stop.link)
    parent = lower_of(view.network, view.stop.netns, link) if link is not None else None
    if link is None or parent is None:
        return
    own = Port(view.stop.netns, link.name)
    other = takes_address(view.network, parent, packet.version, packet.daddr)
    if other is None or other == own or other not in stacked_on(view.network, parent):
        return
    apart = next((each for each in (own, other) if not bridges(link_of(view.network, each))), None)
    if apart is None or link_of(view.network, apart).macvlan_mode == "passthru":
        return
    found = link_of(view.network, apart)
    mode = found.ipvlan_flag if found.kind == "ipvlan" else found.macvlan_mode
    container = view.network.container_of(apart.netns)
    network = _network(view, apart)
    yield Candidate(
        title=message(
            "The {kind} of {name} is in mode {mode}: it reaches no other link on {parent}",
            kind=found.kind,
            name=container.name if container is not None else found.name,
            mode=mode or "",
            parent=parent.link,
        ),
        detail=message(
            "The kernel passes frames between two links on {parent} only if both are in mode bridge.",
            parent=parent.link,
        ),
        change=Change(tuple(in_mode_bridge(view, (own, other)))),
        where=OfLink(found.name, container=container.name if container is not None else None),
        in_class="separation",
        evidence=tuple(each for each in (found.evidence,) if each),
        configured=_configured(network),
    )


def _network(view: View, port: Port) -> DockerNetwork | None:
    """Return the macvlan or ipvlan network of the container in this namespace, or None."""
    container = view.network.container_of(port.netns)
    if container is None:
        return None
    names = {each.network for each in container.endpoints}
    networks = view.network.host(port.netns.host).engine_of(container).networks
    return next((each for each in networks if each.name in names and each.driver in ("macvlan", "ipvlan")), None)


def _configured(network: DockerNetwork | None) -> Configured | None:
    for name, value in network.options if network is not None else ():
        if network is not None and name in _OPTIONS:
            option = f"-o {name}={value}"
            return Configured("network-option", option=option, owner=network.name, evidence=network.evidence)
    return None


CAUSE = Cause(
    title=message("Containers on one link are kept apart by the mode of their macvlans or ipvlans"),
    source="drivers/net/macvlan.c macvlan_queue_xmit(); drivers/net/ipvlan/ipvlan_core.c ipvlan_xmit_mode_l2()",
    on_purpose=True,
    reasons=frozenset({"left-instead", "no-neighbour"}),
)
