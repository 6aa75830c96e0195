"""A firewall rule of a host drops the outer packets of a tunnel: VXLAN, Geneve.

Users see: the overlay network works within one host only.

Proof: a rule of a host drops the outer UDP packet.  Without the rule the inner packet arrives.
Now: accept packets from the other hosts to the overlay's UDP port (4789 for VXLAN, 8472 for flannel).
Lasting: add the same rule to the saved rules, or to the program that manages the firewall.
"""

from hairpin.causes.between_hosts._tunnelled import overlay_port
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, Place, View, message
from hairpin.change.change import Change
from hairpin.change.intent import LetIn, rendered
from hairpin.netfilter.ir import FieldMatch, Verdict
from hairpin.netfilter.packet import UDP


def find(view: View) -> Iterator[Candidate]:
    port, place, host = overlay_port(view), view.place, view.stop.netns.host
    if port is None or place is None or not view.on_host or place.dialect == "ebtables":
        return
    yield Candidate(
        title=message("{host} drops the packets of its tunnel (UDP port {port})", host=host, port=port),
        detail=message(
            "Packets between containers of several hosts travel inside UDP packets to port {port}, and on {host} "
            "{chain} drops these UDP packets: {rule}",
            port=port, host=host, chain=place.chain, rule=place.text,
        ),
        change=_accepting(view, place, port),
        where=OfRule(place),
        in_class="closed-tunnel-port",
        evidence=(place.evidence,),
        advice=(
            message("let only the other hosts of the overlay network in: nobody else should send to this port"),
        ),
    )  # fmt: skip


def _accepting(view: View, place: Place, port: int) -> Change:
    """Return the change that accepts the tunnel's outer packets before the rule that drops them."""
    body = (FieldMatch("protocol", ((UDP, UDP),)), FieldMatch("dport", ((port, port),)), Verdict("accept"))
    return rendered(LetIn(view.stop.netns, place, place.chain, (body,)), view.network)


CAUSE = Cause(
    title=message("A host's firewall drops the packets of the tunnel between hosts"),
    source="drivers/net/vxlan/vxlan_core.c: a UDP socket of the kernel, behind INPUT like any other",
    shown_by=(
        "sudo tcpdump -ni any udp port 4789 or udp port 8472",
        message("packets of the tunnel leave one host and do not arrive at the other"),
    ),
    reasons=RULE_STOPS,
)
