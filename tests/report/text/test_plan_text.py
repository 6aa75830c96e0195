"""A plan as people read it."""

import pytest
from msgspec.structs import replace

from hairpin.apply.kept_plan import KeptPlan, PlannedStep
from hairpin.apply.outcome import FixOutcome, FlowResult
from hairpin.change.calls import BindInterface, OpenPort, OwnersCall, TrustSource
from hairpin.change.step import Ask
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.places import NO_HOSTS
from hairpin.report.text.plan_text import outcome_text, plan_text, plans_text, task_line
from hairpin.report.words import Words
from tests.apply.plans import FAULTY, HEALTHY, plan
from tests.report.answers import answer

WORDS = Words("en")
KEPT = "99-hairpin-ipv4-eth0-forwarding.conf"


def text(*, lasting: bool = False, applying: bool = False) -> str:
    return plan_text(plan(), WORDS, Paper(), lasting=lasting, applying=applying)


def test_the_plan_has_steps_files_and_what_becomes_of_the_flows() -> None:
    shown = text()
    assert "1. eth0 does not forward IPv4 (interface-forwarding-off)" in shown
    assert "      sysctl -w net.ipv4.conf.eth0.forwarding=1\n" in shown
    assert f"      /etc/sysctl.d/{KEPT}\n      + net.ipv4.conf.eth0.forwarding = 1\n" in shown
    assert "✓ delivered" in shown
    assert shown.endswith("Nothing was changed.  The same command with --apply carries the plan out.\n")
    assert "Nothing was changed" not in text(applying=True)


def test_before_the_plan_is_carried_out_only_flows_that_will_not_pass_are_listed() -> None:
    """The outcome lists every flow, as verified."""
    assert "after the plan:" in text()
    assert "✓ delivered" not in text(applying=True)
    failing = replace(plan(), then=("dropped", *plan().then[1:]))
    shown = plan_text(failing, WORDS, Paper(), lasting=False, applying=True)
    count = len(failing.then)
    assert "after the plan:\n✗ dropped" in shown
    assert shown.count("✗ dropped") == 1
    assert "✓ delivered" not in shown
    assert f"{count - 1} of {count} flows pass after this plan" in shown


def test_what_an_event_will_bring_is_kept_away_by_files_alone() -> None:
    coming = plan(of=answer(port=None), with_latent=True)
    assert coming.needs_lasting
    alone, kept = (
        plan_text(coming, WORDS, Paper(), lasting=lasting, applying=False).replace("\n", " ")
        for lasting in (False, True)
    )
    assert "with --persist --apply carries the plan out: changed files alone" in alone
    assert kept.endswith("The same command with --apply carries the plan out. ")


def test_a_healthy_host() -> None:
    shown = plan_text(plan(of=HEALTHY), WORDS, Paper(), lasting=False, applying=False)
    assert shown.endswith("nothing to do\n")


def test_undecided_flows_do_not_count_as_flows_that_do_not_pass() -> None:
    unsure = tuple(replace(each, trace=replace(each.trace, verdict="depends")) for each in HEALTHY.flows)
    shown = plan_text(plan(of=replace(HEALTHY, flows=unsure)), WORDS, Paper(), lasting=False,
                      applying=False)  # fmt: skip
    assert f"hairpin plans nothing for undecided flows ({len(unsure)})" in shown
    assert "do not pass" not in shown


def test_a_step_that_has_ended() -> None:
    now, kept = plan().tasks(lasting=True)
    assert task_line(now, None, WORDS, Paper()) == "✓ sysctl -w net.ipv4.conf.eth0.forwarding=1\n"
    assert task_line(kept, message("it is full"), WORDS, Paper()) == f"✗ /etc/sysctl.d/{KEPT}\n    it is full\n"
    back = PlannedStep(now.repair, now.step, state="taken-back")
    assert "taken back: sysctl" in task_line(back, None, WORDS, Paper())


# the call, the zone whose chains firewalld keeps
KEPT_CHAINS: dict[str, tuple[OwnersCall, str]] = {
    "an interface bound": (BindInterface("docker", "docker0"), "docker"),
    "a source trusted": (TrustSource("172.17.0.0/16"), "trusted"),
    "in the files alone": (BindInterface("docker", "docker0", permanent=True), ""),
    "a port opened": (OpenPort("public", 80, "tcp"), ""),
}


@pytest.mark.parametrize(("call", "zone"), KEPT_CHAINS.values(), ids=KEPT_CHAINS)
def test_the_chains_that_firewalld_keeps_are_said_once_it_was_taken_back(call: OwnersCall, zone: str) -> None:
    task = PlannedStep("x", Ask(host="h", call=call, undo=()))
    assert "keeps its chains" not in task_line(replace(task, state="done"), None, WORDS, Paper())
    told = " ".join(task_line(replace(task, state="taken-back"), None, WORDS, Paper()).split())
    assert (f"chains for zone {zone} until its next reload" in told) is bool(zone)


FLOW = FAULTY.flows[0].trace.flow
DONE = FixOutcome(("3",), (FlowResult(FLOW, "dropped", "delivered", "observed", expected=True),))
BACK = replace(DONE, complaint=message("it fails"))


def said(outcome: FixOutcome) -> str:
    return " ".join(outcome_text(outcome, WORDS, Paper(), NO_HOSTS).split())


def test_what_came_of_it() -> None:
    assert "dropped before the plan; a real connection" in said(DONE)
    assert said(DONE).endswith("to undo the plan: `hairpin undo 3`")
    assert "hairpin undid the whole plan: it fails" in said(BACK)
    assert "hairpin undo 3" not in said(BACK)
    assert "only in part" in said(replace(BACK, left=True))
    tried = replace(DONE, until="2026-01-01T00:00:00Z")
    assert "unless you run `hairpin fix --confirm`" in said(tried)


def test_the_list_of_plans_names_what_stays() -> None:
    task = plan().tasks(lasting=False)[0]
    stays = PlannedStep(task.repair, task.step, state="stays", said="somebody changed it")
    known = KeptPlan("3", "lab", "boot", "2026-01-01T00:00:00Z", ("fix", "8080"), "partly", (stays,))
    shown = plans_text((known,), WORDS, Paper(width=120))
    assert "3  2026-01-01T00:00:00Z  lab  fix 8080  taken back in part" in shown
    assert "somebody changed it" in shown
    assert plans_text((), WORDS, Paper()) == "hairpin has carried out no plan on this host\n"


def test_a_plan_whose_steps_are_done_is_tried_until_its_confirmation() -> None:
    (task, *_) = plan().tasks(lasting=False)
    done, open_ = (replace(task, state=each) for each in ("done", "running"))
    known = KeptPlan("3", "lab", "boot", "2026-01-01T00:00:00Z", ("fix", "8080"), "open", (done,))
    assert "being tried" in plans_text((known,), WORDS, Paper(width=120))
    half = replace(known, tasks=(done, open_))
    assert "half done" in plans_text((half,), WORDS, Paper(width=120))


def test_a_plan_without_any_undo_is_not_offered_to_be_taken_back() -> None:
    assert "hairpin undo" not in said(replace(DONE, final=frozenset({"3"})))
