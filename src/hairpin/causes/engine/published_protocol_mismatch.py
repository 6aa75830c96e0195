"""The port is published for the other transport protocol only.

Users see: a UDP service published as TCP (the default), or the reverse.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.engine._republishing import added_rules, relays
from hairpin.causes.service._service import listening
from hairpin.change.change import Change
from hairpin.message import message
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.network import netns_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when only the other protocol's binding exists."""
    packet = view.stop.seen.packet
    if not view.stop.netns.is_host or packet.protocol not in (TCP, UDP) or at_host_port(view):
        return
    asked, other = ("tcp", "udp") if packet.protocol == TCP else ("udp", "tcp")
    for engine in view.host.engines:
        for container in engine.containers:
            for binding in container.bindings:
                if (binding.host_port, binding.protocol, binding.version) != (view.flow.dport, other, packet.version):
                    continue
                twin = msgspec.structs.replace(binding, protocol="tcp" if asked == "tcp" else "udp")
                changed = msgspec.structs.replace(container, bindings=(*container.bindings, twin))
                containers = tuple(changed if c.id == container.id else c for c in engine.containers)
                rules = tuple(added_rules(view, msgspec.structs.replace(engine, containers=containers), changed))
                service = listening(view, f"serve {asked} on port {binding.container_port} in {container.name}")
                inner = msgspec.structs.replace(
                    service,
                    netns=netns_of(view.host, container) or view.host_netns,
                    socket=msgspec.structs.replace(service.socket, port=binding.container_port),
                )
                yield Candidate(
                    title=message("Port {port} is published for {other} only", port=view.flow.dport, other=other),
                    detail=message("{asked} packets to it find nobody.", asked=asked),
                    change=Change((*rules, *relays(view, container, twin), inner)),
                    where=where(
                        container=container.name,
                        published=f"{view.flow.dport}/{other}",
                        asked=f"{view.flow.dport}/{asked}",
                    ),
                    rank=20,
                    evidence=(container.evidence,),
                    advice=(
                        message(
                            "recreate the container with -p {port}:{inner}/{asked}",
                            port=view.flow.dport,
                            inner=binding.container_port,
                            asked=asked,
                        ),
                    ),
                )
                return


CAUSE = Cause(
    id="published-protocol-mismatch",
    title="The port is published for the other protocol",
    source="docs.docker.com: -p publishes TCP unless /udp is named",
    reasons=frozenset({"no-listener", "rule", "policy", "reject"}),
    find=find,
)
