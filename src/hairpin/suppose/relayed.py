"""Finds containers by docker-proxy's command lines, if this user may not ask Docker.

Every user may read the command line of a docker-proxy.  This command line contains a published port and the container's
address and port, but not the container's name.  So the container is named by its address.
"""

import msgspec

from hairpin.evidence.reading import HOST, Evidence
from hairpin.host.docker import Container, DockerNetwork, Endpoint, PortBinding, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.read.engines.relays import Relayed, commands, relayed_by
from hairpin.host.socket import Socket
from hairpin.network.prefix import address_text, network_of
from hairpin.suppose.ordinary import USUAL_VERSION


def hides_docker(host: Host) -> bool:
    """Return whether this user may not ask Docker, so that Docker's containers are not known."""
    return any(each.kind == "docker" and each.state == "unreadable" for each in host.contacts)


def hides_others(host: Host) -> bool:
    """Return whether there may be Podman containers or pods about which this user may read nothing."""
    pods = any(each.key == "namespaces" for each in host.unread)
    return pods or any(each.kind == "podman" and each.state == "unreadable" for each in host.contacts)


def with_relayed(host: Host, evidence: Evidence) -> Host:
    """Return the host in which Docker has the containers to which docker-proxies lead, if this user may not ask
    Docker."""
    engine = next((each for each in host.engines if each.kind == "docker" and not each.containers), None)
    if engine is None or not hides_docker(host):
        return host
    own = host.namespace(HOST)
    of_address: dict[int, list[Relayed]] = {}
    shown_by = ""
    for reading in evidence.all("relay-cmdlines"):
        for command in commands(reading.text):
            found = relayed_by(command)
            if found is not None and found.target.version == 4:
                of_address.setdefault(found.target.address, []).append(found)
                shown_by = reading.id
    networks = tuple(each for address in of_address if (each := _network(own, address)) is not None)
    containers = tuple(_container(own, address, found, shown_by) for address, found in of_address.items())
    known = msgspec.structs.replace(
        engine, version=engine.version or USUAL_VERSION, containers=containers, networks=tuple(dict.fromkeys(networks))
    )
    host = host.with_engine(known)
    return msgspec.structs.replace(host, namespaces=(*host.namespaces, *map(_namespace, containers)))


def _namespace(container: Container) -> Namespace:
    """Return the container's namespace, in which a service listens on each published port."""
    ports = dict.fromkeys((each.protocol, each.container_port) for each in container.bindings)
    listening = (Socket("udp" if protocol == "udp" else "tcp", 6, None, port) for protocol, port in ports)
    return Namespace(container.netns or "", sockets=tuple(listening))


def _network(own: Namespace, address: int) -> DockerNetwork | None:
    """Return the network of the bridge whose own network contains the address."""
    for each in own.addresses:
        link = own.link(each.link)
        if link is None or link.kind != "bridge" or each.version != 4:
            continue
        network = network_of(each.value, each.prefix_length, 4)
        if network_of(address, each.prefix_length, 4) == network:
            subnet = Subnet(4, network, each.prefix_length, each.value)
            name = "bridge" if each.link == "docker0" else each.link
            return DockerNetwork(each.link, name, "bridge", subnets=(subnet,), bridge=each.link)
    return None


def _container(own: Namespace, address: int, found: list[Relayed], shown_by: str) -> Container:
    joined, text = _network(own, address), address_text(address, 4)
    endpoints: tuple[Endpoint, ...] = ()
    if joined is not None:
        subnet = joined.subnets[0]
        endpoints = (Endpoint(joined.name, joined.id, address, subnet.prefix_length, gateway4=subnet.gateway),)
    bindings = tuple(
        PortBinding(
            "udp" if each.protocol == "udp" else "tcp",
            each.target.port,
            each.host_port,
            each.host_address,
            each.host_version,
        )
        for each in found
        if each.protocol in ("tcp", "udp")
    )
    mode = joined.name if joined is not None else "default"
    return Container(text, text, "running", mode, bindings=bindings, endpoints=endpoints, netns=f"container:{text}",
        evidence=shown_by)  # fmt: skip
