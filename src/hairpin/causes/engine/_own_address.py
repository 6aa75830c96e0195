"""A port of a container that a client asks at the container's own address, and that an engine's rules or a meant policy
keep closed, because nobody published it."""

from typing import Literal

import msgspec

from hairpin.causes.engine._near_ports import binding_elsewhere, published_ports
from hairpin.causes.engine._publishing import only_published, refusal_of
from hairpin.causes.isolation._walls import pair_of
from hairpin.causes.kit import Candidate, Iterator, View, Way, message
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.where import OfContainer, OfWall
from hairpin.change.change import Change
from hairpin.engines.repair.republishing import published_too
from hairpin.host.docker import Container, PortBinding
from hairpin.network.flow import Lan, Outside


def of_meant_policy(view: View) -> Iterator[Candidate]:
    """Yield the candidate that publishes the port of a container that was asked at its own address.

    At a container's own address, outside clients reach published ports only.  Up to version 27, dockerd's rules accept
    packets to published ports, and FORWARD's policy (set by dockerd, ufw or a saved ruleset) drops packets to all other
    ports.  Since version 28, a rule in chain DOCKER drops packets to all other ports.  Source: moby v20.10.24
    libnetwork/iptables/iptables.go Forward()
    """
    flow, start, container = view.flow, view.flow.start, _asked_itself(view)
    if container is None or not isinstance(start, Outside | Lan) or binding_elsewhere(view, container) is not None:
        return
    protocol: Literal["tcp", "udp"] = "udp" if flow.protocol == "udp" else "tcp"
    binding = PortBinding(protocol, flow.dport, flow.dport, None, flow.version)
    port = f"{flow.dport}" + ("/udp" if protocol == "udp" else "")
    said = message("recreate {name} with -p PORT:{port}, where PORT is a free port of the host", name=container.name,
                   port=port)  # fmt: skip
    change = Change(published_too(view.host, container, binding, said))
    version = f"IPv{flow.version}"
    yield Candidate(
        title=message("Port {port} of {name} is not published", port=flow.dport, name=container.name)
        if all((each.protocol, each.container_port) != (protocol, flow.dport) for each in container.bindings)
        else message(
            "Port {port} of {name} is not published for {version}",
            port=flow.dport,
            name=container.name,
            version=version,
        ),
        detail=only_published(view, container, published_ports(view)),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, port=f"{flow.dport}/{protocol}"),
        in_class="port-not-published",
        evidence=(container.evidence,),
    )


def _asked_itself(view: View) -> Container | None:
    """Return the running Docker container whose own address the client asked.  Return None if the packet did not stop
    in FORWARD."""
    flow, packet, link = view.flow, view.stop.seen.packet, view.namespace.link(view.stop.seen.iif)
    asked = (flow.version, flow.daddr, flow.dport)
    if view.in_reply or flow.protocol not in ("tcp", "udp") or (packet.version, packet.daddr, packet.dport) != asked:
        return None
    if view.stop.stage != "forward" or (link is not None and link.tunnel is not None):
        return None  # a tunnel carries packets of other nodes' containers, which need no published port
    running = (each for engine in view.host.engines if engine.kind == "docker" for each in engine.containers)
    for each in running:
        addresses = {one.ipv4 if flow.version == 4 else one.ipv6 for one in each.endpoints}
        if each.running and flow.daddr in addresses:
            return each
    return None


def of_engine_rule(view: View) -> Iterator[Candidate]:
    """Yield a candidate that connects the asking container to the asked container's network, if they share no network.
    The last candidate's change proves that the engine's rule stops the packet, and this candidate leaves the repair to
    a person."""
    place = view.place
    assert place is not None
    pair = pair_of(view)
    shut = Candidate(
        title=message("Docker's own rules keep clients out of ports that are not published"),
        detail=message("{rule}", rule=place.text),
        change=deletion(view, place),
        where=OfWall(place),
        in_class="engine-protection",
        evidence=(place.evidence,),
        ways=(Way(Change(()), (message("recreate the container with its port published (-p)"),), by_person=True),),
        offered=False,
    )
    connecting = pair.change(view) if pair is not None else None
    if pair is not None and connecting is not None:
        effects = pair.side_effects(view)
        yield msgspec.structs.replace(
            shut, change=connecting, side_effects=effects, ways=(), offered=True, cuts=bool(effects)
        )
    yield shut
