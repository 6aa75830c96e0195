"""Packets that the host sends to another router than their route names, because of an ICMP redirect.

The kernel keeps a redirect for some minutes, as an exception of the route.

Source: net/ipv4/route.c __ip_do_redirect(), find_exception()
"""

from hairpin.change.change import Forget, one
from hairpin.message import message
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import watch_packets


def redirect_question(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the router that a redirect named passes on the packet that left; none if no redirect
    changes the packet's router."""
    hop, packet = left.next_hop, left.packet
    for each in network.namespace(left.netns).redirects:
        wanted = (each.link, each.version, each.value)
        if wanted == (left.oif, packet.version, packet.daddr) and hop is not None and hop.gateway != each.gateway:
            facts = {
                "address": address_text(packet.daddr, packet.version),
                "gateway": address_text(each.gateway, each.version),
                "link": left.oif,
                "router": address_text(hop.gateway, packet.version) if hop.gateway is not None else left.oif,
            }
            return (
                OpenQuestion(
                    text=message(
                        "Does {gateway} forward packets to {address}? An ICMP redirect told this host to send them to "
                        "{gateway}. The host's route says {router}",
                        **facts,
                    ),
                    if_yes=message("The verdict above stands: {gateway} is the shorter way", **facts),
                    if_no=message(
                        "The packets are lost at {gateway}. `{repair}` deletes the redirect. With "
                        "net.ipv4.conf.all.accept_redirects=0, and the same sysctl of {link}, the host accepts no "
                        "further redirects",
                        **facts,
                    ),
                    wanted=(watch_packets(left.oif, f"host {facts['address']}"),),
                    breaks_if="no",
                    no_repair=one(Forget(left.netns, "redirects")),
                ),
            )
    return ()
