"""The bindings of containers, seen from a packet that found nobody at the host."""

from hairpin.causes.cause import View
from hairpin.host.docker import Container, PortBinding
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.prefix import is_loopback


def at_host_port(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the bindings of the port and protocol that the packet asked the host for."""
    return bindings_for(view) if view.stop.netns.is_host else ()


def bindings_for(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the bindings of the asked port, wherever the packet (or its answer) stopped."""
    packet = view.stop.seen.packet
    if packet.protocol not in (TCP, UDP):
        return ()
    protocol = "tcp" if packet.protocol == TCP else "udp"
    return tuple(
        (container, binding)
        for container in view.host.containers()
        for binding in container.bindings
        if (binding.host_port, binding.protocol, binding.version) == (view.flow.dport, protocol, packet.version)
    )


def covers(binding: PortBinding, address: int) -> bool:
    """Return whether the binding takes packets to the address."""
    return binding.host_ip is None or binding.host_ip == address


def loopback_only(binding: PortBinding) -> bool:
    """Return whether the binding is for the host alone."""
    return binding.host_ip is not None and is_loopback(binding.host_ip, binding.version)
