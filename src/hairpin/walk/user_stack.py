"""A user's own network stack: slirp4netns, pasta, or rootlesskit's.

A rootless engine may make no link on the host.  A process of the engine's user reads the packets of the containers from
a tap link, and opens each connection anew, as any program of the host would.

Source: slirp4netns(1), DESCRIPTION; passt(1), "Mode of operation"; rootlesskit, its page on networks
"""

from hairpin.host.docker import Engine
from hairpin.message import Message, message
from hairpin.netfilter.packet import ICMP, ICMP6, UDP
from hairpin.network.flow import Flow, FromHost
from hairpin.network.names import servers_of_host
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import is_loopback
from hairpin.walk.decided import Assumed
from hairpin.walk.state import End, Step

_DNS = 53


def carrier_of(network: Network, end: End) -> Engine | None:
    """Return the engine of the container whose packet has left through a user's network stack; None for any other
    packet.  Root's engine, too, runs a container with such a stack if the container's options ask for it."""
    state = end.state
    container = network.container_of(state.netns)
    if container is None or state.carried is not None:
        return None
    host = network.host(state.netns.host)
    return host.engine_of(container) if host.has_user_stack(container) else None


def carried_on(network: Network, flow: Flow, end: End) -> Flow | None:
    """Return the flow of the connection that the user's process opens for the packet.  Return None if the process opens
    no connection: for an address of the stack's own network, which the stack answers itself, for a loopback address,
    and for an ICMP echo.

    A query to a name server in the stack's own network goes on to the host's first name server.  Source: libslirp
    src/slirp.c get_dns_addr(); passt(1) --dns-forward"""
    packet, netns = end.state.packet, end.state.netns
    if packet.protocol in (ICMP, ICMP6) or is_loopback(packet.daddr, packet.version):
        return None
    version, address = packet.version, packet.daddr
    own = addresses_of(network.namespace(netns), None, packet.version)
    if any(each.holds(packet.daddr, packet.version) for each in own):
        servers = servers_of_host(network.host(netns.host)) if packet.dport == _DNS else ()
        if not servers:
            return None
        version, address = servers[0]
    return Flow(
        start=FromHost(),
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
    """Return whether the step begins a connection that a process of the user opens."""
    return step.stage == "relay" and isinstance(step.decided_by, Assumed)
