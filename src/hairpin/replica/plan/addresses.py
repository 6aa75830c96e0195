"""The addresses and permanent neighbour entries of a namespace as ``ip -batch`` lines.  Source: ip-address(8),
ip-neighbour(8)"""

from collections.abc import Iterator

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import Neighbour
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.address_type import is_to_many
from hairpin.network.index import takers
from hairpin.network.network import Network, Port
from hairpin.network.prefix import address_text
from hairpin.network.source_address import source_address
from hairpin.network.stacked import link_of
from hairpin.walk.link.arp_frames import filters_frames
from hairpin.walk.link.claimed_address import claiming_port
from hairpin.walk.link.neighbour import is_known, named_rival
from hairpin.walk.link.segment import who_answers

_BY_ITSELF = ((4, 0x7F000001), (6, 1))
"""The addresses that the kernel adds to the loopback link when it comes up."""


def addresses(namespace: Namespace) -> Iterator[str]:
    """Yield a line for each address.  The kernel makes no routes for these addresses, because the snapshot's routes are
    replayed.  The exception is a link that a change sets up: on such a link the kernel makes the connected routes of
    IPv4 addresses.

    The lines of IPv6 addresses are reversed: the kernel lists the newest address first, and if several addresses are
    equally suitable, it uses the first address as the source (net/ipv6/addrconf.c ipv6_link_dev_addr())"""
    six = (each for each in reversed(namespace.addresses) if each.version == 6)
    for address in (*(each for each in namespace.addresses if each.version == 4), *six):
        link = namespace.link(address.link)
        if link is None or (link.name == "lo" and link.up and (address.version, address.value) in _BY_ITSELF):
            continue
        # on the host a duplicate IPv6 address accepts no packets, but in the replica duplicate address detection would
        # succeed
        if not address.tentative:
            waits = address.version == 4 and not link.up and not address.noprefixroute
            yield _line(address) if waits else f"{_line(address)} noprefixroute"


def lost_addresses(namespace: Namespace) -> Iterator[str]:
    """Yield the line that deletes 127.0.0.1 from lo if the host has lost it."""
    lo = namespace.link("lo")
    four = [each for each in namespace.addresses if each.version == 4]
    if lo is not None and lo.up and four and not any(each.link == "lo" for each in four):
        yield "address del 127.0.0.1/8 dev lo"


def _line(address: Address) -> str:
    local = address_text(address.value, address.version)
    words = ["address add"]
    if address.peer is not None and address.peer != address.value:
        words += [local, "peer", f"{address_text(address.peer, address.version)}/{address.prefix_length}"]
    else:
        words += [f"{local}/{address.prefix_length}"]
    if address.broadcast is not None:
        words += ["broadcast", address_text(address.broadcast, address.version)]
    words += ["dev", address.link, "scope", address.scope]
    if address.version == 6:
        words.append("nodad")
        words += ["preferred_lft", "0"] if address.deprecated else []
    return " ".join(words)


def neighbours(namespace: Namespace) -> Iterator[str]:
    """Yield a line for each static neighbour entry and for each proxy entry."""
    for each in namespace.neighbours:
        if namespace.link(each.link) is None:
            continue
        address = address_text(each.value, each.version)
        if each.proxy:
            yield f"neighbour add proxy {address} dev {each.link}"
        elif each.static and each.mac is not None:
            yield f"neighbour replace {address} lladdr {write_mac(each.mac)} dev {each.link} nud permanent"


def still_known(network: Network, netns: Netns) -> Iterator[str]:
    """Yield a line for each learned neighbour entry that the replica could not resolve in the same way.

    There are five cases.  A machine that was not read claims the address (claiming_port()); one of the two ends does
    not answer the ARP requests of the other end; a rule may drop the requests or the answers; a second machine also
    answers for the address; or the address is now a broadcast address.  The kernel uses a learned entry until it
    resolves the entry again (walk/link/neighbour.py), while a replica would first send a request.  The neighbour would
    learn the sender's hardware address from this request.  If several machines answer, the replica would use the first
    answer, while a kernel with an entry confirms only the known machine: net/ipv4/arp.c arp_process(), arp_solicit().
    If the machine in the entry answers for an address that it does not have, a change may stop these answers.
    Therefore the entry of this machine is not permanent in the replica, and the change removes the entry.
    """
    namespace, filtered = network.namespace(netns), filters_frames(network.host(netns.host))
    for each in namespace.neighbours:
        link = namespace.link(each.link)
        if link is None or each.mac is None or not is_known(namespace, link, 4, each.value) or each.version == 6:
            continue
        if claiming_port(network, netns, link, each) is not None:
            yield f"neighbour replace {_known(each, each.mac)} nud permanent"
            continue
        owner = who_answers(network, netns, link, 4, each.value).port
        rival = named_rival(network, netns, link, each)
        if rival is not None and rival != owner:
            yield f"neighbour replace {_known(each, each.mac)} nud reachable"
            continue
        if owner is not None and link_of(network, owner).mac != each.mac:
            continue
        if filtered:
            yield f"neighbour replace {_known(each, each.mac)} nud permanent"
            continue
        if owner is None:
            continue
        sender = source_address(namespace, 4, link.name, each.value) or 0
        mutual = _answers(network, Port(netns, link.name), sender, each.value) and _answers(
            network, owner, each.value, sender
        )
        if is_to_many(namespace, 4, each.value) or not mutual or _is_disputed(network, netns, owner, each.value):
            yield f"neighbour replace {_known(each, each.mac)} nud permanent"


def _known(entry: Neighbour, mac: int) -> str:
    return f"{address_text(entry.value, 4)} lladdr {write_mac(mac)} dev {entry.link}"


def _is_disputed(network: Network, netns: Netns, owner: Port, address: int) -> bool:
    """Return whether a third namespace of the host may answer for the address."""
    taking = takers(network.host(netns.host), 4, address)
    return bool(taking - {netns.name, owner.netns.name})


def _answers(network: Network, asks: Port, sender: int, address: int) -> bool:
    """Return whether the address's owner answers an ARP request for ``address`` that is sent from ``sender`` on this
    link."""
    return who_answers(network, asks.netns, link_of(network, asks), 4, address, sender).kind == "owner"
