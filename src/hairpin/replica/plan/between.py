"""Connects hosts that are rebuilt together, by a bridge that stands for their common wire and by the world as a router.

Every uplink has its own end in the world, even if several uplinks are on one wire.  Through an uplink's own end,
answers from outside go back to the host that sent the request.  Therefore an uplink can reach all other uplinks through
the bridge, but in the world it can reach only its own end.  The world forwards a packet for an address of another
host's uplink, as unread gateways are assumed to do (walk/link/crossing.py).  The world does not answer ARP requests for
the address of another host's uplink.
"""

from collections.abc import Iterator

from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import Version, address_text, parse_address, prefix_text, width
from hairpin.network.wires import owner_of
from hairpin.replica.plan.blueprint import SEGMENTS, Load, NetnsPlan, SysctlValue
from hairpin.replica.plan.hardware_addresses import MacsBehind
from hairpin.replica.plan.links import Wire, holder_of

FORWARDING = (SysctlValue("net/ipv4/ip_forward", "1"), SysctlValue("net/ipv6/conf/all/forwarding", "1"))
_BRIDGED_UNSEEN = tuple(
    SysctlValue(f"net/bridge/bridge-nf-call-{name}", "0") for name in ("iptables", "ip6tables", "arptables")
)


def segments_plan(network: Network, wires: tuple[Wire, ...], known: tuple[MacsBehind, ...]) -> tuple[NetnsPlan, ...]:
    """Return the plan of the namespace with the bridges between hosts.

    The result is empty if no wire has uplinks of several hosts."""
    joined = tuple(wire for wire in wires if wire.segment)
    if not joined:
        return ()
    bridges = dict.fromkeys(wire.segment for wire in joined)
    lines = [line for wire in joined for line in _ports(wire)]
    rules = [
        *_peers(network, joined),
        *(line for wire in joined for line in _filter(wire, _accepted_macs(wire, wires, known))),
    ]
    text = "\n".join((
        "table bridge segments {", "chain forward {", "type filter hook forward priority 0; policy accept;",
        *rules, "}", "}", "",
    ))  # fmt: skip
    plan = NetnsPlan(
        SEGMENTS,
        sysctls=_BRIDGED_UNSEEN,
        lines=tuple(lines),
        loads=(Load("nft", text),),
        running=tuple(port for wire in joined if _is_live(wire) for port in (wire.uplink_port, wire.world_port)),
        guarded_lines=tuple(f"link set dev {name} up" for name in bridges),
    )
    return (plan,)


def _ports(wire: Wire) -> Iterator[str]:
    """Yield the lines that attach both ends of the wire to the wire's bridge.

    The world's ends of several wires may have the same hardware address, because the hosts share a router.  Therefore
    the bridge does not learn addresses from these ends."""
    for name in (wire.uplink_port, wire.world_port):
        yield f"link set dev {name} mtu 65535"
        yield f"link set dev {name} addrgenmode none"
        yield f"link set dev {name} master {wire.segment}"
    yield f"link set dev {wire.world_port} type bridge_slave learning off"
    if _is_live(wire):
        yield f"link set dev {wire.uplink_port} up"
        yield f"link set dev {wire.world_port} up"


def _peers(network: Network, wires: tuple[Wire, ...]) -> Iterator[str]:
    """Yield the rules by which a stated peer drops packets between hosts (walk/link/crossing.py refused_by_peer())."""
    for peer in (each for each in network.world.peers if not each.link):
        family = "ip" if peer.version == 4 else "ip6"
        sources = ", ".join(prefix_text(*each, peer.version) for each in peer.accepts)
        others = f"{family} saddr != {{ {sources} }} " if sources else ""
        destination = str(peer.prefix)
        own = tuple(each.uplink_port for each in wires if peer.concerns(each.netns.host))
        for port in own if peer.host else ("h*",):
            yield f'iifname "{port}" oifname "h*" {family} daddr {destination} {others}drop'


def _is_live(wire: Wire) -> bool:
    """Return whether the uplink's peer counts as live.

    The peer counts as live if the uplink has carrier, or if the uplink is down, because then its carrier is unknown."""
    return wire.link.carrier or not wire.link.up


