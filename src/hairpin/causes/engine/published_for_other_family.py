"""The port is published for IPv4 only and the packet is IPv6, or the port is published for IPv6 only and the packet is
IPv4.  Or the container's network stack (pasta) carries one IP version only.

Users see: ``curl -4`` works and ``curl -6`` is refused, or a client that prefers the AAAA record fails.

Proof: a running container publishes the port for the other IP version only.  If the port is published for the packet's
IP version, the flow arrives.
Now: connect to a host address of the other IP version, or recreate the container with its port published for both
versions.
Lasting: write the port without an address under ``ports:`` in the Compose file, and switch on the userland proxy or
IPv6 on the container's network.
"""

import msgspec

from hairpin.causes.engine._publishing import at_host_port, loopback_only, of_routed
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, Netns, OfContainer, View, message
from hairpin.change.change import AddEntry, AddSocket, Change
from hairpin.engines.repair.republishing import published_too, relay_at, stack_sockets
from hairpin.host.docker import Container, PortBinding
from hairpin.host.link import Address
from hairpin.host.route import NextHop, Route
from hairpin.host.socket import Socket
from hairpin.network.attachment import address_behind, tap_of
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when all effective bindings of the port are of the other IP version and not on loopback."""
    version = view.stop.seen.packet.version
    of_stack = next(_by_one_family_stack(view), None)
    if of_stack is not None:
        yield of_stack
        return
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


def _by_one_family_stack(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a container whose network stack carries only the other IP version: the stack listens on
    the port, and the container has no address of the packet's version.

    Source: passt(1), --ipv4-only, --ipv6-only; pasta also disables a version for which the host has no route"""
    version = view.stop.seen.packet.version
    for container, binding in at_host_port(view, every_version=True):
        sockets = stack_sockets(view.host_namespace, container, binding)
        relay = sockets[0].relay if sockets else None
        netns = view.host_netns.sibling(relay.netns) if relay is not None and relay.tap is not None else None
        if netns is None or netns not in view.network or any(each.takes(version) for each in sockets):
            continue
        if not netns.is_rootless_dockerds and address_behind(view.network.namespace(netns), None, version):
            continue
        facts = {"name": container.name, "other": sockets[0].version, "version": version}
        program = sockets[0].process or ""
        yield Candidate(
            title=message("Port {port} of {name} is published for IPv{other} only", port=binding.host_port, **facts),
            detail=message(
                "{program} takes the connections to the published ports of this user's dockerd, and carries IPv{other} "
                "only: it has no IPv{version} socket for this port.",
                program=program,
                **facts,
            )
            if netns.is_rootless_dockerds
            else message(
                "{program}, the network of container {name}, carries IPv{other} only: it has no IPv{version} socket "
                "for this port, and the container has no IPv{version} address.",
                program=program,
                **facts,
            ),
            change=_carried_too(view, netns, sockets[0], container),
            where=OfContainer(container=container.name, published=f"IPv{facts['other']}", asked=f"IPv{version}"),
            in_class="bound-to-other-address",
            evidence=(container.evidence,),
            advice=(
                message("or let clients use an IPv{other} address of this host", other=sockets[0].version),
                *(() if netns.is_rootless_dockerds else (_on_purpose(container, sockets[0]),)),
            ),
        )
        return


def _on_purpose(container: Container, socket: Socket) -> Message:
    return message(
        "if {name} was made for IPv{other} only on purpose (pasta's option --ipv{other}-only), nothing is broken",
        name=container.name,
        other=socket.version,
    )


def _carried_too(view: View, netns: Netns, socket: Socket, container: Container) -> Change:
    """Return the change after which the stack carries the packet's IP version, too: pasta copies the host's address and
    default route into the container, and listens for that version.  Return an empty change if the host has no such
    address."""
    version, outer = view.stop.seen.packet.version, view.host_namespace
    link = tap_of(view.network.namespace(netns))
    own = next((each for each in outer.addresses if each.version == version and each.scope == "global"), None)
    ways = (each for each in outer.routes if each.version == version and not each.prefix_length)
    gateway = next((hop.gateway for each in ways for hop in each.next_hops if hop.gateway is not None), None)
    if own is None or not link:
        return Change(())
    said = (
        message("start the user's dockerd with DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--ipv6, or with another port driver")
        if netns.is_rootless_dockerds
        else message("recreate {name} without the option that limits pasta to IPv{other}", name=container.name,
                     other=socket.version)
    )  # fmt: skip
    inside = [AddEntry(netns, Address(link, version, own.value, own.prefix_length))]
    if gateway is not None:
        inside.append(AddEntry(netns, Route(version, 0, 0, next_hops=(NextHop(link, gateway),))))
    taking = msgspec.structs.replace(socket, version=version, address=None, v6only=False)
    return Change((*inside, AddSocket(view.host_netns, taking, said)))


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
    shown_by=("sudo ss -lntup; docker ps", message("the port is published for IPv4 only, or for IPv6 only")),
    reasons=frozenset({"no-listener", *RULE_STOPS}),
    fixed_with="container",
    shown_to="everybody",
)
