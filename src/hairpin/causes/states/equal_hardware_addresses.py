"""Two containers on one bridge, or a container and the bridge itself, have the same hardware address.

Users see: each of the two containers answers only at times.  Connections to one container stall or are refused as soon
as the other container sends.  If the bridge has the address of a container, nothing reaches this container.

Proof: links of both containers have the hardware address, and the containers' veths are ports of the same bridge.  A
bridge knows only one port for a hardware address, the port of the last sender, so no single packet shows the fault.  If
the bridge itself has the address, it keeps all frames for this address for its host.
Now: recreate one of the two containers with another hardware address (``--mac-address``), or give the bridge another
address.
Lasting: remove ``mac_address`` from the Compose file, and remove the hardware address from the image or script that
sets it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, Finding, View, Way
from hairpin.causes.states._on_bridge import far_ends_of
from hairpin.causes.where import OfContainer
from hairpin.change.change import AddEntry, Change, DeleteEntry, Primitive, SetLink
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.link import Link
from hairpin.host.route import FdbEntry
from hairpin.message import message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a bridge that keeps a container's frames, because it has the container's address."""
    mac, bridge = view.stop.seen.packet.dmac, view.namespace.link(view.stop.link)
    if bridge is None or bridge.kind != "bridge" or mac is None or bridge.mac != mac or not view.on_host:
        return
    for (name, address), holders in _holders(view.host).items():
        if (name, address) == (bridge.name, mac):
            yield _of_bridge(view, bridge, mac, holders[0])


def of_host(host: Host) -> Iterator[Finding]:
    """Yield a finding for each container that has the same hardware address as another container on its bridge."""
    if host.netns.name not in host:
        return
    for (bridge, mac), holders in (_holders(host) or _by_engines(host)).items():
        if len({each.id for each in holders}) > 1 and not _share(holders):
            found = _candidate(bridge, mac, holders)
            yield from (Finding(found, "blocking", container=each.name) for each in holders)


def _holders(host: Host) -> dict[tuple[str, int], list[Container]]:
    """Return the containers by the bridge and the hardware address of their links."""
    network = Network((host,))
    found: dict[tuple[str, int], list[Container]] = {}
    for each in far_ends_of(host) if _may_be_equal(host) else ():
        container = network.container_of(each.netns)
        if container is not None and each.link.mac:
            found.setdefault((each.bridge, each.link.mac), []).append(container)
    return found


def _share(holders: list[Container]) -> bool:
    """Return whether all these containers share one namespace, and therefore one link."""
    return len({each.netns or each.left_unread or each.id for each in holders}) == 1


def _by_engines(host: Host) -> dict[tuple[str, int], list[Container]]:
    """Return the running containers by bridge and hardware address, as their engines state them.

    For a container whose namespace was not read, the engine's statement is the only reading."""
    found: dict[tuple[str, int], list[Container]] = {}
    for engine in host.engines:
        bridges = {each.name: each.bridge for each in engine.networks if each.driver == "bridge"}
        for container in engine.containers if not engine.rootless else ():
            # Podman states for a container that shares another one's network what it was at its start.
            shares = bool(container.joined)
            for end in container.endpoints if container.running and not shares else ():
                bridge = bridges.get(end.network)
                if bridge is not None and end.mac:
                    found.setdefault((bridge, end.mac), []).append(container)
    return found


def _may_be_equal(host: Host) -> bool:
    """Return whether two veths of the host's containers, or a veth and a bridge of the host, have equal hardware
    addresses, on whatever bridges."""
    own = [each.mac for one in host.namespaces if one.name != host.netns.name for each in one.links if _is_veth(each)]
    bridges = {each.mac for each in host.namespace(host.netns.name).links if each.kind == "bridge"}
    return len(own) != len(set(own)) or not bridges.isdisjoint(own)


def _is_veth(link: Link) -> bool:
    return link.kind == "veth" and bool(link.mac)


def _candidate(bridge: str, mac: int, holders: list[Container]) -> Candidate:
    first, second, *_ = holders
    address = write_mac(mac)
    return Candidate(
        title=message("{one} and {other} have the same hardware address", one=first.name, other=second.name),
        detail=message(
            "On {bridge} both containers have {address}. A bridge sends the frames for an address to the port on which "
            "it last saw that address, so each container gets packets of the other.",
            bridge=bridge,
            address=address,
        ),
        change=Change(()),
        where=OfContainer(container=first.name, address=address, shares=second.name),
        in_class="wrong-neighbour-entry",
        evidence=tuple(dict.fromkeys(each.evidence for each in holders)),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "recreate {other} with a hardware address of its own: leave --mac-address (Compose: "
                        "mac_address) out, or give another address",
                        other=second.name,
                    ),
                ),
                by_person=True,
            ),
        ),
    )


_OWN = 0x0242_0000_0000
"""The first two bytes of the hardware addresses that dockerd gave to its bridges: locally administered."""


def _of_bridge(view: View, bridge: Link, mac: int, holder: Container) -> Candidate:
    """Return the candidate.  In the model, the change gives the bridge another address, and the container forgets the
    old one."""
    netns, free = view.stop.netns, _OWN | (~mac & 0xFFFF_FFFF)
    address = write_mac(mac)
    inside = netns.sibling(holder.netns) if holder.netns is not None else netns
    known = view.network.namespace(inside).neighbours if inside in view.network else ()
    local = (each for each in view.namespace.fdb if each.mac == mac and bridge.name in (each.port, each.bridge))
    model: tuple[Primitive, ...] = (
        *(DeleteEntry(netns, each) for each in local if each.local),  # the kernel does it: br_fdb_change_mac_address()
        SetLink(netns, msgspec.structs.replace(bridge, mac=free)),
        AddEntry(netns, FdbEntry(bridge.name, bridge.name, free, None, "permanent", local=True)),
        *(DeleteEntry(inside, each) for each in known if each.mac == mac),
    )
    return Candidate(
        title=message("{bridge} has the hardware address of container {name}", bridge=bridge.name, name=holder.name),
        detail=message(
            "Both have {address}. A bridge keeps the frames for its own address for its host, so no packet reaches "
            "{name}.",
            address=address,
            name=holder.name,
        ),
        change=Change(model),
        where=OfContainer(container=holder.name, address=address),
        in_class="wrong-neighbour-entry",
        evidence=(bridge.evidence,) if bridge.evidence else (),
        offered=False,
        ways=(
            Way(
                Change(()),
                (message("give {bridge} an address that no machine on it has", bridge=bridge.name),),
                by_person=True,
                typed=(
                    f"ip link set dev {bridge.name} address {write_mac(free)}",
                    f"nsenter -t {holder.pid or 'PID'} -n ip neigh flush all",
                ),
            ),
        ),
        advice=(
            message("find the script or network configuration that sets the address of {bridge}", bridge=bridge.name),
        ),
    )


CAUSE = Cause(
    title=message("Two links on one bridge have the same hardware address"),
    source="net/bridge/br_fdb.c br_fdb_update(): the entry moves to the port of the last sender",
    shown_by=("ip link; bridge fdb; ip neigh", message("two ports of the bridge have the same hardware address")),
    reasons=frozenset({"neighbour-wrong"}),
)
