"""docker-proxy, or a user's rootlesskit, sends the reply datagram from another host address than the address to which
the request was sent.

Users see: clients report "reply from unexpected source".  For example, DNS fails only from containers, or only at a
second address of the host.

Proof: the program replies from the address that the route selects, not from the address that the client asked.  If the
port is published on the address that the client asked, the program replies from this address.
Now: publish the port on the address that clients ask (``-p ADDRESS:PORT:PORT/udp``).
Lasting: write the address into the Compose file, or, for docker-proxy, upgrade to Docker 28 or later.
"""

from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, View, message
from hairpin.change.change import one
from hairpin.engines.repair.republishing import relay_at
from hairpin.netfilter.packet import UDP
from hairpin.network.prefix import address_text

_OF_DOCKER_PROXY = (
    message("Docker 28 and later answer from the address that the client asked"),
    message("other containers on the same network reach the service without docker-proxy, by the container's name"),
)


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for a port that is published on every address, if the reply had a wrong source address."""
    packet = view.stop.seen.packet
    if packet.protocol != UDP or not view.in_reply:
        return
    asked, answered = address_text(view.flow.daddr, packet.version), address_text(packet.saddr, packet.version)
    for container, binding in bindings_for(view):
        relay = relay_at(view.host, container, binding, view.flow.version, view.flow.daddr)
        if relay is None or binding.host_ip is not None or not container.running:
            continue
        program = relay.socket.process or "docker-proxy"
        yield Candidate(
            title=message(
                "{program} answers from {answered}, not from {asked}", program=program, answered=answered, asked=asked
            ),
            detail=message(
                "{program} listens on port {port} on every address, and the kernel chooses the source address of each "
                "answer from the route that the answer takes. A client that asked {asked} does not accept an answer "
                "from {answered}.",
                program=program,
                port=f"{binding.host_port}/udp",
                asked=asked,
                answered=answered,
            ),
            change=one(relay),
            where=OfContainer(
                container=container.name, port=f"{binding.host_port}/udp", answered=answered, asked=asked
            ),
            in_class="relay-answers-wrongly",
            evidence=(container.evidence,),
            advice=_OF_DOCKER_PROXY if program == "docker-proxy" else (),
        )
        return


CAUSE = Cause(
    title=message("docker-proxy answers from another address"),
    source="moby/moby#48571: cmd/docker-proxy, IP_PKTINFO since 28",
    shown_by=(
        "sudo ss -lunp; docker ps; sudo tcpdump -ni any udp port {port}",
        message("the answer has the bridge's address as its source"),
    ),
    reasons=frozenset({"wrong-answer"}),
)
