"""The kernel does not use an IPv6 address, because another machine on the link has the address, too.

Users see: ``ip -6 addr`` shows the address with ``tentative dadfailed``, and packets for the address go to the other
machine.

Proof: the packet is for an address whose duplicate address detection has failed.  If the kernel uses the address, the
packet arrives.
Now: find the other machine by its hardware address, and remove the address from one of the two machines.  If this host
keeps the address, add it again: ``ip -6 address del ADDRESS/LENGTH dev LINK``, then ``ip -6 address add …``.
Lasting: correct the machine that has the address by mistake, such as a clone or a second container with a fixed
address.
"""

import shlex

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfLink, View, Way, message
from hairpin.change.change import AddEntry, Change, DeleteEntry
from hairpin.host.link import Address
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each namespace in which the destination of the packet or of the flow is a duplicate
    address."""
    packet, flow = view.stop.seen.packet, view.flow
    wanted = {each for version, each in ((packet.version, packet.daddr), (flow.version, flow.daddr)) if version == 6}
    for netns, namespace in view.network.namespaces():
        for held in namespace.addresses:
            if held.version == 6 and held.duplicate and held.value in wanted:
                yield _candidate(view, netns, held)


def _candidate(view: View, netns: Netns, held: Address) -> Candidate:
    text = address_text(held.value, 6)
    given = f"{text}/{held.prefix_length}"
    link = view.network.namespace(netns).link(held.link)
    again = (
        shlex.join(("ip", "-6", "address", "del", given, "dev", held.link)),
        shlex.join(("ip", "-6", "address", "add", given, "dev", held.link)),
    )
    used = msgspec.structs.replace(held, tentative=False, duplicate=False)
    return Candidate(
        title=message("{address} on {link} is a duplicate: the kernel does not use it", address=text, link=held.link),
        detail=message(
            "When {link} came up, another machine on the same link answered for {address} (dadfailed). Packets for the "
            "address go to that machine.",
            link=held.link,
            address=text,
        ),
        change=Change((DeleteEntry(netns, held), AddEntry(netns, used))),
        where=OfLink(netns=None if netns == view.host_netns else netns, link=held.link, state="dadfailed"),
        in_class="wrong-neighbour-entry",
        evidence=(link.evidence,) if link is not None and link.evidence else (),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "find the other machine (on a neighbour, `ip -6 neigh show {address}` shows its hardware "
                        "address), and give one of the two machines another address. If this machine keeps {address}: "
                        "{delete}; {add}",
                        address=text,
                        delete=again[0],
                        add=again[1],
                    ),
                ),
                by_person=True,
            ),
        ),
    )


CAUSE = Cause(
    title=message("An IPv6 address is a duplicate, and the kernel does not use it"),
    source="net/ipv6/addrconf.c: addrconf_dad_failure(); RFC 4862, 5.4",
    reasons=frozenset({"forwarding-off", "no-neighbour", "no-route", "no-source-address", "left-instead",
                       "neighbour-wrong", "loop", "rule", "policy", "reject", "route-type", "address-lost"}),
)  # fmt: skip
