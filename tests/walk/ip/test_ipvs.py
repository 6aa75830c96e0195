"""What IPVS takes behind INPUT is assumed to be served, if it has a server; other packets find their sockets."""

import msgspec

from hairpin.host.host import Host
from hairpin.host.socket import VirtualService
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, host_namespace
from tests.two_hosts import OPEN

MARKED = OPEN + "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 80 -j MARK --set-xmark 0x100\nCOMMIT\n"
DROPPED = OPEN.replace("COMMIT", "-A INPUT -p tcp -m tcp --dport 80 -j DROP\nCOMMIT")


def walked(service: VirtualService | None, rules: str = OPEN) -> Trace:
    namespace = msgspec.structs.replace(
        host_namespace(rules, sockets=()), virtual_services=(service,) if service is not None else ()
    )
    host = Host("test", namespaces=(namespace,))
    return walk_flow(Network((host,)), Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 80, host="test"))


# service, rules, verdict
CASES: dict[str, tuple[VirtualService | None, str, str]] = {
    "its address and port": (VirtualService(None, 6, 4, HOST_ADDRESS, 80, servers=1), OPEN, "leaves"),
    "any port": (VirtualService(None, 6, 4, HOST_ADDRESS, 0, servers=2), OPEN, "leaves"),
    "its mark": (VirtualService(0x100, servers=1), MARKED, "leaves"),
    "another mark": (VirtualService(0x101), MARKED, "refused"),
    "another port": (VirtualService(None, 6, 4, HOST_ADDRESS, 81), OPEN, "refused"),
    "another protocol": (VirtualService(None, 17, 4, HOST_ADDRESS, 80), OPEN, "refused"),
    "no server": (VirtualService(None, 6, 4, HOST_ADDRESS, 80), OPEN, "rejected"),
    "no service": (None, OPEN, "refused"),
    "INPUT comes before it": (VirtualService(None, 6, 4, HOST_ADDRESS, 80), DROPPED, "dropped"),
}


@each_row(("service", "rules", "verdict"), CASES.values(), ids=CASES)
def test_services(service: VirtualService | None, rules: str, verdict: str) -> None:
    assert walked(service, rules).verdict == verdict


def test_the_assumption_names_the_address() -> None:
    (said,) = walked(VirtualService(None, 6, 4, HOST_ADDRESS, 80, servers=1)).usual.assumed
    assert str(said) == "IPVS in host brings packets for 198.51.100.11 to a server that answers"
