"""Finds container networks that have an address or the range of the network in which the host itself is.

``docker network create --gateway ADDRESS`` gives ADDRESS to the bridge, even if a router has ADDRESS.  The host then
takes the router's packets for its own, and ignores the router's ARP requests: net/ipv4/arp.c arp_process().
"""

from hairpin.causes.kit import Candidate, Iterator, Message, OfNetwork, View, Way, message
from hairpin.change.change import AddEntry, Change, DeleteEntry, one
from hairpin.host.docker import DockerNetwork
from hairpin.host.link import Address
from hairpin.host.route import Neighbour, NextHop, Route
from hairpin.network.attachment import attachment_of
from hairpin.network.network import addresses_of, outer_link
from hairpin.network.prefix import address_text, width
from hairpin.network.routing import route_text
from hairpin.network.strayed import held_elsewhere
from hairpin.walk.deciders import Lookup


def of_networks(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each network whose bridge has the address of a gateway or of a machine on another link of
    the host."""
    version = view.stop.seen.packet.version
    for engine in view.host.engines:
        for each in engine.networks:
            for address in addresses_of(view.host_namespace, each.bridge, version) if each.bridge else ():
                found = held_elsewhere(view.network, view.host_netns, version, address.value, each.bridge)
                if found is not None:
                    yield _took(view, each, address, found)


def _sentence(found: Route | Neighbour, text: str) -> Message:
    if isinstance(found, Route):
        return message(
            "The gateway of the route `{route}` has the same address, and this host now treats {address} as its own.",
            route=route_text(found),
            address=text,
        )
    return message(
        "A machine on {link} has the same address, and this host now treats {address} as its own.",
        link=found.link,
        address=text,
    )


def _took(view: View, network: DockerNetwork, address: Address, found: Route | Neighbour) -> Candidate:
    text = address_text(address.value, address.version)
    return Candidate(
        title=message("Network {name} has taken {address}, another machine's address", name=network.name, address=text),
        detail=_sentence(found, text),
        change=one(DeleteEntry(view.host_netns, address)),
        where=OfNetwork(networks=network.name),
        in_class="kernels-own",
        evidence=(address.evidence,),
        ways=(_with_another_subnet(view, network),),
        offered=False,
    )


def overlapping_uplink(view: View, each: Lookup, own: Address) -> Candidate | None:
    """Return the candidate for a container's address that the host looks for in its own network, because both networks
    have the same range; None if the link of ``own`` leads to containers only.

    The first address of an uplink is the host's own, so the container's network has to go.  A further address may be
    the mistake."""
    first = next(iter(addresses_of(view.network.namespace(each.netns), own.link, own.version)), None)
    if own != first or each.found.type == "local":
        return None
    link = view.network.namespace(each.netns).link(own.link) if each.netns.is_host else None
    found = attachment_of(view.network, view.host, each.query.daddr, own.version)
    if link is None or found is None or found.network.bridge in (None, own.link):
        return None
    subnet = next((one for one in found.network.subnets if one.version == own.version
                   and (one.holds(own.value, own.version) or own.holds(one.network, own.version))), None)  # fmt: skip
    if subnet is None or outer_link(view.network, each.netns, link) is None:
        return None
    asked = address_text(each.query.daddr, own.version)
    hops = (NextHop(found.network.bridge),)
    return Candidate(
        title=message(
            "Network {name} has the range {subnet}, which is the network of {link}",
            name=found.network.name, subnet=str(subnet.prefix), link=own.link,
        ),
        detail=message(
            "Packets to {asked} leave through {link} instead of {bridge}: the host's own address on {link} has the "
            "same range.",
            asked=asked, link=own.link, bridge=found.network.bridge,
        ),
        change=one(AddEntry(each.netns, Route(own.version, each.query.daddr, width(own.version), next_hops=hops))),
        where=OfNetwork(networks=found.network.name),
        in_class="diverting-route",
        evidence=(own.evidence,),
        ways=(_with_another_subnet(view, found.network),),
        offered=False,
    )  # fmt: skip


def _with_another_subnet(view: View, network: DockerNetwork) -> Way:
    from hairpin.causes.routing._overlap import another_subnet  # noqa: PLC0415 - few networks cover the host's own

    return Way(Change(()), (another_subnet(network, view.host.tool_of(network), network.name),), by_person=True)
