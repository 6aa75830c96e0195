"""Packets of a namespace start with a TTL (IPv6: hop limit) that is too low to reach their receiver.

Users see: a container answers its host and containers on the same bridge, but answers no client behind a router, not
even at its published port.

Proof: the packet's TTL is used up at a host that should forward the packet, and the sender's namespace starts packets
with a TTL below 64.  If packets start with a TTL of 64, the packet is forwarded.
Now: ``sysctl -w net.ipv4.ip_default_ttl=64`` in the sender's namespace.
Lasting: recreate the container without the option ``--sysctl net.ipv4.ip_default_ttl=…``, or remove the line from
sysctl.d.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfSysctl, View, message
from hairpin.change.change import SetSysctl, one
from hairpin.host.link import DEFAULT_TTL
from hairpin.host.sysctl import dotted
from hairpin.network.prefix import Version
from hairpin.walk.ip.route_out import hop_limit, path_of_hop_limit


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each namespace on the flow's path that sends packets with a TTL or hop limit below 64."""
    steps = (*view.branch.request, *view.branch.reply, *view.branch.data)
    sent: list[tuple[Netns, Version, str]] = [
        (each.netns, each.packet.version, each.link) for each in steps if each.stage == "output-route"
    ]
    for netns, version, link in dict.fromkeys(sent):
        if netns not in view.network:
            continue
        path = path_of_hop_limit(version, link)
        value = hop_limit(view.network.namespace(netns), version, link)
        if value is None or not 0 < value < DEFAULT_TTL:
            continue
        sysctls = view.network.namespace(netns).sysctls
        yield Candidate(
            title=message("Packets of {place} start with a TTL of {value}", place=netns.name, value=value),
            detail=message(
                "{path} is {value}. Each host that forwards a packet lowers its TTL by 1, and drops the packet at 0.",
                path=dotted(path), value=value,
            ),
            change=one(SetSysctl(netns, path, str(DEFAULT_TTL))),
            where=OfSysctl(sysctl=path, value=str(value), wanted=str(DEFAULT_TTL)),
            in_class="switched-off",
            evidence=(sysctls.evidence,),
        )  # fmt: skip


CAUSE = Cause(
    title=message("Packets start with a TTL that is used up on their way"),
    source="net/ipv4/ip_output.c ip_select_ttl(); net/ipv4/ip_forward.c ip_forward()",
    reasons=frozenset({"ttl"}),
)