def _accepted_macs(wire: Wire, wires: tuple[Wire, ...], known: tuple[MacsBehind, ...]) -> str:
    """Return the hardware addresses of the world's end of the wire, and of the VLANs on it, as elements of a set."""
    here = {each.name for each in wires if wire.name in (each.name, each.over)}
    found = [mac for each in known if each.wire in here for mac in (each.own, *each.others) if mac is not None]
    return ", ".join(dict.fromkeys(map(write_mac, found)))


def _filter(wire: Wire, macs: str) -> Iterator[str]:
    """Yield the bridge rules that let frames pass between the uplink and its own end in the world, but not to the other
    uplinks' ends in the world."""
    uplink, world = wire.uplink_port, wire.world_port
    yield f'iifname "{uplink}" oifname "v*" oifname != "{world}" drop'
    yield f'iifname "{world}" oifname != "{uplink}" drop'
    unicast = "ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00"
    yield f'oifname "{world}" {unicast} ether daddr != {{ {macs} }} drop'
    yield f'iifname "{uplink}" oifname != "{world}" ether daddr {{ {macs} }} drop'


def forwarding_rules(network: Network, wires: tuple[Wire, ...], version: Version, first: int) -> Iterator[str]:
    """Yield the policy rules by which the world forwards packets from one host to another.

    ``first``: the number of the first wire's routing table.  The tables of the other wires have the next numbers."""
    everyone = tuple(each for each in wires if each.netns.is_host)
    for wire in everyone:
        for address in _elsewhere(network, wire, everyone, version):
            destination = f"{address_text(address, version)}/{width(version)}"
            number = next(
                at
                for at, far in enumerate(wires)
                if far.netns.is_host
                and far.netns.host != wire.netns.host
                and address in _addresses(network, far, version)
            )
            yield f"rule add priority 150 iif {wire.name} to {destination} lookup {first + number}"


def own_rules(network: Network, wires: tuple[Wire, ...], version: Version, first: int) -> Iterator[str]:
    """Yield the policy rules by which the world's own unmarked packets reach the host that has the destination
    address."""
    for number, wire in enumerate(wires):
        for address in _addresses(network, wire, version) if wire.netns.is_host else ():
            destination = f"{address_text(address, version)}/{width(version)}"
            yield f"rule add priority 151 iif lo to {destination} lookup {first + number}"


def _elsewhere(network: Network, wire: Wire, wires: tuple[Wire, ...], version: Version) -> Iterator[int]:
    """Yield the addresses on other hosts' uplinks that exactly one other host has."""
    others = tuple(each for each in wires if each.netns.host != wire.netns.host)
    found = dict.fromkeys(address for each in others for address in _addresses(network, each, version))
    for address in found:
        if owner_of(network, version, address, besides=wire.netns.host) is not None:
            yield address


def _addresses(network: Network, wire: Wire, version: Version) -> tuple[int, ...]:
    namespace = network.namespace(wire.netns)
    found = addresses_of(namespace, holder_of(namespace, wire.link).name, version)
    return tuple(each.value for each in found if each.scope == "global")


def crosses(network: Network, host: str, version: Version, destination: str) -> bool:
    """Return whether the destination address belongs to another host, to which the world forwards the packet."""
    value = parse_address(destination)[1]
    return len(network.hosts) > 1 and owner_of(network, version, value, besides=host) is not None


def proxy_arp_settings(wires: tuple[Wire, ...]) -> Iterator[SysctlValue]:
    """Yield the settings by which the world answers ARP for another host's address, if the two hosts share no wire."""
    for wire in wires:
        if wire.netns.is_host and not wire.segment:
            yield SysctlValue(f"net/ipv4/conf/{wire.name}/proxy_arp", "1")


def sinks(network: Network, wires: tuple[Wire, ...]) -> Iterator[str]:
    """Yield the policy rules by which the world drops tunnel packets for a far end that was not read."""
    ports = dict.fromkeys(tunnel_ports(network))
    for wire in wires:
        yield from (f"rule add priority 140 iif {wire.name} ipproto udp dport {port} blackhole" for port in ports)


def tunnel_ports(network: Network) -> Iterator[int]:
    """Yield the UDP ports of the hosts' tunnel devices."""
    for _, namespace in network.namespaces():
        for link in namespace.links:
            if link.tunnel is not None and link.tunnel.port is not None:
                yield link.tunnel.port
