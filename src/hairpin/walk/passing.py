"""A client's packet that enters no host that was read."""

from hairpin.message import message
from hairpin.network.attachment import attachment_of
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.lost_address import lost_by
from hairpin.network.network import Network, is_held, outer_link
from hairpin.network.prefix import Version, address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.strayed import is_absent
from hairpin.walk.decided import Assumed
from hairpin.walk.outside import OutsideAnswer, incoming_link
from hairpin.walk.presumed import of_standby


def passes_by(network: Network, flow: Flow) -> OutsideAnswer | None:
    """Return the result of an outside client's packet that enters no host that was read; None if it enters such a host.

    There are four cases.  First, a program moves the address between machines, and no read host has the address now.
    Second, the address is outside, like the client, and is not stated to be a host's.  Third, the host publishes the
    port on the address but has lost the address, so it answers no ARP request.  Fourth, the address is the address of a
    stopped container on the link."""
    start = flow.start
    if isinstance(start, Outside) and start.behind is not None:
        return None
    question = of_standby(network, flow.host, flow.version, flow.daddr) if isinstance(start, (Outside, Lan)) else None
    if question is not None:
        said = message("another machine has {address} now", address=address_text(flow.daddr, flow.version))
        return OutsideAnswer(Assumed(said), assumed=(said,), questions=(question,))
    bare = lost_by(network, flow)
    lost = bare is not None or _is_lost(network, flow) or is_absent(network, flow)
    foreign = (flow.version, flow.daddr) in network.world.foreign and not _is_known(network, flow.version, flow.daddr)
    if not isinstance(start, (Outside, Lan)) or not (lost or foreign):
        return None
    netns = network.host_netns(flow.host)
    incoming = incoming_link(network, netns, flow, start)
    namespace = network.namespace(netns)
    onward = lookup(namespace, Query(flow.version, flow.daddr)).next_hops
    links = (namespace.link(hop.link) for hop in onward if hop.link is not None)
    outer = (outer_link(network, netns, link) for link in links if link is not None)
    if bare is None and (incoming is None or incoming not in outer):
        return None
    address = address_text(flow.daddr, flow.version)
    if lost:
        said = message(
            "no host that hairpin read has {address}, so the packet reaches none of these hosts", address=address
        )
        return OutsideAnswer(Assumed(said, "read"), reason="address-lost")
    said = message(
        "the packet goes to the machine that has {address}; hairpin knows no host with this address", address=address
    )
    return OutsideAnswer(Assumed(said), assumed=(said,))


def _is_known(network: Network, version: Version, address: int) -> bool:
    """Return whether a host that was read has the address, or an engine gave it to a container."""
    given = (attachment_of(network, each, address, version) for each in network.hosts)
    return is_held(network, version, address) or any(each is not None for each in given)


def _is_lost(network: Network, flow: Flow) -> bool:
    """Return whether no host has the asked address now, although the flow's host publishes the port on this address."""
    return (
        network.world.public(flow.version, flow.daddr) is None
        and network.host(flow.host).publishes_on(flow.version, flow.daddr, flow.dport, flow.protocol)
        and not is_held(network, flow.version, flow.daddr)
    )
