"""The bindings by which containers publish a packet's destination port."""

import msgspec

from hairpin.causes.kit import Candidate, Host, Iterator, Message, Netns, OfContainer, View, message
from hairpin.change.change import Change
from hairpin.engines.repair.republishing import (
    lacks_a_chain,
    published_everywhere,
    published_too,
    recreated_name,
    relay_at,
)  # fmt: skip
from hairpin.engines.repair.starting import on_default_bridge
from hairpin.evidence.reading import HOST
from hairpin.host.boot.configured import Configured, of_default_address
from hairpin.host.docker import Container, DockerNetwork, Engine, PortBinding
from hairpin.host.engine_health import health, unanswering
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.flow import FromContainer
from hairpin.network.network import owns_address
from hairpin.network.prefix import Version, address_text, is_loopback, width
from hairpin.network.socket_owner import owner_of_socket
from hairpin.question.port_flows import bindings_of
from hairpin.walk.state import Reason


def at_host_port(view: View, *, every_version: bool = False) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the bindings of the flow's port and the packet's protocol, if the packet stopped on the host.

    For a packet that stopped in another namespace, return no binding."""
    return bindings_for(view, every_version=every_version) if view.on_host else ()


def bindings_for(view: View, *, every_version: bool = False) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the bindings of the flow's port and the packet's protocol, wherever the request or reply stopped.  If the
    port is published at the asked address, return only the bindings that have this address.

    ``every_version``: whether bindings of the other IP version are returned, too.
    """
    packet = view.stop.seen.packet
    if packet.protocol not in (TCP, UDP):
        return ()
    protocol = "tcp" if packet.protocol == TCP else "udp"
    found = tuple(
        (container, binding)
        for container, binding in view.host.bindings_of(view.flow.dport)
        if binding.protocol == protocol and (every_version or binding.version == packet.version)
    )
    named = any(each.host_ip == view.flow.daddr and each.version == view.flow.version for _, each in found)
    return tuple(pair for pair in found if not named or covers(pair[1], view.flow.daddr))


