"""The bridge has lost its address, so the containers on it have no gateway.

A network that was made with ``gateway_mode_ipv4=isolated`` has a bridge without an address on purpose.

Users see: containers cannot connect to the outside, and their replies to clients do not leave the container.  A rule
that requires a route back to the sender, such as the rule of firewalld's IPv6_rpfilter, also drops packets between
containers.

Proof: the bridge lacks the gateway address of its network.  With the address the packet arrives.
Now: ``ip address add GATEWAY/LENGTH dev BRIDGE``.  For IPv6, first set the bridge's MTU to 1280 or more.
Lasting: the engine adds the address when it starts.  Keep network managers away from the bridge (unmanaged).
"""

from msgspec.structs import replace

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, Netns, OfLink, View, Way, message
from hairpin.change.change import AddEntry, Change, SetLink, SetSysctl, one
from hairpin.engines.repair.bridging import lost_addresses
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import DockerNetwork
from hairpin.host.link import IPV6_MIN_MTU, Address
from hairpin.host.sysctl import dotted
from hairpin.network.attachment import gateway_of
from hairpin.network.index import holders
from hairpin.network.network import addresses_of, bridge_ports, is_uplink, ports_leading, veth_peer
from hairpin.network.prefix import address_text, inside


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each bridge that lacks its gateway address.  The address is known from the engine, or
    from the default route of a namespace behind a port of the bridge."""
    told: set[tuple[str, int]] = set()
    for joined in (each for engine in view.host.engines for each in engine.networks):
        for address in lost_addresses(view.host, joined):
            if address.version == view.flow.version:
                told.add((address.link, address.value))
                said = message("The address is the gateway of every container on network {name}.", name=joined.name)
                yield _candidate(view, address, said)
        yield from _by_choice(view, joined)
    for address, name in _asked_from_behind(view):
        if (address.link, address.value) not in told:
            told.add((address.link, address.value))
            yield _candidate(
                view, address, message("The default route in {netns} uses this address as its router.", netns=name)
            )


def _by_choice(view: View, joined: DockerNetwork) -> Iterator[Candidate]:
    """Yield the candidate for the isolated network of the looked-up address.  Its address on the bridge only proves the
    cause: the network's maker chose that it has none."""
    version, name = view.flow.version, joined.bridge
    if name is None or joined.gateway_mode(version) != "isolated":
        return
    for subnet in joined.subnets:
        if subnet.version != version or not inside(view.looked_up, subnet.network, subnet.prefix_length, version):
            continue
        option = f"com.docker.network.bridge.gateway_mode_ipv{version}=isolated"
        bridge = view.host_namespace.link(name)
        yield Candidate(
            title=message("Network {network} is isolated, so this host reaches none of its containers",
                          network=joined.name),
            detail=message(
                "The network was made with {option}: dockerd gives {bridge} no address, so this host has no route to "
                "the network. Its containers reach only each other.", option=option, bridge=name,
            ),
            change=one(AddEntry(view.host_netns, Address(name, version, gateway_of(subnet),
                                                         subnet.prefix_length))),
            where=OfLink(link=name, network=joined.name),
            in_class="gateway-address-lost",
            evidence=(bridge.evidence, joined.evidence) if bridge is not None else (joined.evidence,),
            configured=Configured("network-option", option=option, owner=joined.name, evidence=joined.evidence),
            ways=(
                Way(Change(()), (message("connect the container to a second network, and ask its address there"),)),
                Way(Change(()), (message("recreate network {network} without {option}", network=joined.name,
                                         option=option),), by_person=True),
            ),
            offered=False,
        )  # fmt: skip


