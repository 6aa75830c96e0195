"""The connection that a relay makes."""

import msgspec

from hairpin.host.socket import Relay, Socket
from hairpin.network.flow import FromContainer, FromHost
from hairpin.walk.relay import relayed_flow
from hairpin.walk.walk import walk_flow
from tests.small_host import HOST_NETNS, WEB, container_namespace, host_namespace, network, published, sibling

PROXY = Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
ROOTLESS = Socket("tcp", 4, None, 8151, process="rootlessport", relay=Relay(4, 0, 80, netns="container:web"))
NO_RULES = "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n"


def test_docker_proxy_connects_from_its_host() -> None:
    flow = relayed_flow(network(), published(), HOST_NETNS, PROXY)
    assert flow is not None
    assert (flow.start, flow.daddr, flow.dport) == (FromHost(), WEB, 80)


def test_rootlessport_connects_within_the_container() -> None:
    asked = msgspec.structs.replace(published(), container="web")
    flow = relayed_flow(network(), asked, HOST_NETNS, ROOTLESS)
    assert flow is not None
    assert (flow.start, flow.daddr) == (FromContainer("web", sibling("container:web")), WEB)


def test_its_client_shares_the_fate_of_that_connection() -> None:
    host = host_namespace(NO_RULES, sockets=(ROOTLESS,))
    assert walk_flow(network(host), published()).verdict == "delivered"
    assert walk_flow(network(host, container_namespace(())), published()).verdict == "refused"


def test_of_a_namespace_that_was_not_read_nothing_is_told() -> None:
    elsewhere = msgspec.structs.replace(ROOTLESS, relay=Relay(4, 0, 80, netns="container:gone"))
    assert relayed_flow(network(), published(), HOST_NETNS, elsewhere) is None
    host = host_namespace(NO_RULES, sockets=(elsewhere,))
    assert walk_flow(network(host), published()).verdict == "delivered"
