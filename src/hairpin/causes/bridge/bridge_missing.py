"""A network's bridge is gone or has another name, while containers of the network run.

Users see: every container of one network is cut off, and a container that is started fails with "could not find bridge
docker0".

Proof: no link has the name of the network's bridge.  With the bridge, its addresses and its ports the packet passes.
Now: if a bridge with another name has the address of the missing bridge, rename it.  If no bridge has this address,
make the bridge, add its addresses and attach the containers' veths.  A restart of Docker makes the bridge, too, but
ends the running containers unless live restore is on.  For Podman, run ``podman network reload --all``.
Lasting: the engine makes the bridge when it starts.  Keep network managers away from the bridge (unmanaged).
"""

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfLink, View, message
from hairpin.change.calls import ReloadNetworks
from hairpin.change.change import AddEntry, Change, Primitive, RenameLink, SetLink
from hairpin.change.difference import difference
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.podman import reloading
from hairpin.engines.repair.bridging import bridge_addresses, new_bridge, port_of, renamed_bridge
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.kernel_release import Version, kernel_version
from hairpin.host.link import Link
from hairpin.network.attachment import has_lost_bridge, host_link_of
from hairpin.network.network import Network, addresses_of, veth_peer

_RENAMES_LIVE_LINKS: Version = (6, 2)
"""The first kernel that renames a link that is up.  Source: net/core/dev.c dev_change_name()"""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each network whose bridge is missing, if a container of the network runs or cannot
    start."""
    for engine in view.host.engines:
        for joined in engine.networks:
            ports = tuple(_ports(view, engine, joined))
            renamed = renamed_bridge(view.host, engine, joined)
            if renamed is not None and joined.bridge is not None:
                yield _of_other_name(view, engine, joined, (joined.bridge, renamed), ports)
                continue
            awaited = view.stop.reason == "start-refused" and has_lost_bridge(view.host, joined)
            made = tuple(new_bridge(view.host, engine, joined)) if ports or awaited else ()
            if not made:
                continue
            yield Candidate(
                title=message("Bridge {link} is gone", link=joined.bridge),
                detail=_detail(joined, ports),
                change=Change((*made, *_attached(view, engine, joined, ports)), _calls(view, engine)),
                where=OfLink(link=joined.bridge or "", state="gone", network=joined.name),
                in_class="gateway-address-lost",
                evidence=(joined.evidence,) if joined.evidence else (),
                advice=(message("keep network managers away from {link} (unmanaged)", link=joined.bridge),),
                of_network=True,
            )


def _of_other_name(
    view: View, engine: Engine, joined: DockerNetwork, names: tuple[str, Link], ports: tuple[Link, ...]
) -> Candidate:
    name, link = names
    change = _named_back(view, link, joined, name)
    return Candidate(
        title=message("Bridge {link} has another name: {name}", link=name, name=link.name),
        detail=message(
            "The bridge belongs to network {network}. The rules of the engine and of a firewall name it only as "
            "{link}.",
            network=joined.name, link=name,
        ),
        change=Change((*change.parts, *_attached(view, engine, joined, ports))),
        where=OfLink(link=name, state="renamed", network=joined.name),
        in_class="gateway-address-lost",
        evidence=(link.evidence,),
        advice=(message("keep network managers away from {link} (unmanaged)", link=name),),
        of_network=True,
    )  # fmt: skip


def _attached(view: View, engine: Engine, joined: DockerNetwork, ports: tuple[Link, ...]) -> Iterator[SetLink]:
    for each in ports:
        attached = msgspec.structs.replace(each, master=joined.bridge, port=port_of(engine))
        yield SetLink(view.host_netns, attached)


def _detail(joined: DockerNetwork, ports: tuple[Link, ...]) -> Message:
    if not ports:
        return message(
            "The bridge belongs to network {name}. No container of this network starts without it.", name=joined.name
        )
    return message(
        "The bridge belongs to network {name}. All containers of this network are cut off. Their veths have no bridge: "
        "{links}.",
        name=joined.name,
        links=", ".join(each.name for each in ports),
    )


def _calls(view: View, engine: Engine) -> tuple[ReloadNetworks, ...]:
    """Return the calls that make the bridge: Podman's reload, and no call for Docker.  Docker has no call that makes a
    bridge and leaves the containers running."""
    return () if engine.traits.has_daemon else (reloading(view.host, engine, view.flow.container or view.meant),)


def _ports(view: View, engine: Engine, joined: DockerNetwork) -> Iterator[Link]:
    """Yield the host's veth ends that are ports of no bridge and lead to a running container of the network.

    Yield also the veth end that leads to dockerd's ingress namespace."""
    for container in engine.containers:
        for endpoint in engine.endpoints_of(container) if container.running else ():
            if endpoint.network == joined.name:
                link = host_link_of(view.network, view.host, container, endpoint)
                if link is not None and link.master is None:
                    yield link
    yield from _of_dockerd(view, joined)