def held_once_running(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the bindings of the port on the host.

    For a container without a binding of the packet's IP version, return the bindings of the other IP version.  A walk
    in which the container runs shows that the port is published for the other IP version only."""
    own = at_host_port(view)
    others = (each for each in at_host_port(view, every_version=True) if all(each[0] != one for one, _ in own))
    return (*own, *others)


def is_unserved(view: View) -> bool:
    """Return whether the packet is for a port of the host that no socket holds and no container publishes."""
    flow, namespace = view.flow, view.host_namespace
    packet = view.stop.seen.packet
    if view.in_reply or packet.dport != flow.dport or not view.on_host or flow.protocol not in ("tcp", "udp"):
        return False
    own = owns_address(namespace, packet.version, packet.daddr) or is_loopback(packet.daddr, packet.version)
    if not own or any(each.startswith(("sockets", "proc-net")) for each in namespace.unread):
        return False
    if not _are_containers_known(view.host) or not _are_listeners_known(view):
        return False
    port = (flow.protocol, flow.dport)
    taken = any((each.protocol, each.port) == port for each in namespace.sockets)
    # If a running container publishes the port for the other protocol, another cause reports the wrong protocol.
    published = bindings_of(view.host, flow.dport)
    return not taken and not any(each.running or binding.protocol == flow.protocol for each, binding in published)


def _are_listeners_known(view: View) -> bool:
    """Return whether the host's listeners were read.  Without them a text may still prove that a packet is refused for
    want of one, on what it supposes; but a rule that drops a packet tells nothing of them."""
    told = view.host.told
    return told is None or view.stop.reason == "no-listener" or told.proves(HOST, "sockets")


def port_holder(view: View, owner: Container) -> Container:
    """Return the container that has the port.

    The container that has the port is the owner of the namespace, or shares the namespace, or is still in the namespace
    that the owner has left."""
    port = (view.flow.protocol, view.flow.dport)
    alike = (owner, *view.host.sharers_of(owner))
    for name in dict.fromkeys(each.netns for each in alike if each.netns is not None and each.netns in view.host):
        netns = Netns(view.host.name, name)
        for each in view.host.namespace(name).sockets:
            found = owner_of_socket(view.network, netns, each) if (each.protocol, each.port) == port else None
            if found is not None:
                return found
    return next((each for each in alike if port in each.exposed), owner)


def _are_containers_known(host: Host) -> bool:
    """Return whether the published ports of all engines are known.  The ports of a dockerd that is down are known from
    its files."""
    told_by_files = tuple(each for each in health(host) if each.is_down and each.engine.stored)
    if any(each not in told_by_files for each in unanswering(host)):
        return False
    keys = ("podman-containers",) if told_by_files else ("podman-containers", "docker-containers", "docker-socket")
    return not any(each.key.startswith(keys) for each in host.unread)


def covers(binding: PortBinding, address: int) -> bool:
    """Return whether the port is published on the address."""
    return binding.host_ip is None or binding.host_ip == address


def loopback_only(binding: PortBinding) -> bool:
    """Return whether the port is published only on a loopback address of the host."""
    return binding.host_ip is not None and is_loopback(binding.host_ip, binding.version)


def refusal_of(view: View, change: Change) -> Reason | None:
    """Return the reason ``start-refused`` if the engine would refuse the change; else None.

    The engine refuses the change if a bridge, or a chain for the engine's rules, is missing."""
    return "start-refused" if not change.parts or lacks_a_chain(change.parts, view.host_namespace) else None


def _published_to(view: View, container: Container, binding: PortBinding) -> Change:
    """Return the change after which the port is published on every address of the packet's IP version."""
    version = view.stop.seen.packet.version
    if container.is_disconnected:
        everywhere = msgspec.structs.replace(binding, host_ip=None, version=version)
        made = msgspec.structs.replace(container, bindings=(everywhere,))
        return on_default_bridge(view.host, made, everywhere) or Change(())
    if binding.version == version:
        return published_everywhere(view.host, container, binding)
    twin = msgspec.structs.replace(binding, host_ip=None, version=version, actual=True)
    return Change(published_too(view.host, container, twin))


def on_every_address(view: View, container: Container, binding: PortBinding, *, loopback: bool) -> Candidate:
    """Return the candidate that publishes the port on every address.  ``loopback``: whether the port is published on
    loopback now."""
    address = _address_of(binding)
    port = f"{binding.host_port}:{binding.container_port}" + ("/udp" if binding.protocol == "udp" else "")
    name = recreated_name(view.host, container)
    if loopback:
        title = message(
            "Port {port} of {name} is published on {address} only", port=binding.host_port, name=name, address=address
        )
    else:
        title = message(
            "Port {port} of {name} is published on {address}, not on the address that the client asked",
            port=binding.host_port,
            name=name,
            address=address,
        )
    change = _published_to(view, container, binding)
    engine = view.host.engine_of(container)
    return Candidate(
        title=title,
        detail=_translated_there(view.host, container, address, binding),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, host_ip=address, port=binding.host_port),
        in_class="bound-to-other-address",
        evidence=(container.evidence,),
        configured=_setting_of(view.host, engine, container, binding, port),
        advice=(
            _anew(view.host, container, binding, port),
            *((_NOT_ITS_OPTION,) if binding.by_default else ()),
            *(_narrower(view, container, binding, port) if loopback else ()),
        ),
    )


def _address_of(binding: PortBinding) -> str:
    """Return the address on which the port is published: ``0.0.0.0`` or ``::`` for every address."""
    return address_text(binding.host_ip or 0, binding.version)


def _anew(host: Host, container: Container, binding: PortBinding, port: str) -> Message:
    """Return the option that publishes the recreated container's port on every address.

    If the engine has a default address, an option without an address is not enough."""
    if binding.by_default:
        every = "[::]" if binding.version == 6 else "0.0.0.0"
        port = f"{every}:{port}"
    if host.members_of(container):
        return message("recreate {container} with -p {port}", container=recreated_name(host, container), port=port)
    return message('recreate the container with -p {port} (compose: ports: "{port}")', port=port)


