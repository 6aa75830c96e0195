"""The container does not have the address that its engine gave it.

Users see: nobody answers; software inside the container changed its address.
"""

from collections.abc import Iterator

from hairpin.causes.attachment import attachment_of
from hairpin.causes.cause import Candidate, Cause, View, message, where
from hairpin.change.change import AddAddress, one
from hairpin.host.link import Address
from hairpin.network.network import HOST, owns_address, veth_peer
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the engine's endpoint address is on no link of the container."""
    packet = view.stop.seen.packet
    found = attachment_of(view.network, packet.daddr, packet.version)
    if found is None or found.container.netns is None:
        return
    namespace = view.network.host.namespace(found.container.netns)
    if namespace is None or owns_address(namespace, packet.version, packet.daddr):
        return
    inner = next(
        (
            peer.link
            for link in view.host.links
            if (peer := veth_peer(view.network, HOST, link)) is not None and peer.netns == namespace.name
        ),
        None,
    )
    if inner is None:
        return
    length = found.endpoint.ipv4_prefix_length if packet.version == 4 else found.endpoint.ipv6_prefix_length
    text = address_text(packet.daddr, packet.version)
    yield Candidate(
        title=message("Container {name} does not have its address {address}", name=found.container.name, address=text),
        detail=message("Docker gave it {address}, but no link inside has it.", address=text),
        change=one(AddAddress(namespace.name, Address(inner, packet.version, packet.daddr, length))),
        where=where(container=found.container.name, address=f"{text}/{length}"),
        rank=16,
        evidence=(found.container.evidence,),
    )


CAUSE = Cause(
    id="container-address-missing",
    title="The container has lost its address",
    source="Docker Engine API: NetworkSettings",
    reasons=frozenset({"no-neighbour"}),
    find=find,
)
