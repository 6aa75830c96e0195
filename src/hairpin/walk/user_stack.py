"""A user's own network stack: slirp4netns, pasta, or rootlesskit's.

A rootless engine may make no link on the host.  A process of the engine's user reads the packets of the containers from
a tap link, and opens each connection anew, as any program of the host would.

The connection that a relay (docker-proxy, rootlessport, pasta) opens is made here, too.

Source: slirp4netns(1), DESCRIPTION; passt(1), "Mode of operation"; rootlesskit, its page on networks
"""

from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket, TapEntry
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, Packet
from hairpin.network.attachment import address_behind, engine_of_networks, is_behind_stack, routers_of, tap_of
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Start
from hairpin.network.names import servers_of_host
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import LINK_LOCAL6, LOCALHOST, Version, address_text, is_loopback
from hairpin.walk.decided import Assumed, LinkDecided, SocketDecided
from hairpin.walk.state import End, State, Step, stopped, stopped_by
from hairpin.walk.trace import Branch

_ROUTER6 = 0xFE80 << 112 | 1
"""A link-local address for the far side of a tap link.  The stack draws its own one."""
_DNS = 53
_PASTAS_SERVER, _PASTAS_HOST = 0xA9FE0101, 0xA9FE0102
"""The addresses that Podman gives its pasta for the host's name server and for the host itself: ``--dns-forward
169.254.1.1``, ``--map-guest-addr 169.254.1.2``.  The packets for the second one go to the address of the tap link, on
the host.  Source: Podman's libnetwork/pasta (container-libs)"""


def carrier_of(network: Network, end: End) -> Engine | None:
    """Return the engine of the container whose packet has left through a user's network stack, also through the
    namespace with the user's networks; None for any other packet.  Root's engine, too, runs a container with such a
    stack if the container's options ask for it."""
    state = end.state
    if state.carried is not None:
        return None
    container = network.container_of(state.netns)
    if container is None:
        return engine_of_networks(network, state.netns)
    host = network.host(state.netns.host)
    return host.engine_of(container) if host.has_user_stack(container) else None


def sent_in(network: Network, flow: Flow) -> State | End | None:
    """Return the packet that a user's network stack sends into its container's tap link, or the packet's end there;
    None for any other flow.  The stack knows the container's hardware address, and no machine outside has a part in
    it.

    Source: drivers/net/tun.c tun_get_user(), which drops a packet for a link that is down"""
    start = flow.start
    if not isinstance(start, Outside) or start.behind is None or not is_behind_stack(network, start.behind):
        return None
    state = State("device-in", start.behind, flow.packet(start.address), iif=start.link or "")
    link = network.namespace(start.behind).link(state.iif)
    if link is None:
        decided = LinkDecided(state.iif, message("the container has no tap link"))
        return stopped(state, "link-missing", stage="device-in", decided_by=decided)
    if not link.up:
        return stopped_by(state, "link-down", link, message("is down"), stage="device-in")
    return state


def carried_on(network: Network, flow: Flow, end: End, engine: Engine) -> Flow | None:
    """Return the flow of the connection that the process of the engine's user opens for the packet.  Return None if the
    process opens no connection: for an address at which the stack itself is, for a loopback address, and for an ICMP
    echo.

    A query to the stack's own name server goes on to the host's first name server.  Source: libslirp src/slirp.c
    get_dns_addr(); passt(1) --dns-forward"""
    packet, netns = end.state.packet, end.state.netns
    if packet.protocol in (ICMP, ICMP6) or is_loopback(packet.daddr, packet.version):
        return None
    version, address = packet.version, packet.daddr
    if _is_at_stack(network, netns, packet):
        asks_server = packet.dport == _DNS and _is_stacks_server(network, netns, packet)
        servers = servers_of_host(network.host(netns.host)) if asks_server else ()
        to_host = version == 4 and not asks_server and _mode(network, netns).endswith("=true")
        if not servers and not to_host:
            return None
        version, address = servers[0] if servers else (4, LOCALHOST[4])
    elif (version, address) == (4, _PASTAS_HOST) and _has_pasta(network, netns):
        namespace = network.namespace(netns)
        address = address_behind(namespace, tap_of(namespace), 4) or address
    return Flow(
        start=FromHost(uid=engine.uid),
        version=version,
        daddr=address,
        protocol="udp" if packet.protocol == UDP else "tcp",
        dport=packet.dport or 0,
        sport=flow.sport + 1,
        container=flow.container,
        host=netns.host,
        asked_host=flow.asked_host,
        data_bytes=flow.data_bytes,
    )


