"""Two namespaces on one bridge have the same address, or a container has the address of its bridge.

Users see: another container's service answers at a published port, or the port answers only at times and connections
are reset.

Proof: links in both namespaces have the address, and the veths of both namespaces are ports of the same bridge.  Both
namespaces answer ARP requests for the address, and the sender uses the last answer, so no single packet shows the
fault.
Now: ``nsenter -t PID -n ip address del ADDRESS/LENGTH dev LINK`` in the namespace to which no engine gave the address.
Lasting: remove the address from the image or script that adds it.  A container with its bridge's address has to be
recreated with another ``--ip``.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way
from hairpin.causes.states._on_bridge import Far, far_ends_of
from hairpin.causes.where import OfContainer
from hairpin.change.change import Change
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import address_text


def of_host(host: Host) -> Iterator[Finding]:
    """Yield a finding for each container that shares an IPv4 address with another namespace on its bridge."""
    if host.netns.name not in host:
        return
    for (bridge, address), holders in _holders(host).items():
        owner = next((each for each in holders if _is_given(host, each, address)), None)
        others = [each for each in holders if each is not owner and each.netns != (owner or holders[0]).netns]
        if owner is not None and others:
            found = _candidate(host, bridge, address, owner, others[0])
            names = [container.name for each in (owner, *others) if (container := _container(host, each)) is not None]
            yield from (Finding(found, "blocking", container=each) for each in names)
    yield from _of_bridges(host)


def _of_bridges(host: Host) -> Iterator[Finding]:
    """Yield a finding for each container that has the address of its own bridge.  Podman gives a container its
    network's gateway as its address, if somebody asks for it (``--ip``)."""
    here = host.namespace(host.netns.name)
    for far in far_ends_of(host):
        container = _container(host, far)
        held = {each.value for each in addresses_of(here, far.bridge, 4)}
        for own in addresses_of(far.namespace, far.link.name, 4):
            if container is not None and own.value in held:
                found = _as_the_bridge(far, container, address_text(own.value, 4))
                yield Finding(found, "blocking", container=container.name)


def _as_the_bridge(far: Far, container: Container, address: str) -> Candidate:
    facts = {"name": container.name, "address": address, "bridge": far.bridge}
    other = message("recreate {name} with another address than {address} (--ip)", **facts)
    return Candidate(
        title=message("Container {name} has {address}, the address of its bridge {bridge}", **facts),
        detail=message(
            "{address} is the gateway of the network, and the host has it on {bridge}. The host keeps packets to "
            "{address}, so none reaches {name}. The container has no other router.",
            **facts,
        ),
        change=Change(()),
        where=OfContainer(container=container.name, address=address, held_by=far.bridge),
        in_class="wrong-neighbour-entry",
        evidence=(container.evidence,),
        offered=False,
        ways=(Way(Change(()), (other,)),),
    )


def _holders(host: Host) -> dict[tuple[str, int], list[Far]]:
    """Return the far ends of the bridge ports, by bridge and IPv4 address."""
    found: dict[tuple[str, int], list[Far]] = {}
    for each in far_ends_of(host):
        for own in addresses_of(each.namespace, each.link.name, 4):
            if own.scope == "global":
                found.setdefault((each.bridge, own.value), []).append(each)
    return {key: holders for key, holders in found.items() if len(holders) > 1}


def _container(host: Host, far: Far) -> Container | None:
    return Network((host,)).container_of(far.netns)


def _is_given(host: Host, far: Far, address: int) -> bool:
    """Return whether the engine gave the address to the container."""
    container = _container(host, far)
    return container is not None and any(
        each.ipv4 == address for each in host.engine_of(container).endpoints_of(container)
    )


def _name(host: Host, far: Far) -> str:
    container = _container(host, far)
    return container.name if container is not None else far.netns.name


def _candidate(host: Host, bridge: str, address: int, owner: Far, other: Far) -> Candidate:
    text, one, two = address_text(address, 4), _name(host, owner), _name(host, other)
    return Candidate(
        title=message("Container {other} has {address}, which belongs to {owner}", other=two, address=text, owner=one),
        detail=message(
            "{other} and {owner} are both on {bridge}, and both answer ARP requests for {address}. A sender believes "
            "the last answer, so {other} gets packets for {owner}. The engine gave the address to {owner}.",
            bridge=bridge,
            address=text,
            other=two,
            owner=one,
        ),
        change=Change(()),
        where=OfContainer(container=one, address=text, held_by=two),
        in_class="wrong-neighbour-entry",
        evidence=tuple(dict.fromkeys(each.link.evidence for each in (owner, other) if each.link.evidence)),
        offered=False,
        ways=(Way(Change(()), (_taking_away(host, other, address, one),)),),
    )


def _taking_away(host: Host, other: Far, address: int, owner: str) -> Message:
    container = _container(host, other)
    own = next(each for each in addresses_of(other.namespace, other.link.name, 4) if each.value == address)
    if container is None or container.pid is None:
        return message("give {name} another address than {owner}'s", name=other.netns.name, owner=owner)
    return message(
        "delete the address in {name}: nsenter -t {pid} -n ip address del {address}/{length} dev {link}; then find the "
        "image or script that adds it",
        name=container.name,
        pid=container.pid,
        address=address_text(address, 4),
        length=own.prefix_length,
        link=other.link.name,
    )


CAUSE = Cause(
    title=message("Two namespaces on one bridge have the same address"),
    source="RFC 5227, 1.1; net/ipv4/arp.c arp_process()",
    shown_by=(
        "bridge link; ip neigh; ls /var/run/docker/netns",
        message("the bridge has a port that belongs to no container, or two neighbours have the address"),
    ),
)
