"""A tunnel device of this host and the far end's device have the same hardware address.

Users see: the overlay network between two machines is dead, although both machines reach each other.  The machines are
clones.  With the same ``/etc/machine-id``, systemd gives both tunnel devices the same address.

Proof: the neighbour entry for the far end has the hardware address of this host's own device.  A vxlan or geneve device
drops a frame that comes from its own address.  With another address on this host the frame passes.
Now: give one machine a machine-id of its own (``rm /etc/machine-id; systemd-machine-id-setup``), delete this machine's
tunnel device, and restart the agent that makes the device (flanneld, the CNI).  Then restart the agent of the other
machine, too.
Lasting: nothing more has to be done, because the machine keeps its new machine-id.  Make clones without
``/etc/machine-id``.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, Way, message
from hairpin.change.change import Change, SetLink, one
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.prefix import address_text
from hairpin.walk.decided import LinkDecided
from hairpin.walk.link.tunnel import has_far_address


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidate that gives the tunnel device at which the packet stopped another hardware address."""
    link, decided = view.namespace.link(view.stop.link), view.stop.decided_by
    entry = decided.neighbour if isinstance(decided, LinkDecided) else None
    if link is None or link.mac is None or entry is None or not has_far_address(link, entry.mac):
        return
    facts = {"link": link.name, "mac": write_mac(link.mac), "address": address_text(entry.value, entry.version)}
    yield Candidate(
        title=message("{link} has the same hardware address as the far end {address}", **facts),
        detail=message(
            "{link} has {mac}, and its neighbour entry says that {address} has {mac}, too. The far device drops frames "
            "that come from its own address.",
            **facts,
        ),
        change=one(SetLink(view.stop.netns, msgspec.structs.replace(link, mac=link.mac ^ 1))),
        where=OfLink(link=link.name, value=write_mac(link.mac)),
        in_class="stale-tunnel-entry",
        evidence=tuple(dict.fromkeys(each for each in (entry.evidence, link.evidence) if each)),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "compare `ip link show {link}` on both machines, and /etc/machine-id: clones share it. Give "
                        "one machine an id of its own, delete its {link}, and restart the agent that makes {link} "
                        "(flanneld, the CNI) first on that machine and then on this one",
                        **facts,
                    ),
                ),
            ),
        ),
    )


CAUSE = Cause(
    title=message("Both ends of a tunnel have the same hardware address"),
    source="drivers/net/vxlan/vxlan_core.c vxlan_set_mac(); drivers/net/geneve.c geneve_rx()",
    reasons=frozenset({"neighbour-wrong"}),
)
