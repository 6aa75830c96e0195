"""Whether a machine on the link finds the destination of a packet that comes from outside.

A router or a neighbour asks for a destination in the link's own network by ARP or neighbour discovery.  The host
answers for its own addresses, unless ``arp_ignore`` hides them, and for addresses behind the host only as a proxy.
A client outside needs a route to the host for any other address, such as a container's own.

Source: net/ipv4/arp.c arp_process(); net/ipv6/ndisc.c ndisc_recv_ns()
"""

from hairpin.change.change import AddEntry, Change, Primitive, SetSysctl
from hairpin.host.netns import Netns
from hairpin.host.route import Neighbour
from hairpin.host.sysctl import dotted
from hairpin.message import Message, message
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network, addresses_of, conf, owns_address
from hairpin.network.prefix import Version, address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.uplinks import holder_of_addresses
from hairpin.walk.link.arp import hiding_setting
from hairpin.walk.outside import sender_of
from hairpin.walk.size.segment_size import Handshake
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import state_return_route, watch_port


def address_found(network: Network, handshake: Handshake) -> tuple[OpenQuestion, ...]:
    """Return the question whether the client's packets arrive although the host does not answer ARP or neighbour
    discovery for their destination.  Return no question if the host answers, or if no machine on the link asks for this
    address."""
    flow, started = handshake.flow, handshake.started
    if not isinstance(flow.start, (Outside, Lan)) or not started.netns.is_host or not started.iif:
        return ()
    namespace, version, target = network.namespace(started.netns), started.packet.version, started.packet.daddr
    link = holder_of_addresses(namespace, started.iif)
    if owns_address(namespace, version, target):
        sender = sender_of(network, flow, started)
        asked = (
            _of_hidden(network, started.netns, link, target, sender) if version == 4 and sender is not None else None
        )
    elif _is_on_segment(handshake, link):
        return ()  # the receiver answers for itself
    else:
        asked = _behind(network, started.netns, link, version, target)
        if asked is None and flow.purpose == "asked" and flow.daddr == target:
            return _by_route(network, handshake, link)
    if asked is None:
        return ()
    text, if_yes, if_no, *parts = asked
    wanted = (watch_port(flow.protocol, flow.dport),)
    return (OpenQuestion(text, if_yes, if_no, wanted, breaks_if="no", no_repair=Change(tuple(parts))),)


def _by_route(network: Network, handshake: Handshake, link: str) -> tuple[OpenQuestion, ...]:
    """Return the question whether a route leads the client's packets to this host, if the destination is in no network
    of the link, such as a container's own address; none if the user has stated the route."""
    flow, started = handshake.flow, handshake.started
    namespace, version, target = network.namespace(started.netns), flow.version, flow.daddr
    around = [each for each in addresses_of(namespace, link, version) if each.scope == "global"]
    route = lookup(namespace, Query(version, target)).route
    if not around or route is None or handshake.far is not None:
        return ()
    stated = [each for each in network.world.return_routes if network.host_netns(each.host) == started.netns]
    if any(each.holds(target, version) for each in around) or any(each.holds(target, version) for each in stated):
        return ()
    subnet = str(route.prefix)
    facts = {"start": flow.start_text(), "subnet": subnet, "own": address_text(around[0].value, version)}
    return (
        OpenQuestion(
            text=message("Does a route on the way from {start} lead packets for {subnet} to {own}?", **facts),
            if_yes=message("The verdict above stands"),
            if_no=message(
                "The packets never come to this host. Ask a published port at {own}, or add the route where the client "
                "finds it: `ip route add {subnet} via {own}`",
                **facts,
            ),
            wanted=(watch_port(flow.protocol, flow.dport), state_return_route(subnet)),
            breaks_if="no",
        ),
    )


def _is_on_segment(handshake: Handshake, link: str) -> bool:
    """Return whether the receiver is on the sender's segment: the packet is bridged, or leaves by the link by which it
    came in."""
    here = [each for each in handshake.there.history.steps if each.netns == handshake.started.netns]
    routed = any(each.stage == "input-route" for each in here)
    return not routed or any(each.stage == "device-out" and each.link == link for each in here)


_Asked = tuple[Message, Message, Message, Primitive, *tuple[Primitive, ...]]
"""A question, the meaning of the answer yes, the meaning of the answer no, and the parts of the repair for it."""


def _of_hidden(network: Network, netns: Netns, link: str, target: int, sender: int) -> _Asked | None:
    """Return the question about an address of another link that ``arp_ignore`` hides.  A load balancer sends packets
    for this address to the host's hardware address, but a router or a neighbour does not."""
    namespace = network.namespace(netns)
    hiding = hiding_setting(namespace, link, target, sender)
    if hiding is None:
        return None
    facts = {
        "address": address_text(target, 4),
        "link": link,
        "holder": next(each.link for each in namespace.addresses if each.version == 4 and each.value == target),
        "key": dotted(hiding.path),
        "value": hiding.value,
    }
    return (
        message(
            "Does a load balancer send the packets for {address} to this host's hardware address? {key} is {value} and "
            "{holder} has the address, so the host answers no ARP request for {address} on {link}",
            **facts,
        ),
        message("The verdict above stands: no machine asks for {address} by ARP", **facts),
        message("No machine on {link} finds {address}: {repair}, or move the address to {link}", **facts),
        SetSysctl(netns, hiding.path, "0"),
    )


def _behind(network: Network, netns: Netns, link: str, version: Version, target: int) -> _Asked | None:
    """Return the question about an address that is behind the host, although it is in the network of the link.  With
    ``proxy_arp`` the host answers for each address that it routes by another link.  ``proxy_ndp`` works only for proxy
    entries, which were not read."""
    namespace = network.namespace(netns)
    own = addresses_of(namespace, link, version)
    on_link = any(each.holds(target, version) for each in own if each.scope == "global")
    name = "proxy_arp" if version == 4 else "proxy_ndp"
    proxies = bool(conf(namespace, version, link, name, rule="or"))
    if not on_link or (version == 4 and proxies):
        return None
    proxying = SetSysctl(netns, ("net", f"ipv{version}", "conf", link, name), "1")
    facts = {
        "address": address_text(target, version),
        "link": link,
        "key": f"net.ipv{version}.conf.{link}.{name}",
        "value": int(proxies),
    }
    if_yes = message("The verdict above stands: {address} is found on {link}, or is routed to this host", **facts)
    if version == 4:
        return (
            message(
                "Does the sender have a route for {address} through this host? The address is in the network of "
                "{link}, so a router asks for it there by ARP. This host answers ARP requests only for its own "
                "addresses ({key} is 0)",
                **facts,
            ),
            if_yes,
            message("No machine on {link} finds {address}: {repair}, or give the sender a route", **facts),
            proxying,
        )
    return (
        message(
            "Does this host answer neighbour solicitations for {address} on {link}, or does the router have a route "
            "for {address} through this host? The address is in the network of {link}. {key} is {value}, and `ip -6 "
            "neigh show proxy` lists the entries",
            **facts,
        ),
        if_yes,
        message("No machine on {link} finds {address}: {repair}", **facts),
        proxying,
        AddEntry(netns, Neighbour(link, 6, target, None, "NONE", proxy=True)),
    )
