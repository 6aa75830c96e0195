"""A rule of a container that is gone, and the container that an event gives its address."""

import pytest
from msgspec.structs import replace

from hairpin.answer.check import findings
from hairpin.causes.cause import Finding
from hairpin.causes.rules.stale_accept_for_dead_container import of_flows
from hairpin.causes.where import OfRule
from hairpin.diagnose.examination import examine
from hairpin.host.docker import PortBinding
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from tests.causes.hosts import PUBLISHED, asked
from tests.causes.test_opening import OpenedCase
from tests.causes.test_opening import findings as found_of
from tests.causes.to_come.test_to_come import LAN, moved
from tests.rule_text import with_rule, without
from tests.small_host import DOCKER_RULES, HOST_NETNS, OUTSIDE, host_namespace, network, published

OF_NINTH = DOCKER_RULES.replace("172.17.0.2", "172.17.0.9")
DNAT = "! -i docker0 -p tcp -m tcp --dport 8199 -j DNAT --to-destination 172.17.0.2:80"
ACCEPT = "-d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
BOTH = with_rule("nat DOCKER", DNAT, with_rule("filter DOCKER", ACCEPT, OF_NINTH))
LEFT = asked(OUTSIDE, "198.51.100.11", 8199)


def left(rules: str = BOTH, *, bindings: tuple[PortBinding, ...] = (PUBLISHED,), **fixed: int) -> Network:
    """Return the host whose container has the ninth address today, and gets the second one at its next start."""
    made = moved(**fixed)
    described = made.this.engines[0]
    one = replace(described.containers[0], bindings=bindings)
    host = made.with_host(replace(made.this, engines=(replace(described, containers=(one,)),)))
    own = replace(made.namespace(HOST_NETNS), ruleset=host_namespace(rules).ruleset)
    return host.with_namespace(HOST_NETNS, own)


def reused(within: Network, *flows: Flow) -> tuple[Finding, ...]:
    return tuple(of_flows(examine(within, flows or (LAN,)).asked))


def test_a_port_of_a_container_that_is_gone_leads_to_the_next_one() -> None:
    (found,) = reused(left(), LEFT)
    assert isinstance(found.candidate.where, OfRule)
    assert (found.event, found.candidate.where.place.text) == ("container-restart", f"-A DOCKER {DNAT}")
    assert found.proof is not None
    assert (found.flows, found.proof.without_change) == ((0,), "delivered")
    assert found.proof.with_change not in ("delivered", "leaves")


def test_what_nobody_has_asked_is_told_if_nothing_was_named() -> None:
    asked = examine(left(), (LAN,))
    named, plain = (findings(asked, (), ahead=True, everything=each) for each in (False, True))
    (told,) = (each for each in plain if each.id == "stale-accept-for-dead-container")
    assert (told.flows, str(told.candidate.title)) == (
        (),
        "after container-restart: 198.51.100.11:8199/tcp leads to container web, which does not publish this port",
    )
    assert named == ()


def test_an_acceptance_alone_opens_the_containers_own_port() -> None:
    """It publishes nothing, so its engine accepts nothing for it: a neighbour with a route comes in by the old rule."""
    unpublished = without("172.17.0.9", rules=OF_NINTH)
    (found,) = reused(left(with_rule("filter DOCKER", ACCEPT, unpublished), bindings=()))
    assert isinstance(found.candidate.where, OfRule)
    assert found.candidate.where.place.chain == "DOCKER"
    assert "172.17.0.2:80/tcp leads to" in str(found.candidate.title)
    assert reused(left(unpublished, bindings=())) == ()


SILENT: dict[str, Network] = {
    "the rules are of its own container": network(),
    "no rule is left": left(OF_NINTH),
    "the container keeps its address": left(fixed4=moved().this.engines[0].containers[0].endpoints[0].ipv4 or 0),
    "the rule leads to an address that no event gives away": left(BOTH.replace("172.17.0.2", "172.17.0.77")),
    "nothing listens on the port that it leads to": left(BOTH.replace("172.17.0.2:80", "172.17.0.2:81")),
    "the container publishes the port itself": left(bindings=(PUBLISHED, PortBinding("tcp", 80, 8199, 0x7F000001, 4))),
}


@pytest.mark.parametrize("within", SILENT.values(), ids=SILENT)
def test_nothing_comes_to_another_container(within: Network) -> None:
    assert reused(within, published(), LEFT) == ()


REUSED: dict[str, OpenedCase] = {
    "a rule of a container that is gone": OpenedCase(left(), LEFT, ("stale-accept-for-dead-container",))
}


@pytest.mark.parametrize("case", REUSED.values(), ids=REUSED)
def test_its_name(case: OpenedCase) -> None:
    assert tuple(found_of(case.within, case.flow)) == case.causes
