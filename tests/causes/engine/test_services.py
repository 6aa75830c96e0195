"""The port of a swarm's service that nothing on this node takes, by what a manager tells."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.network.flow import Outside
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.remedy.plan import remedies
from tests.causes.hosts import asked
from tests.causes.swarm_hosts import OF_SERVICE, of_swarm
from tests.engines.swarm_node import forwarding, node
from tests.small_host import CLIENT


@pytest.mark.parametrize(
    ("whole", "cause", "words"),
    (
        (of_swarm(running=0), "swarm-service-not-running", "1 of its tasks should run, but no task runs"),
        (of_swarm(running=0, wanted=0), "swarm-service-not-running", "scaled to 0"),
        (of_swarm(running=0, error="no suitable node"), "swarm-service-not-running", "reason: no suitable node"),
        (of_swarm(running=0, mode="host"), "swarm-service-not-running", "no task runs"),
        (of_swarm(mode="host"), "swarm-port-mode-host", "mode=host"),
        (of_swarm(), "swarm-ingress-sandbox-broken", "does not hold the port here"),
        (of_swarm(running=None), "swarm-ingress-sandbox-broken", "does not hold the port here"),
        (of_swarm(telling=False), "port-not-published", "Published"),
    ),
)
def test_why_the_port_of_a_service_is_dead(whole: Network, cause: str, words: str) -> None:
    (suspect,) = diagnose(whole, OF_SERVICE).causes
    assert suspect.cause == cause
    assert words in str(suspect.candidate.detail)
    remedy, *_ = remedies(suspect.cause, suspect.candidate, whole)
    assert remedy.commands == ()


@pytest.mark.parametrize("port", (8151, 9998), ids=("a container's", "of no service"))
def test_services_of_a_swarm_are_silent_about_other_ports(port: int) -> None:
    found = diagnose(of_swarm(running=0), asked(Outside(CLIENT), "198.51.100.11", port)).causes
    assert not any(each.cause.startswith("swarm") for each in found)


@pytest.mark.parametrize(
    ("whole", "asks"),
    ((of_swarm(), True), (of_swarm(running=0), True), (of_swarm(running=0, wanted=0), False),
     (of_swarm(mode="host"), False), (of_swarm(mode="host", running=0), True)),
)  # fmt: skip
def test_the_plain_question_asks_the_ports_that_this_node_should_take(whole: Network, asks: bool) -> None:
    asked_for = {each.dport for each in flows_for(whole, (), None)}
    assert (9999 in asked_for) == asks


@pytest.mark.parametrize("hands_on", (True, False), ids=("whole", "without IPVS"))
def test_the_namespace_of_the_mesh_hands_the_packet_to_ipvs(hands_on: bool) -> None:
    host = forwarding(node())
    if not hands_on:
        spaces = tuple(msgspec.structs.replace(each, virtual_services=()) for each in host.namespaces)
        host = msgspec.structs.replace(host, namespaces=spaces)
    whole = Network((host,))
    found = {each.cause for flow in flows_for(whole, (), None) if flow.dport == 8080
             for each in diagnose(whole, flow).causes}  # fmt: skip
    assert found == (set() if hands_on else {"swarm-ingress-sandbox-broken"})


@pytest.mark.parametrize(
    ("error", "found"),
    (
        ("no suitable node (1 node not available for new tasks)", True),
        ("no suitable node (insufficient memory)", False),
    ),
)
def test_a_drained_node_takes_no_tasks(error: str, *, found: bool) -> None:
    """The node's owner may have drained it on purpose, so the command is for a person to run."""
    whole = of_swarm(running=0, error=error)
    (suspect,) = diagnose(whole, OF_SERVICE).causes
    remedy, *_ = remedies(suspect.cause, suspect.candidate, whole)
    assert ("docker node ls" in " ".join(map(str, remedy.advice))) == found
    assert remedy.commands == ()
