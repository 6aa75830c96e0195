"""What owners were told is there after their restart, and what they were told for now is not."""

from typing import Literal

import msgspec
import pytest

from hairpin.carry.act import FileState
from hairpin.change import calls
from hairpin.change.step import Ask, ReplaceFile
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.firewalls._firewalld import with_firewalld_started
from hairpin.events.happening import course_of
from hairpin.network.network import Network
from hairpin.remedy.told import kept_network
from tests.firewalld_host import with_firewalld
from tests.small_host import container, engine, network
from tests.ufw_host import enabled, with_ufw


def told(within: Network, *calls: calls.OwnersCall) -> Network | None:
    return kept_network(within, tuple(Ask(host=within.this.name, call=each) for each in calls))


def rules_after(event: EventId, within: Network | None) -> list[str]:
    assert within is not None
    course = course_of(within, within.this.name, event)
    assert course is not None
    tables = course.namespace.ruleset.tables
    return [rule.text for table in tables for chain in table.chains for rule in chain.rules]


def running() -> Network:
    within = with_firewalld()
    return with_firewalld_started(Course(within, within.this.name), within.this).network


@pytest.mark.parametrize("event", ("firewalld-reload", "firewalld-restart"))
def test_a_port_of_firewalld_lasts_if_it_is_permanent(event: EventId) -> None:
    port = "tcp dport 8151 accept"
    assert port in rules_after(event, told(running(), calls.OpenPort("public", 8151, "tcp", permanent=True)))
    assert port not in rules_after(event, told(running(), calls.OpenPort("public", 8151, "tcp")))


def test_firewalld_knows_the_zone_of_a_link() -> None:
    for permanent in (False, True):
        found = told(running(), calls.BindInterface("trusted", "docker0", permanent=permanent))
        assert found is not None
        firewalld = found.this.firewalld
        assert firewalld is not None
        zones = firewalld.permanent if permanent else firewalld.runtime
        assert [each.name for each in zones if "docker0" in each.interfaces] == ["trusted"]


def test_ufw_keeps_what_it_allows_and_reads_its_files_again() -> None:
    within = enabled(with_ufw())
    known = told(within, calls.AllowInUfw(8151, "tcp"))
    rule = "-A ufw-user-input -p tcp -m tcp --dport 8151 -j ACCEPT"
    assert [line for line in rules_after("ufw-reload", known) if "8151" in line and "ufw" in line] == [rule]
    now = told(within, calls.AllowInUfw(8151, "tcp"), calls.ReloadUfw())
    assert now is not None
    table = now.this.namespace(now.this.netns.name).ruleset.table("ip", "filter")
    assert table is not None
    chain = table.chain("ufw-user-input")
    assert chain is not None
    assert [each.text for each in chain.rules] == [rule]


def test_what_needs_a_reading_or_a_network_that_is_not_there_is_not_known() -> None:
    assert told(network(), calls.AllowInUfw(80, "tcp")) is None
    assert told(network(), calls.OpenPort("public", 80, "tcp", permanent=True)) is None
    assert told(network(), calls.ReloadUfw()) is None
    assert told(network(), calls.MakeNetwork("docker", "apart")) is None
    bare = network()
    path, text = "/etc/systemd/system/x.service", FileState("[Service]\n")
    assert kept_network(bare, (ReplaceFile(host=bare.this.name, path=path, before=None, after=text),)) is None
    assert (
        told(bare, calls.Unban("cscli", "", "192.0.2.10"), calls.SetUnitState("enable", "docker.service")) is not None
    )


@pytest.mark.parametrize("by", ("systemd", "sysvinit"))
def test_a_dockerd_that_was_started_starts_again_at_boot(by: Literal["systemd", "sysvinit"]) -> None:
    within = network(docker=msgspec.structs.replace(engine(container()), running=False))
    for call, runs in (
        (calls.SetUnitState("start", "docker", by), True),
        (calls.SetUnitState("enable", "docker", by), False),
    ):
        found = told(within, call)
        assert found is not None
        assert [each.running for each in found.this.engines] == [runs]
        course = course_of(found, found.this.name, "reboot")
        assert course is not None
        assert any("does not start at that boot" in str(each) for each in course.conditions) is not runs
