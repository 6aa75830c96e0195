"""The port is published for IPv4 only and the packet is IPv6, or the port is published for IPv6 only and the packet is
IPv4.

Users see: ``curl -4`` works and ``curl -6`` is refused, or a client that prefers the AAAA record fails.

Proof: a running container publishes the port for the other IP version only.  If the port is published for the packet's
IP version, the flow arrives.
Now: connect to a host address of the other IP version, or recreate the container with its port published for both
versions.
Lasting: write the port without an address under ``ports:`` in the Compose file, and switch on the userland proxy or
IPv6 on the container's network.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import RULE_STOPS, Candidate, Cause, View
from hairpin.causes.engine._publishing import at_host_port, loopback_only, of_routed
from hairpin.causes.where import OfContainer
from hairpin.change.change import Change
from hairpin.engines.repair.republishing import published_too, relay_at
from hairpin.host.docker import Container, PortBinding
from hairpin.message import Message, message
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when all effective bindings of the port are of the other IP version and not on loopback."""
    version = view.stop.seen.packet.version
    found = [(c, b) for c, b in at_host_port(view, every_version=True) if c.running and b.actual]
    if not found or any(binding.version == version or loopback_only(binding) for _, binding in found):
        return
    if any(of_routed(view)):
        return
    container, binding = found[0]
    advice = _advice(view, container)
    yield Candidate(
        title=message(
            "Port {port} of {name} is published for IPv{other} only",
            port=binding.host_port,
            name=container.name,
            other=binding.version,
        ),
        detail=_why(view, container, binding),
        change=_published(view, container, binding, advice),
        where=OfContainer(container=container.name, published=f"IPv{binding.version}", asked=f"IPv{version}"),
        in_class="bound-to-other-address",
        evidence=(container.evidence,),
        advice=(message("or let clients use an IPv{other} address of this host", other=binding.version),),
    )


def _published(view: View, container: Container, binding: PortBinding, advice: Message) -> Change:
    """Return the change that publishes the port for the packet's IP version.  If the container has an address of that
    version, the change adds rules.  If the container has no address of that version, the change adds only a
    docker-proxy."""
    packet = view.stop.seen.packet
    twin = msgspec.structs.replace(binding, host_ip=None, version=packet.version)
    has_version = any(
        (each.ipv4 if packet.version == 4 else each.ipv6) is not None
        for each in view.host.pod_holder(container).endpoints
    )
    # dockerd publishes no port for IPv4 if the container has only an IPv6 address
    parts = published_too(view.host, container, twin) if has_version or packet.version == 6 else ()
    relay = relay_at(view.host, container, twin, packet.version, packet.daddr)
    if parts or relay is None:
        return Change(parts)
    return Change((msgspec.structs.replace(relay, advice=advice),))


def _uses_proxy(view: View, container: Container) -> bool:
    engine = view.host.engine_of(container)
    return engine.kind == "docker" and engine.userland_proxy is not False


def _why(view: View, container: Container, binding: PortBinding) -> Message:
    if binding.host_ip is None and binding.version == 4 and not _uses_proxy(view, container):
        return message(
            "Container {name} has no IPv6 address and no docker-proxy listens for it, so nothing takes IPv6 packets to "
            "this port.",
            name=container.name,
        )
    if binding.host_ip is None:
        return message("The port is published on every IPv{version} address of this host.", version=binding.version)
    return message("The port is published on {address}.", address=address_text(binding.host_ip, binding.version))


def _advice(view: View, container: Container) -> Message:
    """Return the advice on how to publish the port for the packet's IP version if the container has no address of this
    version."""
    if view.stop.seen.packet.version == 4:
        return message(
            "make the network of {name} again without --ipv4=false, or put {name} on a network that has IPv4, too",
            name=container.name,
        )
    if view.host.engine_of(container).kind == "podman":
        return message("put {name} on a network made with --ipv6, and recreate it there", name=container.name)
    return message(
        'set "userland-proxy": true in /etc/docker/daemon.json and restart Docker, or put {name} on a network that has '
        "IPv6",
        name=container.name,
    )


CAUSE = Cause(
    title=message("The port is published for the other IP version"),
    source="docs.docker.com: port publishing; moby libnetwork/drivers/bridge/port_mapping.go allocatePort()",
    reasons=frozenset({"no-listener", *RULE_STOPS}),
    fixed_with="container",
    shown_to="everybody",
)
