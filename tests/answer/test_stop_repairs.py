"""The repair of a rule that docker-proxy stands in for: no flow that passes now stops because of it."""

from collections.abc import Mapping

from hairpin.answer.answer import CauseAnswer
from hairpin.answer.cause_answers import of_finding
from hairpin.change.commands.text import all_shown
from hairpin.diagnose.examination import examine
from hairpin.diagnose.latent import latent
from hairpin.network.flow import FromHost
from tests.rule_text import ALL_RULES, without
from tests.small_host import host_namespace, network, published

NO_DNAT = "-A DOCKER ! -i docker0 -p tcp"
NO_ACCEPT = "-A DOCKER -d 172.17.0.2/32 ! -i docker0"


EVERY = "-A "
OFF = {"conf__eth0__forwarding": "0"}


def coming(*lost: str, values: Mapping[str, str] = {}) -> CauseAnswer:
    hosts = network(host_namespace(without(*lost, rules=ALL_RULES), values=values))
    examination = examine(hosts, (published(), published(FromHost())))
    (found,) = latent(examination)
    return of_finding(found, examination)


def test_the_lost_rule_alone_is_put_back_where_that_closes_nothing() -> None:
    (remedy, *_) = coming(NO_DNAT).remedies
    (command,) = all_shown(remedy.steps)
    assert "DNAT" in command
    assert remedy.effects is not None
    assert remedy.effects.closes == ()


def test_all_lost_rules_are_put_back_where_one_alone_closes_what_passes() -> None:
    """The DNAT rule leads the packets past docker-proxy to a filter table that has lost the ACCEPT rule."""
    (remedy, *_) = coming(NO_ACCEPT, NO_DNAT).remedies
    commands = all_shown(remedy.steps)
    assert ["ACCEPT" in each for each in commands] == [True, False], "the filter table comes first"
    assert remedy.effects is not None
    assert remedy.effects.closes == ()


def test_rules_that_close_what_passes_now_are_left_to_restore() -> None:
    """docker-proxy relays the packets.  With the DNAT rule, eth0 would have to forward them."""
    (remedy, *more) = coming(EVERY, values=OFF).remedies
    assert (remedy.id, remedy.steps, more) == ("by-hand", (), [])
    (said,) = map(str, remedy.advice)
    assert "`hairpin restore` puts them back together with what they need" in said
    assert coming(EVERY).remedies[0].steps
