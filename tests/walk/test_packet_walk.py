from msgspec.structs import replace

from hairpin.door import CLOSED
from hairpin.host.host import Host
from hairpin.host.socket import VirtualService
from hairpin.netfilter.packet import SYN, TCP, UDP, Packet
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, DOCKER_RULES, HOST_ADDRESS, WEB, host_namespace, network, sibling
from tests.two_hosts import OPEN
from tests.walk.standing import FROM_CLIENT, at, ended

NET = network()


def rules(text: str) -> Network:
    return network(host_namespace(text))


def to(daddr: int, dport: int) -> Packet:
    return Packet(4, CLIENT, daddr, TCP, sport=40000, dport=dport, tcp_flags=SYN)


CASES: dict[str, tuple[Network, Packet, list[str]]] = {
    "published": (NET, FROM_CLIENT, ["arrived"]),
    "a port of the host": (NET, to(HOST_ADDRESS, 22), ["arrived"]),
    "a container's own address": (NET, to(WEB, 81), ["dropped policy"]),
    "another host": (NET, to(CLIENT + 1, 80), ["dropped policy"]),
    "an IPv6 packet from multicast": (
        NET,
        Packet(6, 0xFF02 << 112, 1, UDP, sport=1, dport=2),
        ["dropped martian-source"],
    ),
    "an unknown match": (
        rules(DOCKER_RULES.replace("-A DOCKER-USER -j RETURN", "-A DOCKER-USER -m bpf --bytecode x -j DROP")),
        FROM_CLIENT,
        ["arrived", "dropped rule"],
    ),
}


@each_row(("net", "packet", "expected"), CASES.values(), ids=CASES)
def test_walk_packet(net: Network, packet: Packet, expected: list[str]) -> None:
    assert [ended(end) for end in walk_packet(net, at("device-in", packet))] == expected


def test_a_published_packet_passes_these_stages() -> None:
    (end,) = walk_packet(NET, at("device-in"))
    assert [(step.netns.name, step.stage) for step in end.state.history.steps] == [
        ("host", "device-in"),
        ("host", "prerouting"),
        ("host", "input-route"),
        ("host", "forward"),
        ("host", "postrouting"),
        ("host", "device-out"),
        ("container:web", "device-in"),
        ("container:web", "input-route"),
    ]
    assert (end.state.netns, end.state.packet.daddr, end.state.packet.dport) == (sibling("container:web"), WEB, 80)


def test_branches_are_bounded() -> None:
    marks = "".join(
        f"-A PREROUTING -m bpf --bytecode {n} -j MARK --set-xmark {1 << n:#x}/{1 << n:#x}\n" for n in range(5)
    )
    chains = "".join(f"*{table}\n:PREROUTING ACCEPT [0:0]\n{marks}COMMIT\n" for table in ("raw", "mangle"))
    most = CLOSED.limits.ends
    ends = walk_packet(rules(chains), at("device-in"))
    followed = [end for end in ends if end.kind != "unknown"]
    assert most <= len(followed) < 2 * most
    given_up = [end for end in ends if end.kind == "unknown"]
    assert {ended(end) for end in given_up} == {"unknown too-many-ways"}
    assert all(
        f"more than {most} paths are possible" in [str(c.said) for c in end.state.history.conditions]
        for end in given_up
    )


MARKED = OPEN + "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 80 -j MARK --set-xmark 0x100\nCOMMIT\n"
DROPPED = OPEN.replace("COMMIT", "-A INPUT -p tcp -m tcp --dport 80 -j DROP\nCOMMIT")


def walked(service: VirtualService | None, rules: str = OPEN) -> Trace:
    namespace = replace(host_namespace(rules, sockets=()), virtual_services=(service,) if service is not None else ())
    host = Host("test", namespaces=(namespace,))
    return walk_flow(Network((host,)), Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 80, host="test"))


# service, rules, verdict
IPVS_CASES: dict[str, tuple[VirtualService | None, str, str]] = {
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


@each_row(("service", "rules", "verdict"), IPVS_CASES.values(), ids=IPVS_CASES)
def test_services(service: VirtualService | None, rules: str, verdict: str) -> None:
    assert walked(service, rules).verdict == verdict


def test_the_assumption_names_the_address() -> None:
    (said,) = walked(VirtualService(None, 6, 4, HOST_ADDRESS, 80, servers=1)).usual.assumed
    assert str(said) == "IPVS in host brings packets for 198.51.100.11 to a server that answers"
