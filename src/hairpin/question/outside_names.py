"""The flows by which a container or the host reaches a name of the outside, such as ``example.com``.

hairpin looks up no names.  The flow to the name's address is the client's way out, with the asked port, to an
address that stands for it.  The flows to the client's name servers show whether the client can look up the name.
"""

import msgspec

from hairpin.host.host import Host
from hairpin.network.flow import Flow, FromContainer, FromHost, Protocol
from hairpin.network.network import Network
from hairpin.question.asked import Origin, Target
from hairpin.question.egress import egress_flows, host_dns_flows, outward_flow
from hairpin.question.hosts import container_named, host_named
from hairpin.question.namespaces import asking_namespace
from hairpin.question.standpoints import beyond
from hairpin.question.starts import asker, start_named
from hairpin.question.suggest import close

USUAL_PORT = 443
"""The port that is asked if the question names none."""


def to_outside_name(network: Network, target: Target, origin: Origin | None) -> list[Flow]:
    """Return the flows of the asking container or host to the name servers and to the port of the target, whose name
    has the form of a name of the outside.

    Return no flow if neither asks, or if a container has this name or a similar name with a dot."""
    name = target.container or ""
    if origin is None or origin.kind not in ("container", "host") or target.host:
        return []
    host = asker(network, origin) if origin.kind == "container" else host_named(network, origin.host)
    known = [each.name for each in host.containers() if "." in each.name]
    if any(each.containers_named(name) for each in network.hosts) or close(name, known):
        return []
    of_namespace = asking_namespace(network, origin) is not None or origin.kind != "container"
    container = container_named(network, host, origin.container or "") if not of_namespace else None
    found = egress_flows(network, host, container) if container is not None else []
    if not found:
        outward = _without_way_out(network, host, origin)
        names = host_dns_flows(network, host, container) if isinstance(outward.start, FromHost) else []
        found = [outward, *names]
    return [each if each.purpose == "dns" else _to_port(each, target.port, target.protocol or "tcp") for each in found]


def _to_port(flow: Flow, port: int | None, protocol: Protocol) -> Flow:
    return msgspec.structs.replace(flow, dport=port or USUAL_PORT, protocol=protocol, port_named=port is not None)


def _without_way_out(network: Network, host: Host, origin: Origin) -> Flow:
    """Return the flow to the outside of a container that does not run, that has only internal networks, or that is on
    the host's network; or of the host itself."""
    start = start_named(network, host, 4, origin).start
    first, *others = beyond(network.namespace(host.netns), 4)
    if isinstance(start, FromContainer):
        return outward_flow(start, 4, first, tuple(others))
    return Flow(start, 4, first, "tcp", USUAL_PORT, stand_ins=tuple(others), host=host.name, invented=True)
