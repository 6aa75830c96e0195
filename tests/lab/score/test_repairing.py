"""A printed repair is carried out twice; what it does beside repairing is found."""

from collections.abc import Callable

import pytest

from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.scenario import Flow
from hairpin.report.documents.document import FileDocument, RemedyDocument
from hairpin.report.documents.effects_document import SideEffectDocument
from tests.lab.score.reports import repair
from tests.score.diagnosis import Printed
from tests.score.repairing import RepairScore, carry_out, look
from tests.whole import WHOLE, thinned_rows

FLOW = Flow(target="8151")
FAULT = "iptables -I DOCKER-USER -i eth0 -j DROP"
GOOD = "iptables -D DOCKER-USER -i eth0 -j DROP"
OPENS = f"iptables -P FORWARD ACCEPT; {GOOD} || true"
DOUBLE = "iptables -I DOCKER-USER -i eth0 -j ACCEPT"
REPAIRS: dict[str, tuple[RemedyDocument, str]] = {
    "right": (repair(GOOD), ""),
    "no repair": (repair("true"), "does not repair: timeout"),
    "fails": (repair("false"), "does not repair: `false`: host: "),
    "once more a rule": (repair(DOUBLE), "a second time: host iptables: +"),
    "opens": (repair(OPENS), "opened neighbour by the host"),
    "opens, and says": (repair(OPENS, side_effects=(SideEffectDocument("…", "f2", "dropped", "delivered"),)), ""),
    "says other things": (repair(OPENS, side_effects=(SideEffectDocument("…"),)), "opened neighbour by the host"),
    "breaks": (repair(f"iptables -F INPUT; iptables -P INPUT DROP; {GOOD} || true"), "broke client"),
    "keeps": (repair(GOOD, persist=(FileDocument("/etc/x", "x\n"),)), ""),
    "keeps twice more": (repair(GOOD, persist_commands=("echo x >> /etc/x",)), "the lasting part a second"),
}


@pytest.mark.parametrize(("remedy", "wrong"), thinned_rows(REPAIRS.values(), 5), ids=REPAIRS)
def test_repair(remedy: RemedyDocument, wrong: str, lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan())
    seen = look(lab, LabPlan())
    lab.host.run(FAULT)
    score = carry_out(lab, FLOW, Printed(("docker-user-drops",), (remedy,)), seen)
    assert any(wrong in each for each in score.wrong) if wrong else score.wrong == ()


@WHOLE
def test_what_the_fault_opened_is_no_harm_of_the_repair(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan())
    seen = look(lab, LabPlan())
    rule = "DOCKER-USER -i eth0 -p tcp --dport 80 -j DROP"
    lab.host.run(f"iptables -I {rule}; iptables -P FORWARD ACCEPT")
    remedy = repair(f"iptables -D {rule}", persist=(FileDocument("/etc/x", "x\n"),))
    assert carry_out(lab, FLOW, Printed(("docker-user-drops",), (remedy,)), seen).wrong == ()


@pytest.mark.parametrize(("fault", "command", "opens"), thinned_rows((
    ("iptables -P FORWARD ACCEPT", "docker start web",                             False),
    ("true",                       "iptables -P FORWARD ACCEPT; docker start web", True),
), 2))  # fmt: skip
def test_a_container_behind_a_policy_that_the_fault_opened(
    fault: str, command: str, opens: bool, lab_host: Callable[[LabPlan], Lab]
) -> None:
    lab = lab_host(LabPlan())
    seen = look(lab, LabPlan())
    lab.host.run(f"docker stop -t 0 web; {fault}")
    score = carry_out(lab, FLOW, Printed(("container-not-running",), (repair(command),)), seen)
    assert any("opened neighbour by the host" in each for each in score.wrong) == opens


def test_what_a_person_has_to_do_is_no_fault_of_the_commands() -> None:
    score = RepairScore("f", ("a", "b"), ("true",), by_hand=("b",), outcome="timeout")
    assert score.wrong == ()
    assert RepairScore("f", ("a",), ("true",), outcome="timeout").wrong
