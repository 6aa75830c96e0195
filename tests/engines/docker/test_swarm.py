"""The rules of a swarm's node are those of a real one, and what is missing of them is named."""

from hairpin.diagnose.diagnose import diagnose
from hairpin.engines.docker.swarm import INGRESS
from hairpin.engines.missing import missing_on
from hairpin.host.host import Host
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from tests.engines.swarm_node import forwarding, node, with_services, without
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS

HEALTHY = forwarding(node())
LOST = "swarm-ingress-chain-missing"


def test_nothing_is_missing_on_the_real_node() -> None:
    (_, missing), *_ = missing_on(node())
    assert any(each.chain == INGRESS for each in missing.wanted.rules)
    assert (missing.chains, missing.rules) == ((), ())


# the node, the first cause for the client, the first cause for the host's own loopback
CASES: dict[str, tuple[Host, str, str]] = {
    "healthy": (HEALTHY, "", ""),
    "PREROUTING does not jump": (without(HEALTHY, "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-I"), LOST, ""),
    "OUTPUT does not jump": (without(HEALTHY, "-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER-I"), "", LOST),
    "FORWARD does not jump": (without(HEALTHY, "-A FORWARD -j DOCKER-INGRESS"), LOST, ""),
    "nothing is translated": (without(HEALTHY, "-A DOCKER-INGRESS", table="nat"), LOST, LOST),
    "nothing is accepted": (without(HEALTHY, "-A DOCKER-INGRESS", table="filter"), LOST, ""),
    "loopback is not masqueraded": (without(HEALTHY, "--src-type LOCAL"), "", LOST),
    "a rule of another port": (without(HEALTHY, "--dport 8081"), "", ""),
    "the sandbox does not forward": (node(), "ip-forward-off", "ip-forward-off"),
}


@each_row(("host", "outside", "loopback"), CASES.values(), ids=CASES)
def test_the_cause_is_named_where_it_is_at_work(host: Host, outside: str, loopback: str) -> None:
    network = Network((host,))
    flows = (
        Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8080, host=host.name),
        Flow(FromHost(), 4, 0x7F000001, "tcp", 8080, host=host.name),
    )
    found = [diagnose(network, each) for each in flows]
    assert [each.causes[0].cause if each.causes else "" for each in found] == [outside, loopback]
    assert [each.trace.succeeds for each in found] == [not outside, not loopback]


def test_a_mesh_without_a_server_rejects() -> None:
    network = Network((with_services(HEALTHY, 0),))
    flow = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8080, host=network.this.name)
    trace = diagnose(network, flow).trace
    assert trace.verdict == "rejected"
