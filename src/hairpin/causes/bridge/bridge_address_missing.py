"""The bridge has lost its address: its containers have no gateway.

Users see: containers cannot connect to the outside, and their replies to clients never leave them.

Proof: the bridge lacks the gateway address of its network; with the address the packet arrives.
Now: ``ip address add GATEWAY/LENGTH dev BRIDGE``.
Lasting: the engine makes the address when it starts; keep network managers away from the bridge (unmanaged).
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfLink
from hairpin.change.change import AddAddress, one
from hairpin.engines.bridging import lost_addresses
from hairpin.message import message
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each bridge network whose gateway address the host does not have."""
    for joined in (each for engine in view.host.engines for each in engine.networks):
        for address in lost_addresses(view.host, joined):
            if address.version != view.flow.version:
                continue
            link, text = address.link, address_text(address.value, address.version)
            bridge = view.host_namespace.link(link)
            yield Candidate(
                title=message("{bridge} has lost its address {address}", bridge=link, address=text),
                detail=message("It is the gateway of every container on network {name}.", name=joined.name),
                change=one(AddAddress(view.host_netns, address)),
                where=OfLink(link=link, address=f"{text}/{address.prefix_length}"),
                in_class="gateway-address-lost",
                evidence=(bridge.evidence,) if bridge is not None else (),
                advice=(message("keep network managers away from {link} (unmanaged)", link=link),),
            )


CAUSE = Cause(
    id="bridge-address-missing",
    title=message("The bridge has no address"),
    source="moby: libnetwork/drivers/bridge/setup_ipv4_linux.go",
    reasons=frozenset({"no-neighbour", "left-instead", "no-route", "no-source-address", "martian-source", "rp-filter"}),
    find=find,
)
