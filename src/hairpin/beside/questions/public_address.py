"""Whether the asked address is this host's: a public address that nobody stated, an address that the host has lost, or
the address of a link that somebody moved into a container's namespace.

A link that is moved to another namespace loses its addresses."""

from collections.abc import Iterator, Mapping

import msgspec

from hairpin.change.change import AddEntry, one
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.read.managers.cloud import MAPPING
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.network.lost_address import floating_elsewhere
from hairpin.network.network import Network, addresses_of, is_held, is_uplink, netns_of
from hairpin.network.prefix import LINK_LOCAL6, address_text, is_loopback, width
from hairpin.network.world import PublicAddress
from hairpin.question.port_flows import bindings_of
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.walk.verdicts import VERDICTS
from hairpin.walk.walk import walk_flow
from hairpin.wanted import ask_address, ask_link, state_public


def of_trace(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield the questions whether the asked address is this host's, or was."""
    public = network.world.supposed_public(trace.flow.version, trace.flow.daddr)
    lost = _is_lost(network, trace)
    if lost is not None:
        yield lost
    elif public is not None and may_be_meant(network, public, trace.flow):
        yield from _was_moved(network, public)
        yield _is_public(network, public, trace.flow)


def _is_lost(network: Network, trace: Trace) -> OpenQuestion | None:
    """Return the question whether the host has lost the destination address of its own flow; None without hints.  There
    are three hints, which must all be present.  The address is in the network of a link of the host.  No neighbour on
    this link has the address.  The host or a container has a service on the port."""
    flow = trace.flow
    from_here = isinstance(flow.start, FromHost)
    if not isinstance(flow.start, (FromHost, Outside, Lan)) or flow.purpose != "asked":
        return None
    if is_held(network, flow.version, flow.daddr):
        return None
    host = network.host(flow.asked_host or flow.host)
    if not host.was_read or not (_has_service(network, host, flow) or _has_container(host, flow)):
        return None
    moved = floating_elsewhere(network, flow.version, flow.daddr)
    if moved is not None and moved.value is not None:
        return None  # a program moves the address: whether another machine has it now is asked instead
    namespace = network.namespace(host.netns)
    around = (
        each
        for each in addresses_of(namespace, None, flow.version)
        if each.scope == "global" and each.holds(flow.daddr, flow.version)
    )
    own = next(
        (each for each in around if (link := namespace.link(each.link)) and is_uplink(network, host.netns, link)), None
    )
    if own is None or _is_answered(namespace, own.link, flow):
        return None
    text = address_text(own.value, flow.version)
    facts = {"asked": address_text(flow.daddr, flow.version), "own": text, "link": own.link, "port": flow.dport}
    return OpenQuestion(
        text=message(
            "Should this host or a container on it have the address {asked}? A service here listens on port {port}, "
            "and the address of {link} is {own}",
            **facts,
        ),
        if_yes=message(
            "This host and its containers lack the address now: let clients and names use {own}, or add the address "
            "again where it was configured",
            **facts,
        ),
        if_no=message("Another machine has the address, and the verdict above is the answer.", **facts)
        if from_here
        else message("Another machine has the address: run hairpin there.", **facts),
        wanted=(ask_address(text, flow.dport),),
        breaks_if="yes",
    )


def _is_answered(namespace: Namespace, link: str, flow: Flow) -> bool:
    """Return whether another machine has the flow's address: the address's neighbour entry has a hardware address.
    If an entry has a hardware address, the machine has answered, or a person or a program has added the entry."""
    return any(
        each.mac is not None and not each.proxy and not each.unanswered
        for each in namespace.neighbours
        if (each.link, each.version, each.value) == (link, flow.version, flow.daddr)
    )


def _was_moved(network: Network, mapping: PublicAddress) -> Iterator[OpenQuestion]:
    """Yield the question whether the address belonged to a link that is in a container now."""
    for each in moved_links(network, network.host(network.host_netns(mapping.host).host)):
        facts = {
            "address": address_text(mapping.public, mapping.version),
            "link": each.link.name,
            "container": each.container.name,
            "pid": f"{each.container.pid or 'PID'}",
        }
        yield OpenQuestion(
            text=message(
                "Was {address} the address of {link}? {link} is in the namespace of container {container} and has no "
                "address. No engine put {link} there, and the kernel deletes a link's addresses when the link is moved",
                **facts,
            ),
            if_yes=message(
                "This host has lost {address}: nsenter -t {pid} -n ip link set {link} netns 1 brings {link} back. Then "
                "set {link} up, and add its addresses and routes again",
                **facts,
            ),
            if_no=message("{link} has nothing to do with {address}", **facts),
            wanted=(ask_link(facts["pid"], each.link.name),),
            breaks_if="yes",
        )


def may_be_meant(network: Network, mapping: PublicAddress, flow: Flow) -> bool:
    """Return whether the address may belong to the host.

    The address may be the host's if an outside client asks for it, if the host has a service on the port, or if the
    host's cloud maps public addresses without naming them."""
    host = network.host(network.host_netns(mapping.host).host)
    if isinstance(flow.start, (Outside, Lan)) or (host.cloud in MAPPING and not host.cloud_addresses):
        return True
    return _has_service(network, host, flow)


def _has_container(host: Host, flow: Flow) -> bool:
    """Return whether a container listens on the flow's port.

    Such a container may have had the address on a link of its own."""
    return any(
        (each.protocol, each.port) == (flow.protocol, flow.dport)
        for container in host.containers()
        if container.netns is not None and container.netns in host
        for each in host.namespace(container.netns).sockets
    )


def _has_service(network: Network, host: Host, flow: Flow) -> bool:
    """Return whether the host publishes the flow's port, or listens on the port at an address that is not a loopback
    address."""
    listening = any(
        (each.protocol, each.port) == (flow.protocol, flow.dport)
        and (each.address is None or not is_loopback(each.address, each.version))
        for each in network.namespace(host.netns).sockets
    )
    return listening or bool(bindings_of(host, flow.dport, flow.protocol))


def _is_public(network: Network, mapping: PublicAddress, flow: Flow) -> OpenQuestion:
    """Return the question whether a public address that the user did not state belongs to the host.

    The question also tells the verdict if the address belongs to the host."""
    public, private = (address_text(each, mapping.version) for each in (mapping.public, mapping.private))
    host = network.host_netns(mapping.host).host
    version, netns, whole = mapping.version, network.host_netns(mapping.host), width(mapping.version)
    own = next((each for each in network.namespace(netns).addresses if each.value == mapping.private), None)
    accepted = Route(version, mapping.public, whole, TABLE_LOCAL, "local", (NextHop("lo"),), scope="host")
    believed = walk_flow(msgspec.structs.replace(network, world=network.world.believing(mapping)), flow)
    facts = {
        "public": public,
        "private": private,
        "start": flow.start_text(with_host=len(network.hosts) > 1),
        "verdict": VERDICTS[believed.verdict],
    }
    return OpenQuestion(
        text=message("Is {public} this host's public address?", public=public)
        if len(network.hosts) == 1
        else message("Is {public} the public address of {host}?", public=public, host=host),
        if_yes=_if_own(own, flow, facts, passes=believed.succeeds),
        if_no=message("Another machine has the address, and the verdict above is the answer.", public=public)
        if not isinstance(flow.start, (Outside, Lan))
        else message(
            "Another machine has the address: run hairpin there. If `tcpdump -ni any host {public}` shows packets for "
            "it on this host, a load balancer does not translate them, and this host has to accept the address: "
            "`{repair}`.",
            public=public,
        ),
        wanted=(state_public(public, private, host if mapping.host else ""),),
        breaks_if="" if believed.succeeds else "yes",
        yes_repair=one(AddEntry(netns, Address(own.link, version, mapping.public, whole))) if own is not None else None,
        no_repair=one(AddEntry(netns, accepted)),
    )


def _if_own(own: Address | None, flow: Flow, facts: Mapping[str, object], *, passes: bool) -> Message:
    """Return what is true if the public address belongs to the host.

    A gateway maps the address, or the provider sends packets for a floating address to the host unchanged."""
    if passes and own is not None and isinstance(flow.start, (Outside, Lan)):
        return message(
            "A gateway maps it to {private}: verdict from {start}: {verdict}. Or the provider sends its packets here "
            "unchanged, and no interface of this host has it: `{repair}`.",
            **facts,
        )
    if passes:
        return message("A gateway maps it to {private}. Verdict from {start}: {verdict}.", **facts)
    return message(
        "A gateway maps it to {private}, and no interface of this host has it. Verdict from {start}: {verdict}. "
        "hairpin then looks for the cause.",
        **facts,
    )


_WIRES = ("", "veth")


class MovedLink(msgspec.Struct, frozen=True):
    """A link without addresses in a container's namespace, whose other end is not on this host.

    An engine gives each link of a container an address.  Source: net/core/dev.c __dev_change_net_namespace()"""

    container: Container
    link: Link


def moved_links(network: Network, host: Host) -> Iterator[MovedLink]:
    """Yield the network cards, and other links that lead outside, that are in containers of the host and have no
    address."""
    for container in host.containers():
        netns = netns_of(host, container)
        if netns is None or netns.is_host or netns not in network:
            continue
        namespace = network.namespace(netns)
        for link in namespace.links:
            bare = not any(
                not LINK_LOCAL6.holds(each.value, version)
                for version in (4, 6)
                for each in addresses_of(namespace, link.name, version)
            )
            if link.kind in _WIRES and link.master is None and bare and is_uplink(network, netns, link):
                yield MovedLink(container, link)
