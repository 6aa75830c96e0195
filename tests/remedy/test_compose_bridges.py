"""No lasting part names a bridge that the next `compose up` gives another name, without saying so."""

from hairpin.diagnose.diagnose import diagnose
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.report.words import Words
from tests.causes.hosts import asked
from tests.compose_host import BRIDGE, of_compose
from tests.small_host import CLIENT, DOCKER_RULES, host_namespace, network, published

RULES = DOCKER_RULES.replace(
    "-A DOCKER-USER -j RETURN",
    '-A DOCKER-USER -i eth0 -m comment --comment "only office" -j DROP\n-A DOCKER-USER -j RETURN',
)


def narrow(whole: Network, flow: Flow) -> Remedy:
    """Return the remedy that inserts a rule."""
    (found,) = diagnose(whole, flow).causes
    return next(each for each in remedies(found.cause, found.candidate, whole) if each.id == "insert-rule")


def test_a_rule_for_a_published_port_asks_for_the_translation_and_not_for_the_bridge() -> None:
    found = narrow(of_compose(RULES), published())
    assert "--ctstate DNAT --ctorigdstport 8151" in found.commands[0]
    assert not any(BRIDGE in each for each in (*found.commands, *found.persist_commands))
    usual = narrow(network(host_namespace(RULES)), published())
    assert "-o docker0" in usual.commands[0]


def test_a_rule_that_needs_the_bridge_says_that_its_name_passes() -> None:
    direct = asked(Outside(CLIENT), "172.17.0.2", 80)
    for whole, passes in ((of_compose(RULES), True), (network(host_namespace(RULES)), False)):
        found = narrow(whole, direct)
        told = [Words("en")(each) for each in found.advice]
        assert any("has another name" in each for each in told) is passes
