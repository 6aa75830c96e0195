"""Addresses that a host does not reach by design: they are on a macvlan or ipvlan whose parent is the host's own link.

Source: drivers/net/macvlan.c macvlan_queue_xmit(): no frame passes between a macvlan and its parent link
"""

from collections.abc import Iterator

from hairpin.beside.inquiry import Inquiry
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.network.prefix import Version, address_text
from hairpin.network.stacked import parent_between
from hairpin.question.asked import Origin, Target


def notes(inquiry: Inquiry) -> Iterator[Message]:
    """Yield the notes about a question."""
    yield from of_unreached(inquiry.network, inquiry.question.targets, inquiry.question.origin)


def of_unreached(network: Network, targets: tuple[Target, ...], origin: Origin | None) -> Iterator[Message]:
    """Yield a note for each asked address that the host itself does not reach by design, if the question names no
    client.  The host is then no client of the address."""
    if origin is not None or not network.this.was_read:
        return
    for version, address in dict.fromkeys(each for target in targets for each in _addresses(network, target)):
        link = parent_between(network, network.this.netns, version, address)
        if link is not None:
            yield message(
                "The host itself does not reach {address}: the kernel delivers no packet between {link} and a macvlan "
                "or ipvlan on {link}. `--from host` asks about this flow",
                address=address_text(address, version),
                link=link,
            )


def _addresses(network: Network, target: Target) -> Iterator[tuple[Version, int]]:
    """Yield the asked address, or the IPv4 addresses of the asked containers."""
    if target.address is not None and target.version is not None:
        yield target.version, target.address
    elif target.container is not None and target.port is not None:
        for each in network.this.containers_named(target.container):
            for end in network.this.network_owner(each).endpoints:
                if end.ipv4 is not None:
                    yield 4, end.ipv4
