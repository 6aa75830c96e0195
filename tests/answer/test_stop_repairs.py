"""The repair of a rule that docker-proxy stands in for: no flow that passes now stops because of it."""

from collections.abc import Mapping

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.answer.cause_answers import of_finding
from hairpin.answer.stop_repairs import configured_at
from hairpin.change.commands.text import all_shown
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examine
from hairpin.diagnose.latent import latent
from hairpin.host.boot.configured import Configured
from hairpin.host.managers import ConfigFile
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from tests.causes.hosts import ruled
from tests.rule_text import ALL_RULES, with_rule, without
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


CLOSED = ruled(with_rule("filter DOCKER-USER", "-i eth0 -j DROP"))
RULES = ConfigFile("/etc/iptables/rules.v4", "*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -i eth0 -j DROP\nCOMMIT\n")
SYSCTL = ConfigFile("/etc/sysctl.d/50-a.conf", "net.ipv4.ip_forward = 0\n")


def found(whole: Network, *files: ConfigFile) -> tuple[str, Configured | None, tuple[str, ...]]:
    """Return the cause, where it is configured, and the kinds of the parts of its first change."""
    whole = whole.with_host(msgspec.structs.replace(whole.this, files=files))
    (suspect,) = diagnose(whole, published()).causes
    parts = tuple(type(part).__name__ for part in suspect.candidate.change.parts)
    return suspect.cause, configured_at(suspect.candidate, suspect.stop, whole), parts


def test_a_saved_rule_gets_an_exception_and_names_its_file() -> None:
    cause, where, parts = found(CLOSED, RULES)
    assert (cause, parts) == ("docker-user-drops", ("InsertRule",))
    assert where is not None
    assert (where.file, where.line) == ("/etc/iptables/rules.v4", 3)


def test_the_same_rule_in_no_file_is_an_accident_and_goes() -> None:
    assert found(CLOSED) == ("docker-user-drops", None, ("DeleteRule",))


def test_a_sysctl_of_a_file_is_policy() -> None:
    keys = ("ip_forward", "conf__all__forwarding", "conf__eth0__forwarding", "conf__docker0__forwarding")
    off = network(host_namespace(values=dict.fromkeys(keys, "0")))
    cause, where, _ = found(off, SYSCTL)
    assert cause == "ip-forward-off"
    assert where is not None
    assert (where.writer, where.file) == ("sysctl-file", "/etc/sysctl.d/50-a.conf")
    assert found(off)[1] is None
