"""What an engine has lost is put back, what is not done is said, and a whole host has nothing to put back."""

from hairpin.apply.restoring import RestorePlan, restore_plan
from hairpin.change.change import DeleteRule, InsertRule
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