def _asked_from_behind(view: View) -> Iterator[tuple[Address, str]]:
    """Yield each gateway address that a bridge lacks, with the namespace whose default route has this gateway.  The
    default route leaves by a veth whose peer is a port of the bridge.  No namespace on the host has the gateway
    address, and the bridge has no other address of the same network."""
    version, host = view.flow.version, view.host
    for namespace in host.namespaces:
        netns = view.host_netns.sibling(namespace.name)
        for route in namespace.routes if not netns.is_host else ():
            hop = route.next_hops[0] if len(route.next_hops) == 1 and not route.prefix_length else None
            if hop is None or hop.link is None or hop.gateway is None or route.version != version:
                continue
            near = (each for each in addresses_of(namespace, hop.link, version))
            own = next((each for each in near if each.holds(hop.gateway, version)), None)
            if own is None or holders(host, version, hop.gateway):
                continue
            bridge = _bridge_behind(view, netns, hop.link)
            if bridge is None:
                continue
            has_other = any(
                each.holds(hop.gateway, version) for each in addresses_of(view.host_namespace, bridge, version)
            )
            if not has_other:
                yield Address(bridge, version, hop.gateway, own.prefix_length), view.network.netns_text(netns)


def _bridge_behind(view: View, netns: Netns, name: str) -> str | None:
    """Return the host's bridge that has the veth's peer as a port.

    Return None if no bridge has the peer as a port.  Return None also if a port of the bridge leads out of the host,
    where the router may be."""
    link = view.network.namespace(netns).link(name)
    peer = veth_peer(view.network, netns, link) if link is not None else None
    if peer is None or peer.netns != view.host_netns:
        return None
    outer = view.host_namespace.link(peer.link)
    bridge = outer.master if outer is not None else None
    ports = ports_leading(view.network, view.host_netns, bridge, ()) if bridge is not None else ()
    return None if any(is_uplink(view.network, view.host_netns, each) for each in ports) else bridge


def _candidate(view: View, address: Address, said: Message) -> Candidate:
    link, text = address.link, address_text(address.value, address.version)
    bridge = view.host_namespace.link(link)
    title = message("{bridge} has lost its address {address}", bridge=link, address=text)
    first: tuple[SetLink | SetSysctl, ...] = ()
    switch = ("net", "ipv6", "conf", link, "disable_ipv6")
    if address.version == 6 and view.host_namespace.sysctl(*switch) == 1:
        title = message("{bridge} has no IPv6: {key} is 1", bridge=link, key=dotted(switch))
        said = message("The kernel has removed the bridge's IPv6 addresses and routes. {said}", said=said)
        first = (SetSysctl(view.host_netns, switch, "0"),)
    elif bridge is not None and address.version == 6 and 0 < bridge.mtu_bytes < IPV6_MIN_MTU:
        facts = {"bridge": link, "mtu": bridge.mtu_bytes, "least": IPV6_MIN_MTU}
        title = message("{bridge} has no IPv6: its MTU is {mtu}, and IPv6 needs {least}", **facts)
        said = message(
            "The kernel switches IPv6 off on a link with such an MTU and removes the link's IPv6 addresses and routes. "
            "{said}",
            said=said,
        )
        first = (SetLink(view.host_netns, replace(bridge, mtu_bytes=_fitting_mtu(view, link))),)
    return Candidate(
        title=title,
        detail=said,
        change=Change((*first, AddEntry(view.host_netns, address))),
        where=OfLink(link=link, address=f"{text}/{address.prefix_length}"),
        in_class="gateway-address-lost",
        evidence=(bridge.evidence,) if bridge is not None else (),
        advice=(message("keep network managers away from {link} (unmanaged)", link=link),),
    )


def _fitting_mtu(view: View, bridge: str) -> int:
    """Return the smallest MTU of the bridge's ports, but at least 1280, which IPv6 needs."""
    ports = bridge_ports(view.host_namespace, bridge)
    return max(min((each.mtu_bytes for each in ports), default=IPV6_MIN_MTU), IPV6_MIN_MTU)


CAUSE = Cause(
    title=message("The bridge has no address"),
    source="moby: libnetwork/drivers/bridge/setup_ipv4_linux.go",
    reasons=frozenset({"left-instead", "no-route", "no-neighbour", "route-type", "no-source-address", "martian-source",
                       "rp-filter", "wrong-answer", "route-localnet", *RULE_STOPS}),
)  # fmt: skip