def _is_at_stack(network: Network, netns: Netns, packet: Packet) -> bool:
    """Return whether the stack itself is at the packet's destination.  slirp4netns has a network of its own, and so has
    the pasta of rootlesskit.  Any other pasta has the host's network, and opens a connection to each address of it,
    also of the container's neighbours; Podman gives it one address of its own, for the name server.

    Measured with Podman 5.4.2 and 5.8.6, Docker 26.1.5"""
    if _has_pasta(network, netns):
        return (packet.version, packet.daddr) == (4, _PASTAS_SERVER)
    own = addresses_of(network.namespace(netns), None, packet.version)
    return any(each.holds(packet.daddr, packet.version) for each in own)


def without_answerer(network: Network, end: End) -> End | None:
    """Return the packet's end in slirp4netns' own network, if it is for an address that neither the stack nor the
    container has, or for the host's loopback, to which the stack does not connect: the stack answers ARP and neighbour
    discovery for its second and third address alone, and tells the sender that there is no way to the network.

    Source: libslirp src/slirp.c arp_input(), src/ip6_icmp.c ndp_input(), src/socket.c sotranslate_out().  Measured
    with slirp4netns 1.2.0, 1.2.1 and 1.3.3"""
    state, packet = end.state, end.state.packet
    mode = _mode(network, state.netns)
    if mode and state.netns.is_rootless and (lost := _source_lost(network, state)) is not None:
        return lost
    if not mode.startswith("slirp4netns"):
        return None
    own = (each.prefix for each in addresses_of(network.namespace(state.netns), state.oif, packet.version))
    held = next((each.first for each in own if each.holds(packet.daddr, packet.version)), None)
    if held is None:
        return None
    address = address_text(packet.daddr, packet.version)
    if packet.daddr not in (held + 2, held + 3):
        said = message("nobody on this link answers for {address}", address=address)
        decided = LinkDecided(state.oif or "", said)
        return stopped(state, "no-neighbour", stage="neighbour", link=state.oif, decided_by=decided)
    if packet.version == 6 or packet.protocol not in (TCP, UDP):
        return None
    at_server = packet.daddr == held + 3
    if (at_server and packet.dport == _DNS) or (not at_server and not mode.endswith("=false")):
        return None
    said = message("slirp4netns connects nothing that is sent to {address}", address=address)
    if not at_server:
        said = message("{address} is the host's loopback, to which slirp4netns connects nothing ({option})",
                       address=address, option="--disable-host-loopback")  # fmt: skip
    return stopped(state, "stack-refuses", stage="outside", link=state.oif, reject="icmp-net-unreachable",
                   decided_by=Assumed(said, "read"))  # fmt: skip


def _source_lost(network: Network, state: State) -> End | None:
    """Return the end of a packet that leaves the namespace of a user's networks with a container's address; None for
    any other packet.  The stack answers to addresses of its own link alone.  Measured with slirp4netns 1.2.0"""
    packet = state.packet
    own = addresses_of(network.namespace(state.netns), state.oif, packet.version)
    if not own or any(each.holds(packet.saddr, packet.version) for each in own):
        return None
    said = message("the network stack behind {link} sends nothing to {address}", link=state.oif or "",
                   address=address_text(packet.saddr, packet.version))  # fmt: skip
    return stopped(state, "source-not-translated", stage="outside", link=state.oif, decided_by=Assumed(said, "read"))


def _mode(network: Network, netns: Netns) -> str:
    """Return the network mode of the container in the namespace, or what carries the packets of the rootless engine's
    networks in it: ``slirp4netns:allow_host_loopback=false``; empty for any other namespace."""
    container = network.container_of(netns)
    if container is not None:
        own = network.host(netns.host).network_owner(container)
        return own.network_mode if own.by_user_stack else ""
    engine = engine_of_networks(network, netns)
    return (engine.network_stack or "") if engine is not None else ""


