"""A printed repair is carried out twice; what it does beside repairing is found."""

from collections.abc import Callable

import pytest

from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import KeptFile, Printed, Repair, SideEffect
from hairpin.lab.plan import LabPlan
from hairpin.lab.repairing import RepairScore, carry_out, look
from hairpin.lab.scenario import Flow

FLOW = Flow(target="8151")
FAULT = "iptables -I DOCKER-USER -i eth0 -j DROP"
GOOD = "iptables -D DOCKER-USER -i eth0 -j DROP"
OPENS = f"iptables -P FORWARD ACCEPT; {GOOD} || true"
DOUBLE = "iptables -I DOCKER-USER -i eth0 -j ACCEPT"
REPAIRS: dict[str, tuple[Repair, str]] = {
    "right":            (Repair("x", (GOOD,)), ""),
    "no repair":        (Repair("x", ("true",)), "does not repair: timeout"),
    "fails":            (Repair("x", ("false",)), "does not repair: `false`: host: "),
    "once more a rule": (Repair("x", (DOUBLE,)), "a second time: host iptables: +"),
    "opens":            (Repair("x", (OPENS,)), "opened neighbour by the host"),
    "opens, and says":  (Repair("x", (OPENS,), side_effects=(SideEffect("…", "dropped", "delivered"),)), ""),
    "says other things": (Repair("x", (OPENS,), side_effects=(SideEffect("…"),)), "opened neighbour by the host"),
    "breaks":           (Repair("x", (f"iptables -F INPUT; iptables -P INPUT DROP; {GOOD} || true",)), "broke client"),
    "keeps":            (Repair("x", (GOOD,), persist=(KeptFile("/etc/x", "x\n"),)), ""),
    "keeps twice more": (Repair("x", (GOOD,), persist_commands=("echo x >> /etc/x",)), "the lasting part a second"),
}  # fmt: skip


@pytest.mark.parametrize(("repair", "wrong"), REPAIRS.values(), ids=REPAIRS)
def test_repair(repair: Repair, wrong: str, lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan())
    seen = look(lab, LabPlan())
    lab.host.run(FAULT)
    score = carry_out(lab, "x", FLOW, Printed(("docker-user-drops",), (repair,)), seen)
    assert any(wrong in each for each in score.wrong) if wrong else score.wrong == ()


def test_what_the_fault_opened_is_no_harm_of_the_repair(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan())
    seen = look(lab, LabPlan())
    rule = "DOCKER-USER -i eth0 -p tcp --dport 80 -j DROP"
    lab.host.run(f"iptables -I {rule}; iptables -P FORWARD ACCEPT")
    repair = Repair("x", (f"iptables -D {rule}",), persist=(KeptFile("/etc/x", "x\n"),))
    assert carry_out(lab, "x", FLOW, Printed(("docker-user-drops",), (repair,)), seen).wrong == ()


@pytest.mark.parametrize(("fault", "command", "opens"), (
    ("iptables -P FORWARD ACCEPT", "docker start web",                             False),
    ("true",                       "iptables -P FORWARD ACCEPT; docker start web", True),
))  # fmt: skip
def test_a_container_behind_a_policy_that_the_fault_opened(
    fault: str, command: str, opens: bool, lab_host: Callable[[LabPlan], Lab]
) -> None:
    lab = lab_host(LabPlan())
    seen = look(lab, LabPlan())
    lab.host.run(f"docker stop -t 0 web; {fault}")
    score = carry_out(lab, "x", FLOW, Printed(("container-not-running",), (Repair("x", (command,)),)), seen)
    assert any("opened neighbour by the host" in each for each in score.wrong) == opens


def test_what_a_person_has_to_do_is_no_fault_of_the_commands() -> None:
    score = RepairScore("x", "f", ("a", "b"), ("true",), by_hand=("b",), outcome="timeout")
    assert score.wrong == ()
    assert RepairScore("x", "f", ("a",), ("true",), outcome="timeout").wrong
