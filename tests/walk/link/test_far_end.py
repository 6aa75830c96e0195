"""The outer packet in which the far end of a tunnel answers, although nobody read it."""

import msgspec
import pytest

from hairpin.host.link import Tunnel
from hairpin.netfilter.packet import ACK, SYN, TCP, UDP, Packet
from hairpin.walk.answer import answer_to
from hairpin.walk.link.far_end import carried_back, outer_answer
from hairpin.walk.state import Carried, State
from tests.two_hosts import ADDRESSES, ONE, TUNNEL_ADDRESSES, network, vxlan

HERE, THERE = ADDRESSES["one"], ADDRESSES["two"]
INNER = Packet(4, TUNNEL_ADDRESSES["one"], TUNNEL_ADDRESSES["two"], TCP, 40000, 80, smac=1, dmac=2)
SENT = State("device-out", ONE, INNER)
# the tunnel, port here and port there of the outer packet, those of the answer (None: drawn), the answer's length
ANSWERS: dict[str, tuple[Tunnel, tuple[int, int], tuple[int | None, int], int]] = {
    "vxlan sends to its port": (vxlan("one"), (50000, 8472), (None, 8472), 60 + 50),
    "wireguard sends from its port": (Tunnel("wireguard", port=51820), (51821, 51820), (51820, 51821), 60 + 60),
}


@pytest.mark.parametrize(("tunnel", "sent", "answered", "length"), ANSWERS.values(), ids=ANSWERS)
def test_outer_answer(tunnel: Tunnel, sent: tuple[int, int], answered: tuple[int | None, int], length: int) -> None:
    carried = carried_back(Carried(SENT, tunnel), answer_to(INNER, SYN | ACK))
    back = outer_answer(network(), carried, Packet(4, HERE, THERE, UDP, *sent))
    assert (back.saddr, back.daddr, back.protocol, back.length_bytes) == (THERE, HERE, UDP, length)
    assert back.dport == answered[1]
    assert answered[0] in (None, back.sport)


def test_what_is_carried_back_is_the_answer_to_the_frame() -> None:
    back = carried_back(Carried(SENT, vxlan("one")), answer_to(INNER, SYN | ACK)).frame.packet
    assert back == msgspec.structs.replace(answer_to(INNER, SYN | ACK), smac=2, dmac=1)