def keeps_answer(socket: Socket, packet: Packet) -> bool:
    """Return whether slirp4netns, which has the socket, may send no answer to a datagram from the host's loopback."""
    tap = socket.relay.tap if socket.relay is not None else None
    to_host = packet.protocol == UDP and is_loopback(packet.saddr, packet.version)
    return to_host and tap is not None and tap.datagrams_of_host != "answered"


def lost_in_stack(state: State, socket: Socket) -> Branch:
    """Return the branch of a datagram from the host's loopback that slirp4netns does not answer, or not always."""
    assert socket.relay is not None
    assert socket.relay.tap is not None
    said = message("slirp4netns answers no datagram from a loopback address of the host ({option})",
                   option="--disable-host-loopback")  # fmt: skip
    in_doubt = socket.relay.tap.datagrams_of_host == "either"
    if in_doubt:
        said = message("slirp4netns has had a datagram from another address than the host's loopback on this port")
        state = state.given(Condition(said, holds=True))
    decided = SocketDecided(said, socket)
    end = stopped(state, "stack-refuses", stage="socket", link=state.iif, decided_by=decided)
    history = end.state.history
    return Branch("depends" if in_doubt else "unanswered", history.steps, stop=end.stop, conditions=history.conditions)


def _is_stacks_server(network: Network, netns: Netns, packet: Packet) -> bool:
    """Return whether the destination, at which the stack is, is its name server: slirp4netns' third address, pasta's
    only one.  Source: slirp4netns(1), DESCRIPTION"""
    own = addresses_of(network.namespace(netns), None, packet.version)
    return _has_pasta(network, netns) or any(each.prefix.first + 3 == packet.daddr for each in own)


def _has_pasta(network: Network, netns: Netns) -> bool:
    """Return whether pasta, with the host's network, is the network stack of the namespace.  The pasta of rootlesskit
    has a network of its own."""
    if netns.is_rootless_dockerds:
        return False
    container = network.container_of(netns)
    if container is not None:
        return network.host(netns.host).network_owner(container).mode == "pasta"
    engine = engine_of_networks(network, netns)
    return engine is not None and (engine.network_stack or "").startswith("pasta")


def kept_inside(network: Network, end: End, engine: Engine) -> Message | None:
    """Return the condition for a packet of a container on a rootless engine's own network that does not leave the
    namespace with those networks, which was not read; None for any other packet.

    pasta gives that namespace a copy of the host's address, too, so packets for this address stay there.  Without pasta
    or slirp4netns nothing leaves it.  Measured with Podman 5.4.2"""
    packet, netns = end.state.packet, end.state.netns
    if engine.network_stack is None or is_behind_stack(network, netns) or netns.is_rootless:
        return None
    if not engine.network_stack:
        return message(
            "nothing carries the packets of {user}'s container networks out of their namespace, which was not read: no "
            "pasta and no slirp4netns runs for it",
            user=engine.user or "user",
        )
    host = network.namespace(netns.of_host)
    if engine.network_stack.startswith("pasta") and _is_copied(host, packet.version, packet.daddr):
        return message(
            "the packet stays in the namespace of {user}'s container networks, which was not read: pasta gives that "
            "namespace the host's address, too",
            user=engine.user or "user",
        )
    return None


def _is_copied(host: Namespace, version: Version, address: int) -> bool:
    """Return whether pasta copies the address: one of the link by which the host's default route leaves.  Source:
    passt(1), --interface"""
    defaults = (each for each in host.routes if each.version == version and not each.prefix_length)
    links = {hop.link for route in defaults for hop in route.next_hops if hop.link is not None}
    return any(each.value == address for link in links for each in addresses_of(host, link, version))


def carries(engine: Engine) -> Assumed:
    """Return the fact that a process of the user opens the packet's connection anew, behind the container's link."""
    return Assumed(_carrying_text(engine), "read")


def keeps_to_itself(engine: Engine) -> Message:
    """Return the condition for an address for which the user's stack itself answers."""
    return message(
        "the user-mode network stack of {engine} (slirp4netns, pasta) answers at that address; it is a process and not "
        "a link of this host",
        engine=engine.title,
    )


