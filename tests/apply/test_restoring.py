"""What an engine has lost is put back, what is not done is said, and a whole host has nothing to put back."""

from pathlib import Path

import msgspec
import pytest

from hairpin.answer.ask import ask
from hairpin.apply.restoring import RestorePlan, restore_plan
from hairpin.change.change import DeleteRule, InsertRule
from hairpin.collect.snapshot import load
from hairpin.question.question import Question
from hairpin.report.paper import Paper
from hairpin.report.text.effects_text import left_open_told, unasked_told
from hairpin.report.text.restore_text import restore_text
from hairpin.report.words import Words
from tests.report.answers import Replacement, answer

DNAT = "[1:60] -A DOCKER ! -i br-5c658742893b -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.21.0.2:80\n"


def found(*replacements: Replacement) -> RestorePlan:
    return restore_plan(answer(*replacements, port=None))


def test_a_whole_host_has_nothing_to_put_back() -> None:
    whole = found()
    assert (whole.plan.repairs, whole.lost, whole.undecided) == ((), (), ())


def test_exactly_what_is_lost_is_put_back_at_its_place() -> None:
    lost = found((DNAT, ""))
    (repair,) = lost.plan.repairs
    (part,) = repair.remedy.change.parts
    assert isinstance(part, InsertRule)
    assert (part.table, part.chain) == ("nat", "DOCKER")
    assert "--to-destination 172.21.0.2:80" in part.rule.text
    assert str(repair.title) == "docker has lost 1 rule"


USER = "[36:2428] -A FORWARD -j DOCKER-USER\n"
STAGES = "[36:2428] -A FORWARD -j DOCKER-ISOLATION-STAGE-1\n"


def test_what_stands_out_of_its_order_is_moved() -> None:
    (repair,) = found((f"{USER}{STAGES}", f"{STAGES}{USER}")).plan.repairs
    assert str(repair.title) == "docker: 1 rule is out of order"
    assert [type(part) for part in repair.remedy.change.parts] == [DeleteRule, InsertRule]
    (repair,) = found((f"{USER}{STAGES}", f"{STAGES}{USER}"), (DNAT, "")).plan.repairs
    assert str(repair.title) == "docker has lost 1 rule; 1 rule is out of order"


def test_what_a_restart_would_do_besides_is_said() -> None:
    off = found((DNAT, ""), ("/ipv4/ip_forward:1", "/ipv4/ip_forward:0"))
    assert any("a restart of dockerd would set it to 1" in str(each) for each in off.notes)
    open_ = found((":FORWARD DROP [0:0]", ":FORWARD ACCEPT [0:0]"))
    assert any("the policy of FORWARD is ACCEPT" in str(each) for each in open_.notes)
    twice = found((DNAT, DNAT * 2))
    assert any("there twice" in str(each) for each in twice.notes)
    assert not twice.plan.repairs


ENGLISH = Words("en")
FOLDER = Path(__file__).parents[1] / "fixtures" / "docker-hosts"


def after_flush(version: str, *, files: str = "", config: str = "") -> RestorePlan:
    """Return the plan for the recorded host whose whole ruleset was flushed.  db listens on 5432 and publishes no port.
    ``files``: a file of sysctl.d.  ``config``: the text of daemon.json."""
    evidence = load(FOLDER / f"{version}-flushed.hairpin")
    readings = list(evidence.readings)
    if config:
        readings = [
            msgspec.structs.replace(each, status=0, outcome="text", text=config) if each.key == "daemon-json" else each
            for each in readings
        ]
    if files:
        of_file = next(each for each in readings if each.key == "file")
        made = msgspec.structs.replace(of_file, id="e9000", origin="/etc/sysctl.d/90-router.conf", text=files)
        readings.append(made)
    told = msgspec.structs.replace(evidence, readings=tuple(readings))
    return restore_plan(ask(Question("check"), (told,), depth="flows"))


def sentences(found: RestorePlan) -> str:
    told = (*found.notes, *unasked_told(found.plan.effects.found, ENGLISH), *left_open_told(found.left_open, ENGLISH))
    return " ".join(map(str, told))


@pytest.mark.parametrize("version", ("26.1", "28.5"))
def test_a_flush_opened_the_policy_and_the_plan_closes_it_again(version: str) -> None:
    """With real connections, 172.17.0.3:5432 timed out before the flush, answered after it, and timed out again after
    the plan."""
    found = after_flush(version)
    assert [(each.place.family, each.place.text, each.policy) for each in found.policies] == [
        ("ip", "-P FORWARD ACCEPT", "drop")
    ]
    assert not found.plan.choices
    assert "5432 (db)" in sentences(found)
    assert "can reach them only because the engine's rules are gone" in sentences(found)
    paper = Paper()
    restore_text(found, ENGLISH, paper, applying=False)
    assert "ip filter  -P FORWARD DROP" in paper.text()


def test_what_dockerd_28_closes_again_is_no_harm() -> None:
    """Since version 28, dockerd drops packets from outside to web's own address, although web publishes a port."""
    (closed,) = {(each.flow.target_text(), each.again) for each in after_flush("28.5").plan.effects.closes
                 if each.flow.dport == 80}  # fmt: skip
    assert closed == ("172.17.0.2:80/tcp", True)
    assert "172.17.0.2:80/tcp (web)" in sentences(after_flush("28.5"))


def test_a_policy_that_dockerd_did_not_set_stays_and_the_open_ports_are_said() -> None:
    found = after_flush("26.1", files="net.ipv4.ip_forward = 1\n")
    assert found.plan.repairs
    assert not found.policies
    assert "/etc/sysctl.d/90-router.conf:1 switches forwarding on before dockerd starts" in sentences(found)
    assert "outside, the LAN can still reach 5432 (db), which no container publishes" in sentences(found)


def test_dockerd_28_can_be_told_to_leave_the_policy() -> None:
    found = after_flush("28.5", config='{"ip-forward-no-drop": true}')
    assert found.plan.repairs
    assert not found.policies
    assert not found.left_open


def test_a_policy_that_no_flush_opened_stays() -> None:
    open_ = found((":FORWARD DROP [0:0]", ":FORWARD ACCEPT [0:0]"), (DNAT, ""))
    assert open_.plan.repairs
    assert not open_.policies
    assert any("`hairpin restore` does not change it" in str(each) for each in open_.notes)
