"""Lost engine rules that docker-proxy hides: the event that shows them, and nothing on a host that lacks none."""

import msgspec
import pytest

from hairpin.causes.cause import Finding
from hairpin.diagnose.examination import examine
from hairpin.diagnose.latent import latent
from hairpin.host.docker import PortBinding
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from tests.rule_text import without, without_chain
from tests.small_host import container, egress, engine, host_namespace, network, published

NO_JUMP = without("-A PREROUTING -m addrtype")
NO_CHAIN = without_chain("nat", "DOCKER")
FLUSHED = """\
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
"""
REFUSED = "driver failed programming external connectivity: iptables: No chain/target/match by that name."


def found(hosts: Network, *, inside: bool = False) -> tuple[Finding, ...]:
    flow = published(FromHost(), "127.0.0.1") if inside else published()
    return latent(examine(hosts, (msgspec.structs.replace(flow, container="web"),)))


def test_a_host_that_lacks_no_rule_has_none() -> None:
    assert found(network()) == ()
    assert found(network(), inside=True) == (), "127.0.0.1 is docker-proxy's by design"


def test_a_lost_jump_strikes_when_docker_proxy_ends() -> None:
    (cause,) = found(network(host_namespace(NO_JUMP)))
    assert (cause.event, cause.id) == ("docker-kill", "docker-nat-jump-missing-prerouting")
    assert cause.flows == (0,)
    assert cause.proof is not None
    assert (cause.proof.without_change, cause.proof.with_change) == ("refused", "delivered")


def test_a_lost_chain_strikes_at_the_next_start_of_the_container() -> None:
    (cause,) = found(network(host_namespace(NO_CHAIN)))
    assert cause.event == "container-restart"
    assert cause.proof is not None
    assert cause.proof.with_change == "delivered"


def test_what_stops_a_flow_already_is_not_latent() -> None:
    hosts = network(host_namespace(NO_JUMP, sockets=()))
    examination = examine(hosts, (published(),))
    assert [each.id for each in examination.causes] == ["docker-nat-jump-missing-prerouting"]
    assert latent(examination) == ()


def test_what_a_cause_of_another_flow_puts_back_is_said_once() -> None:
    """Of the two flows, one fails now; the other will miss the same rules, but for those of its own container."""
    other = msgspec.structs.replace(
        container("created"), id="c2", name="api", bindings=(PortBinding("tcp", 80, 8152, None, 4),), error=REFUSED
    )
    hosts = network(host_namespace(FLUSHED), docker=engine(container(), other))
    web = msgspec.structs.replace(published(), container="web")
    api = msgspec.structs.replace(published(), dport=8152, container="api")
    together = examine(hosts, (web, api))
    assert "docker-nat-chain-missing" in {each.id for each in together.causes}
    assert latent(together) == ()
    assert [each.id for each in latent(examine(hosts, (web,)))] == ["docker-nat-chain-missing"]


@pytest.mark.parametrize("rules", (NO_JUMP, NO_CHAIN), ids=("jump", "chain"))
def test_only_asked_flows_count(rules: str) -> None:
    assert latent(examine(network(host_namespace(rules)), (egress(),))) == ()