def _setting_of(host: Host, engine: Engine, container: Container, binding: PortBinding, port: str) -> Configured | None:
    """Return the setting from which the binding has its address: the container's option, or the engine's default."""
    address = _address_of(binding)
    if binding.by_default:
        return of_default_address(engine, engine.network_names(container), address, host)
    option = f"-p {f'[{address}]' if binding.version == 6 else address}:{port}"
    return Configured("container-option", option=option, owner=container.name, evidence=container.evidence)


def _narrower(view: View, container: Container, binding: PortBinding, port: str) -> tuple[Message, ...]:
    """Return the warning about publishing the port on every address, and narrower ways.  A port is often published on
    loopback on purpose."""
    address = _address_of(binding)
    asked, host_port = address_text(view.flow.daddr, view.flow.version), binding.host_port
    at = f"[{asked}]" if view.flow.version == 6 else asked
    narrow = f"{at}:{port}"
    warning = (
        message("a port that is published on every address is open to everybody whom this host's firewall lets in. For "
                "clients of {asked} alone: -p {narrow}", asked=asked, narrow=narrow)
        if view.host.has_user_stack(container)
        else message("a port that is published on every address is open to everybody who reaches this host; the "
                     "engine's rules come before those of ufw. For clients of {asked} alone: -p {narrow}",
                     asked=asked, narrow=narrow)
    )  # fmt: skip
    return (
        warning,
        message(
            "if the port is on {address} on purpose, behind a proxy on this host, nothing is broken: ask for the "
            "proxy's port, or reach this port with {tunnel}",
            address=address,
            tunnel=f"ssh -L {host_port}:{f'[{address}]' if binding.version == 6 else address}:{host_port} HOST",
        ),
    )


_NOT_ITS_OPTION = message(
    "the container's own option names no address, so the default address applies. It applies to every container on "
    "that network whose option names no address"
)


def _translated_there(host: Host, container: Container, address: str, binding: PortBinding) -> Message:
    engine = host.engine_of(container)
    if container.is_disconnected:
        return message(
            "The container is connected to no network, so {engine} publishes the port on no address now, not even on "
            "{address}. A container's published ports cannot be changed while it exists.",
            engine=engine.title,
            address=address,
        )
    if not binding.actual:
        return message(
            "The container has no IPv6 address and docker-proxy is off, so Docker does not publish the port on that "
            "address either. A container's published ports cannot be changed while it exists."
        )
    if host.has_user_stack(container):
        return message(
            "The program that takes the connections to this port listens only on {address}. A container's published "
            "ports cannot be changed while it exists.",
            address=address,
        )
    if engine.kind == "docker":
        return message(
            "Docker translates this port only for packets to {address}, and docker-proxy listens only there. A "
            "container's published ports cannot be changed while it exists.",
            address=address,
        )
    return message(
        "Podman translates this port only for packets to {address}. A container's published ports cannot be changed "
        "while it exists.",
        address=address,
    )


