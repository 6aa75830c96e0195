"""A swarm node does not know a container of another node on their overlay network.

Users see: containers of one overlay network get "no route to host" for containers on another node, while containers on
the same node reach each other.  On any swarm this happens for up to a minute after a manager's dockerd was restarted.

Proof: ARP requests for the container get no answer, because the network's vxlan device has no entries for the
container.  With the entries the packet arrives.
Now: if dockerd was restarted, wait a minute.  If dockerd was not restarted, open port 7946, tcp and udp, between the
nodes.
Lasting: keep port 7946, tcp and udp, open between the nodes.
"""

from hairpin.causes.between_hosts._overlay import unknown_peer
from hairpin.causes.kit import Candidate, Cause, Iterator, OfNeighbour, View, Way, message
from hairpin.change.change import Change
from hairpin.host.engine_health import health
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if dockerd runs on both nodes.

    A dockerd that does not run sends no gossip.  If dockerd runs on both nodes, another fault stops the gossip."""
    unknown = unknown_peer(view)
    if unknown is None or unknown.is_forgotten:
        return
    hosts = (view.host, view.network.host(unknown.holder.host))
    if any(each.is_down for host in hosts for each in health(host)):
        return
    address, node = address_text(view.stop.seen.packet.daddr, view.stop.seen.packet.version), view.host.name
    facts = {"host": node, "address": address, "far": unknown.holder.host, "link": unknown.device.name}
    yield Candidate(
        title=message("{host} does not know {address}, a container of {far} on their overlay network", **facts),
        detail=message(
            "{link} of the network on {host} answers ARP from its own entries, and has no entry for {address}. dockerd "
            "writes these entries once {far} announces its containers.",
            **facts,
        ),
        change=Change(unknown.parts),
        where=OfNeighbour(unknown.device.name, address, node),
        in_class="stale-tunnel-entry",
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "if dockerd was just restarted: wait a minute; the nodes look for each other every 60 seconds"
                    ),
                    message(
                        "if the entry is still missing then: open port 7946, tcp and udp, between {host} and {far}; "
                        "`docker node ls` on a manager shows both as Ready even if the port is closed",
                        **facts,
                    ),
                ),
            ),
        ),
    )


CAUSE = Cause(
    title=message("A swarm node does not know a container of another node"),
    source="moby: libnetwork/drivers/overlay/peerdb.go; libnetwork/networkdb/cluster.go rejoinClusterInterval",
    reasons=frozenset({"no-neighbour"}),
)