def _carrying_text(engine: Engine) -> Message:
    if not engine.user:
        return message("a process of the rootless {engine} opens a new connection from the host", engine=engine.title)
    return message(
        "a process of {user}'s {engine} opens a new connection from the host", user=engine.user, engine=engine.title
    )


def is_anew(step: Step) -> bool:
    """Return whether the step begins a connection that a process of the user opens: for a packet of a container, or
    inside the container for a client."""
    if step.stage != "relay":
        return False
    by = step.decided_by
    socket = by.socket if isinstance(by, SocketDecided) else None
    return isinstance(by, Assumed) or (socket is not None and socket.relay is not None and bool(socket.relay.netns))


def is_proxied(step: Step) -> bool:
    """Return whether the connection begins in a network namespace that no engine lists: systemd-socket-proxyd makes it
    in that of a unit."""
    socket = step.decided_by.socket if isinstance(step.decided_by, SocketDecided) else None
    there = Netns("", socket.relay.netns) if socket is not None and socket.relay is not None else None
    return there is not None and there.is_named and not there.is_rootless


def relayed_flow(network: Network, flow: Flow, at: State, socket: Socket, *, to_loopback: bool = False) -> Flow | None:
    """Return the flow of the relay's own connection; None if the relay's namespace or its target was not read.

    ``at``: the client's packet at the relay's listening socket.  ``to_loopback``: whether the relay connects to the
    container's loopback address, if its release is not known."""
    relay = socket.relay
    assert relay is not None
    inside = at.netns.sibling(relay.netns) if relay.netns else at.netns
    if inside not in network if relay.netns else not relay.address:
        return None
    start: Start = FromHost(uid=socket.uid or 0) if inside.is_host else _connecting(flow, inside)
    version, address = relay.version, relay.address
    if relay.tap is not None:
        version = at.packet.version
        start, address = _entering(network, flow, inside, relay.tap, at.packet, to_loopback=to_loopback)
    return Flow(
        start=start,
        version=version,
        daddr=address or _own_address(network, inside, version),
        protocol=flow.protocol,
        dport=relay.port,
        sport=flow.sport + 1,
        container=flow.container,
        host=at.netns.host,
        data_bytes=flow.data_bytes,
    )


def _connecting(flow: Flow, inside: Netns) -> FromContainer:
    """Return the relay's process, inside the container, the namespace of the user's dockerd or that of a unit."""
    return FromContainer(inside.name if inside.is_named else flow.container or "", inside)


def loopback_in_doubt(relay: Relay, packet: Packet) -> Condition | None:
    """Return the condition under which a network stack of unknown release connects to the container's loopback address;
    None if the relay's target is known."""
    if relay.tap is None or relay.tap.from_loopback != "either" or not is_loopback(packet.saddr, packet.version):
        return None
    said = message(
        "pasta connects to {address} inside the container, as it did before release 2024_10_30",
        address=address_text(LOCALHOST[packet.version], packet.version),
    )
    return Condition(said, holds=True)


def _entering(
    network: Network, flow: Flow, inside: Netns, tap: TapEntry, packet: Packet, *, to_loopback: bool
) -> tuple[Start, int]:
    """Return where the stack's packet enters the container, and its destination (0: the container's own address)."""
    version, namespace = packet.version, network.namespace(inside)
    link = tap_of(namespace, tap.link)
    local = is_loopback(packet.saddr, version)
    if local and tap.from_loopback != "tap":
        within = to_loopback or tap.from_loopback == "loopback"
        return _connecting(flow, inside), LOCALHOST[version] if within else 0
    own = address_behind(namespace, link, version)
    source = packet.saddr
    if local or (tap.copies_host and source == own):
        mapped = tap.own4 if version == 4 else tap.own6
        router = next((each for each, _ in routers_of(network, inside, version)), source) if version == 4 else _ROUTER6
        source = mapped or router
    near = version == 6 and LINK_LOCAL6.holds(source, 6)
    target = address_behind(namespace, link, version, near=near)
    # Without an address of its own, the container takes no address for its own, also not the one the client asked.
    return Outside(source, link, inside), target or packet.daddr


def _own_address(network: Network, netns: Netns, version: Version) -> int:
    """Return the address of a container behind a network stack; the loopback address if the container has none."""
    return address_behind(network.namespace(netns), None, version) or LOCALHOST[version]
