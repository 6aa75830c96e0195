"""The source address of a UDP answer, which the service chooses or leaves to the kernel.

A UDP socket that is bound to no address answers with the source address of the answer's route, unless the service names
the address to which the request was sent (IP_PKTINFO).  No reading of the host shows whether a service names this
address.

Source: net/ipv4/udp.c udp_sendmsg(); ip(7) IP_PKTINFO; ipv6(7) IPV6_PKTINFO
"""

from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.netfilter.packet import UDP
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.reply import reaches, walk_answer
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.tunnelled import innermost
from hairpin.wanted import watch_port


def answer_source(network: Network, started: State, arrived: State, socket: Socket | None) -> tuple[OpenQuestion, ...]:
    """Return the question from which address the service answers; none if an answer from the address that the kernel
    chooses reaches the client, too.

    ``started`` and ``arrived``: the datagram where it enters the snapshot, and at the socket."""
    packet = arrived.packet
    if socket is None or packet.protocol != UDP or socket.address is not None or socket.relay is not None:
        return ()
    ends = walk_answer(network, arrived, flags=0, chosen=True)
    lost = next((each for each in ends if not reaches(network, started, each)), None)
    if lost is None:
        return ()
    sent = lost.state
    facts = {
        "process": socket.process or message("the service"),
        "port": socket.port,
        "netns": network.netns_text(arrived.netns),
        "asked": address_text(packet.daddr, packet.version),
        "source": address_text(innermost(sent).saddr, packet.version),
        "link": sent.oif or arrived.iif,
    }
    return (
        OpenQuestion(
            text=message(
                "Does {process} in {netns} answer from {asked}, the address that the client asked? Its socket on port "
                "{port}/udp is bound to no address. Unless the service names a source address, the kernel takes it "
                "from the route: {source} through {link}",
                **facts,
            ),
            if_yes=message(
                "The verdict above stands: the service names the source address itself (IP_PKTINFO)", **facts
            ),
            if_no=message(
                "The client gets no answers, or does not accept them: bind {process} to {asked}, or give {netns} a "
                "route to the client through which it answers from {asked}",
                **facts,
            ),
            wanted=(watch_port("udp", packet.dport or 0),),
            breaks_if="no",
        ),
    )
