"""The engine's own rules are restored and never saved; the program that may have deleted them is named."""

import pytest
from msgspec.structs import replace

from hairpin.host.boot.configured import Configured
from hairpin.host.managers import Unit
from hairpin.remedy.boot.engine import is_lost, restored, rules_allowed
from hairpin.remedy.remedy import Lasting
from hairpin.report.documents.document import report_document
from hairpin.report.words import Words
from tests.remedy.situations import insertion, network, situation
from tests.report.answers import answer

WORDS = "-d 172.21.0.2/32 ! -i br-5c658742893b -o br-5c658742893b -p tcp -m tcp --dport 80 -j ACCEPT"
LOST = (f"[1:60] -A DOCKER {WORDS}\n", "")


def test_lost_rules_are_restored_by_commands_alone() -> None:
    found = report_document(answer(LOST), Words())
    (told,) = found.causes[0].remedies
    assert told.id == "restore-engine-rules"
    assert told.commands == (f"iptables -S DOCKER | grep -qxF -- '-A DOCKER {WORDS}' || iptables -A DOCKER {WORDS}",)
    assert told.persist == ()
    assert told.persist_commands == ()
    assert any("do not save these rules" in each for each in told.advice)


def test_a_rule_that_no_engine_makes_is_not_lost() -> None:
    part = insertion("INPUT", "-p tcp --dport 1 -j ACCEPT")
    assert not is_lost(part, situation(network(), part))


def test_programs_that_may_have_flushed_the_rules() -> None:
    flushing = ("/etc/nftables.conf", "#!/usr/sbin/nft -f\nflush ruleset;\n")
    cases = {
        "firewalld runs here": network(managed_by="firewalld"),
        "/etc/nftables.conf says": network(flushing, units=(Unit("nftables.service", "active", "enabled"),)),
        "ufw.service is active": network(units=(Unit("ufw.service", "active", "enabled"),)),
    }
    for sentence, found in cases.items():
        told = restored(found.this, found.this.netns)
        assert any(sentence in str(each) for each in told.advice)
    # Debian ships that file.  It flushes nothing while no unit loads it.
    idle = network(flushing, units=(Unit("nftables.service", "inactive", "disabled"),)).this
    told = restored(idle, idle.netns)
    assert len(told.advice) == 1


DAEMON = ("/etc/docker/daemon.json", '{"iptables":false,"userland-proxy":false}\n')


def of_daemon(option: Configured | None, *files: tuple[str, str], chain: str = "DOCKER") -> Lasting | None:
    part = insertion(chain, "-p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80", table="nat")
    found = situation(network(*files), part)
    return rules_allowed(replace(found, candidate=replace(found.candidate, configured=option)))


WRITTEN = Configured("engine-option", DAEMON[0], 1, "iptables=false")


@pytest.mark.parametrize("option", (WRITTEN, Configured("engine-option", option="--iptables=false")))
def test_an_option_that_somebody_wrote_is_never_taken_away(option: Configured) -> None:
    kept = of_daemon(option, DAEMON)
    assert kept is not None
    assert not kept.files
    assert not kept.calls
    assert f"whoever chose {option.option}" in str(kept.advice[0])


def test_another_option_or_another_rule_needs_no_such_advice() -> None:
    assert of_daemon(None, DAEMON) is None
    assert of_daemon(Configured("engine-option", DAEMON[0], 1, "icc=false"), DAEMON) is None
    assert of_daemon(WRITTEN, DAEMON, chain="PREROUTING") is None
