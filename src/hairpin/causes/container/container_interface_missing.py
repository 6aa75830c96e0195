"""The container has no interface on a network to which its engine has connected it.

A person or a network manager deleted the veth.  The kernel deletes both ends of a veth together, with their addresses
and routes.

Users see: the container runs, but it has only the link ``lo``, and its ports time out.

Proof: the engine lists the container on the network, and the container's namespace lacks the interface.  With the
interface the packet arrives.
Now: ``docker restart NAME``, or ``podman restart NAME``.  The engine then makes the interface again.
Lasting: the engine makes the interface whenever it starts the container.  Keep network managers away from ``veth*``
(unmanaged).
"""

from hairpin.causes.container._engine_gateway import containers_of_flow
from hairpin.causes.engine._publishing import refusal_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Namespace, OfContainer, View, message
from hairpin.engines.repair.bridging import awaiting
from hairpin.engines.repair.connecting import interface_restored
from hairpin.host.docker import Endpoint


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container of the flow whose interface is missing.

    The containers of the flow are the packet's destination container and the container in which the packet stopped."""
    for container, netns in containers_of_flow(view):
        engine = view.host.engine_of(container)
        lost = _lost(engine.endpoints_of(container), view.network.namespace(netns))
        if lost is None or container.network_disabled:
            continue  # a restart makes no interface for a container whose network is switched off
        joined = engine.network(lost.network)
        change = interface_restored(view.host, container, lost) or awaiting(view.host, joined)
        if change is None:
            continue
        yield Candidate(
            title=message(
                "Container {name} has no interface on network {network}", name=container.name, network=lost.network
            ),
            detail=message(
                "{engine} still lists the container on the network, but the veth between the bridge and the container "
                "is gone.",
                engine=engine.title,
            ),
            change=change,
            refused=refusal_of(view, change),
            where=OfContainer(container=container.name, network=lost.network),
            in_class="container-address-lost",
            evidence=(container.evidence,),
            advice=(
                message("a network manager may have deleted the veth: keep this manager away from veth* (unmanaged)"),
            ),
        )


_ENGINES_KINDS = frozenset({"veth", "macvlan", "ipvlan"})
"""The kinds of links that engines make in a container.  A kernel with the tunnel modules adds other links (tunl0, sit0)
to every namespace."""


def _lost(endpoints: tuple[Endpoint, ...], namespace: Namespace) -> Endpoint | None:
    """Return an endpoint whose interface is gone, or None.  An interface is gone if no link has the endpoint's IPv4
    address and the container has fewer interfaces than networks."""
    interfaces = [each for each in namespace.links if each.kind in _ENGINES_KINDS]
    held = {each.value for each in namespace.addresses}
    without = [each for each in endpoints if each.ipv4 not in held and each.ipv4 is not None]
    return without[0] if without and len(interfaces) < len(endpoints) else None


CAUSE = Cause(
    title=message("The container has no interface on its network"),
    source="net/core/dev.c: unregister_netdevice()",
    reasons=frozenset({"no-neighbour", "no-route", "no-source-address", "no-carrier", "link-down", "left-instead",
                       "hairpin-off", *RULE_STOPS}),
)  # fmt: skip
