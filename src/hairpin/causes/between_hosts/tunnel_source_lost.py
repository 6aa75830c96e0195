"""A tunnel device sends from an address that its host does not have.

Users see: since the address of one host changed, the overlay network of that host is dead.

Proof: the device's local address is on no link of its host.  With an address that the host has, the packet arrives.
Now: ``ip link set TUNNEL type vxlan local ADDRESS``, or recreate the device.
Lasting: restart the agent that makes the device, or give the host its old address again.
"""

import msgspec

from hairpin.causes.between_hosts._tunnelled import last_tunnel, underlay_address
from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.change.change import SetLink, one
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    sent = last_tunnel(view)
    if sent is None or not sent.inside or sent.tunnel.local is None:
        return
    right = underlay_address(view.network, sent.netns, sent.link)
    if right is None or right == sent.tunnel.local:
        return
    name, host, version = sent.link.name, sent.netns.host, sent.tunnel.version
    old, wanted = address_text(sent.tunnel.local, version), address_text(right, version)
    tunnel = msgspec.structs.replace(sent.tunnel, local=right)
    yield Candidate(
        title=message("{link} sends from {old}, an address that {host} does not have", link=name, old=old, host=host),
        detail=message(
            "The kernel sends nothing from an address that the host does not have, so no outer packet leaves. {host} "
            "has {wanted}.",
            host=host, wanted=wanted,
        ),
        change=one(SetLink(sent.netns, msgspec.structs.replace(sent.link, tunnel=tunnel))),
        where=OfLink(host=host, link=name, value=old, wanted=wanted),
        in_class="unlike-tunnel-ends",
        evidence=(sent.link.evidence,) if sent.link.evidence else (),
        advice=(
            message("restart the agent that makes the device (flanneld, the CNI), or give {host} the address {old} "
                    "again if other hosts send to it", host=host, old=old),
        ),
    )  # fmt: skip


CAUSE = Cause(
    title=message("A tunnel device sends from an address that its host does not have"),
    source="net/ipv4/route.c ip_route_output_key_hash_rcu(): the source has to be local",
    reasons=frozenset({"no-source-address"}),
)
