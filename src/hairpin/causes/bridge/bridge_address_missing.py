"""The bridge has lost its address: its containers have no gateway.

Users see: containers cannot connect to the outside, and their replies to clients never leave them.

Proof: the bridge lacks the gateway address of its network; with the address the packet arrives.
Now: ``ip address add GATEWAY/LENGTH dev BRIDGE``.
Lasting: the engine makes the address when it starts; keep network managers away from the bridge (unmanaged).
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.change.change import AddAddress, one
from hairpin.host.link import Address
from hairpin.message import message
from hairpin.network.network import owns_address
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each bridge network whose gateway address the host does not have."""
    version = view.flow.version
    for engine in view.host.engines:
        for network in engine.networks:
            bridge = view.host_namespace.link(network.bridge) if network.bridge is not None else None
            if bridge is None or not network.gives_bridge_an_address(version):
                continue
            for subnet in network.subnets:
                gateway = subnet.gateway
                if subnet.version != version or gateway is None or owns_address(view.host_namespace, version, gateway):
                    continue
                text = address_text(gateway, version)
                address = Address(bridge.name, version, gateway, subnet.prefix_length)
                yield Candidate(
                    title=message("{bridge} has lost its address {address}", bridge=bridge.name, address=text),
                    detail=message("It is the gateway of every container on network {name}.", name=network.name),
                    change=one(AddAddress(view.host_netns, address)),
                    where=where(link=bridge.name, address=f"{text}/{subnet.prefix_length}"),
                    in_class="gateway-address-lost",
                    evidence=(bridge.evidence,),
                    advice=(message("keep network managers away from {link} (unmanaged)", link=bridge.name),),
                )


CAUSE = Cause(
    id="bridge-address-missing",
    title=message("The bridge has no address"),
    source="moby: libnetwork/drivers/bridge/setup_ipv4_linux.go",
    reasons=frozenset({"no-neighbour", "left-instead", "no-route", "no-source-address", "martian-source", "rp-filter"}),
    find=find,
)