def _of_dockerd(view: View, joined: DockerNetwork) -> Iterator[Link]:
    """Yield the host's veth end of dockerd's ingress namespace, if it is a port of no bridge.

    The ingress namespace serves the published ports of a swarm.  The ingress namespace belongs to no container, and has
    an address in docker_gwbridge's network.  Source: moby libnetwork/network.go, ingress sandbox; default_gateway.go
    setupDefaultGW()
    """
    for link in view.host_namespace.links:
        peer = veth_peer(view.network, view.host_netns, link) if link.master is None else None
        if peer is None or not peer.netns.is_dockerds:
            continue
        held = addresses_of(view.network.namespace(peer.netns), peer.link, 4)
        subnets = [each for each in joined.subnets if each.version == 4]
        if any(net.holds(each.value, 4) for each in held for net in subnets):
            yield link


def _named_back(view: View, link: Link, joined: DockerNetwork, name: str) -> Change:
    """Return the change that renames the link to the bridge's name and restores its lost addresses.  A kernel before
    6.2 renames a link only while the link is down, and a link that goes down loses its IPv6 addresses."""
    parts = _renamed(view, link, name)
    after = simulate(Change(parts), view.network)
    held = {(each.version, each.value) for each in after.namespace(view.host_netns).addresses}
    lost = (each for each in bridge_addresses(view.host, joined) if (each.version, each.value) not in held)
    return Change((*parts, *(AddEntry(view.host_netns, each) for each in lost)))


def _renamed(view: View, link: Link, name: str) -> tuple[Primitive, ...]:
    """Return the parts that rename the link.  If the kernel renames only a link that is down, further parts set the
    link down and up, and restore the link's lost addresses and routes."""
    netns = view.host_netns
    rename = RenameLink(netns, link.name, name)
    if not link.up or kernel_version(view.host_namespace.kernel) >= _RENAMES_LIVE_LINKS:
        return (rename, *_up(view, link, name)) if not link.up else (rename,)
    down = SetLink(netns, msgspec.structs.replace(link, up=False, carrier=False, operstate="DOWN"))
    parts = (down, rename, SetLink(netns, msgspec.structs.replace(link, name=name)))
    return (*parts, *_left(view.network, parts, rename))


def _up(view: View, link: Link, name: str) -> tuple[SetLink, ...]:
    return (SetLink(view.host_netns, msgspec.structs.replace(link, name=name, up=True)),)


def _left(network: Network, parts: tuple[Primitive, ...], rename: RenameLink) -> tuple[Primitive, ...]:
    """Return the parts that restore the link's addresses and routes after the link was down."""
    return difference(simulate(Change(parts), network), simulate(Change((rename,)), network)).parts


CAUSE = Cause(
    title=message("The network's bridge is gone"),
    source="net/bridge/br_if.c br_del_bridge()",
    reasons=frozenset({"start-refused", "left-instead", "no-route", "route-localnet", "wrong-answer", "no-neighbour",
                       "no-source-address", "martian-source", "martian-destination", "rp-filter", *RULE_STOPS}),
)  # fmt: skip
