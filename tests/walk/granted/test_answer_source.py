"""From which address a UDP service answers is asked where the kernel's own choice would lose the answer."""

import msgspec
import pytest

from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, PolicyRule
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.small_host import WEB, container_namespace, host_namespace, network, route
from tests.udp_host import RULES, UDP_FLOW, udp_network

_SERVICE = Socket("udp", 4, None, 53, process="syslogd", pid=7, evidence="e6")
_BOUND = msgspec.structs.replace(_SERVICE, address=WEB)


def behind_vpn(socket: Socket) -> Network:
    """Return the host whose container sends packets without its own source address to a VPN's gateway."""
    inside = container_namespace((socket,))
    own = PolicyRule(4, 100, table=200, source=(WEB, 32))
    vpn = PolicyRule(4, 101, table=51820)
    inside = msgspec.structs.replace(
        inside,
        rules=(PolicyRule(4, 0, table=TABLE_LOCAL), own, vpn, PolicyRule(4, 32766, table=TABLE_MAIN)),
        routes=(
            *inside.routes,
            route("default", "eth0", via="172.17.0.1", table=200),
            route("default", "eth0", via="172.17.0.9", table=51820),
        ),
    )
    return network(host_namespace(RULES, sockets=()), inside)


CASES = {
    "one way for all packets": (udp_network(), 0),
    "another way without a source address": (behind_vpn(_SERVICE), 1),
    "the socket has the address": (behind_vpn(_BOUND), 0),
}


@pytest.mark.parametrize(("within", "count"), CASES.values(), ids=CASES)
def test_the_source_address_is_asked_where_it_decides(within: Network, count: int) -> None:
    trace = walk_flow(within, UDP_FLOW)
    assert trace.verdict == "delivered"
    assert len(trace.questions) == count
    assert all(each.breaks_if == "no" for each in trace.questions)