def exposed_on_host(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return each stopped container on the host's network whose image exposes the asked port.  Return none if a socket
    holds the port or a container publishes it."""
    if view.stop.reason != "no-listener" or view.flow.protocol == "icmp" or not is_unserved(view):
        return ()
    asked = PortBinding(view.flow.protocol, view.flow.dport, 0, None, view.flow.version, actual=False)
    ended = (each for each in view.host.containers() if each.network_mode == "host" and not each.running)
    return tuple((each, asked) for each in ended if (asked.protocol, asked.container_port) in each.exposed)


def asking_container(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the container that should send the packet, if this container does not run; or the container that does not
    run and whose network the sender shares, so that the sender is left with no network.

    The binding that is returned with the container is a placeholder and publishes no port."""
    start = view.flow.start
    container = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if container is None:
        return ()
    idle = PortBinding("tcp", 0, 0, None, view.flow.version, actual=False)
    if view.stop.reason == "no-container":
        return () if container.running else ((container, idle),)
    owner = view.host.network_owner(container)
    is_left = view.stop.reason in LEFT_ALONE and container.netns == view.stop.netns.name
    return ((owner, idle),) if is_left and not owner.running and not is_loopback(view.flow.daddr, 4) else ()


LEFT_ALONE: frozenset[Reason] = frozenset({"no-route", "no-source-address"})
"""Why a packet stops in the namespace of a container whose network is that of a container that has ended."""


def held_aside(view: View) -> Iterator[Message]:
    """Yield the hint that the user may mean another machine than this host.

    The host has the asked address on one link, and another link's network contains this address."""
    packet = view.stop.seen.packet
    held = [
        each for each in view.host_namespace.addresses if (each.version, each.value) == (packet.version, packet.daddr)
    ]
    around = [
        each
        for each in view.host_namespace.addresses
        if each.version == packet.version
        and each.prefix_length < width(packet.version)
        and each.holds(packet.daddr, packet.version)
    ]
    links = {each.link for each in held}
    if len(links) == 1 and around and all(each.link not in links for each in around) and "lo" not in links:
        yield message(
            "this host itself has {address} on {link}, so its packets to that address end here. If the address belongs "
            "to another machine in the network of {other}, delete it from {link}. If a program such as kube-proxy put "
            "it there, change the entry that names the address in that program's configuration",
            address=address_text(packet.daddr, packet.version),
            link=held[0].link,
            other=around[0].link,
        )


def only_published(view: View, container: Container, published: Message) -> Message:
    """Return the sentences that say that Docker opens the published ports alone, and which policy drops the rest."""
    facts = {"name": container.name, "published": published}
    if view.place is None or view.place.number:
        return message("Docker opens only the published ports of {name} to clients outside. {published}", **facts)
    return message(
        "Docker opens only the published ports of {name} to clients outside, and the policy of {chain} drops the rest. "
        "{published}",
        chain=view.place.chain,
        **facts,
    )


def of_routed(view: View) -> Iterator[Candidate]:
    """Yield a candidate for each running container that asks for the port, and whose network is routed in the packet's
    IP version.  The network's maker chose this, so the candidate is a decision."""
    for container, binding in at_host_port(view):
        found = _routed_network(view, container, binding.version) if container.running and not binding.actual else None
        if found is not None:
            yield _not_on_host(view, container, binding, *found)


def _routed_network(view: View, container: Container, version: Version) -> tuple[DockerNetwork, int] | None:
    """Return the routed network of the container, and the container's address there."""
    engine = view.host.engine_of(container)
    for end in engine.endpoints_of(container):
        joined, address = engine.network(end.network), end.ipv4 if version == 4 else end.ipv6
        if joined is not None and address is not None and joined.gateway_mode(version) == "routed":
            return joined, address
    return None


def _gateway_mode(version: Version) -> str:
    return f"com.docker.network.bridge.gateway_mode_ipv{version}"


def _not_on_host(
    view: View, container: Container, binding: PortBinding, network: DockerNetwork, address: int
) -> Candidate:
    option = f"{_gateway_mode(binding.version)}=routed"
    text = address_text(address, binding.version)
    own = f"[{text}]:{binding.container_port}" if binding.version == 6 else f"{text}:{binding.container_port}"
    advice = message(
        "ask {own}, or make network {network} again without {option}", own=own, network=network.name, option=option
    )
    relay = relay_at(view.host, container, binding, binding.version, view.stop.seen.packet.daddr)
    return Candidate(
        title=message(
            "Network {network} of {name} is routed, so no port {port} of this host leads to {name}",
            network=network.name, name=container.name, port=binding.host_port,
        ),
        detail=message(
            "dockerd publishes no port of the host for a routed network. Clients with a route to {network} reach "
            "{name} at {own}.",
            network=network.name, name=container.name, own=own,
        ),
        change=Change((msgspec.structs.replace(relay, advice=advice),) if relay is not None else ()),
        where=OfContainer(container=container.name, network=network.name, port=binding.host_port),
        in_class="bound-to-other-address",
        evidence=(container.evidence, network.evidence),
        configured=Configured("network-option", option=option, owner=network.name, evidence=network.evidence),
    )  # fmt: skip
