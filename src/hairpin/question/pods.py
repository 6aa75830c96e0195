"""Flows of pods whose engine was not asked: CNI plug-ins made their namespaces, as in k3s."""

from collections.abc import Iterator

from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network, addresses_of
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.question.standpoints import beyond


def pod_flows(network: Network, host: Host) -> Iterator[Flow]:
    """Yield the flows from the host to what each pod serves, as a kubelet's probes go, and each pod's way out."""
    first, *others = beyond(network.namespace(host.netns), 4)
    out = lookup(network.namespace(host.netns), Query(4, first)).type == "unicast"
    for namespace in host.namespaces:
        netns = Netns(host.name, namespace.name)
        own = _address(namespace)
        if not netns.is_pod or own is None:
            continue
        for port in _ports(namespace, own):
            yield Flow(FromHost(), 4, own, "tcp", port, host=host.name, asked_host=host.name)
        if out:
            start = FromContainer(netns.name.removeprefix("netns:"), netns)
            yield Flow(start, 4, first, "tcp", 443, purpose="egress", stand_ins=tuple(others), host=host.name)


def _address(namespace: Namespace) -> int | None:
    return next((each.value for each in addresses_of(namespace, None, 4) if each.scope == "global"), None)


def _ports(namespace: Namespace, own: int) -> tuple[int, ...]:
    """Return the TCP ports that take connections to this address."""
    sockets = (
        each
        for each in namespace.sockets
        if each.protocol == "tcp"
        and (each.address == own or (each.address is None and (each.version == 4 or not each.v6only)))
    )
    return tuple(sorted({each.port for each in sockets}))
