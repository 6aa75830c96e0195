"""The small host with a UDP service published on 5514 and docker-proxy switched off, and entries of its table."""

import msgspec

from hairpin.host.socket import Socket
from hairpin.netfilter.packet import Connection
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from tests.rule_text import with_rule
from tests.small_host import HOST_ADDRESS, OUTSIDE, container_namespace, host_namespace, network

UDP_FLOW = Flow(OUTSIDE, 4, HOST_ADDRESS, "udp", 5514)
RULES = with_rule(
    "filter DOCKER", "-d 172.17.0.2/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT",
    with_rule("nat DOCKER", "! -i docker0 -p udp -m udp --dport 5514 -j DNAT --to-destination 172.17.0.2:53"),
)  # fmt: skip
_SERVICE = Socket("udp", 4, None, 53, process="syslogd", pid=7, evidence="e6")


def udp_network(rules: str = RULES, *, sockets: tuple[Socket, ...] = (_SERVICE,)) -> Network:
    """Return the host whose container has the service (``sockets``: of the container)."""
    return network(host_namespace(rules, sockets=()), container_namespace(sockets))


def remembering(*entries: Connection, rules: str = RULES) -> Network:
    """Return that host with entries in its connection table."""
    host = host_namespace(rules, sockets=())
    return network(msgspec.structs.replace(host, connections=entries), container_namespace((_SERVICE,)))
