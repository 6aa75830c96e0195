"""The host's name server, if it should run on the host itself."""

from hairpin.causes.kit import View
from hairpin.network.names import servers_of_host
from hairpin.network.network import owns_address
from hairpin.network.prefix import is_loopback

_DNS = 53


def asks_server_of_host(view: View) -> bool:
    """Return whether no socket took a query to an address of the host at which its /etc/resolv.conf has a name
    server."""
    packet = view.stop.seen.packet
    if not view.on_host or view.in_reply or packet.dport != _DNS or view.stop.reason != "no-listener":
        return False
    if (packet.version, packet.daddr) not in servers_of_host(view.host):
        return False
    return is_loopback(packet.daddr, packet.version) or owns_address(view.namespace, packet.version, packet.daddr)
