"""``--after``: the answer about the time after an event."""

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status
from hairpin.errors import UsageError
from hairpin.network.world import World
from hairpin.question.question import Kind, parse_question
from tests.report.answers import FORWARDING_OFF, Replacement, evidence

UNTIL_ITS_END = ("unless-stopped", "no")


def after(event: str, *replacements: Replacement, kind: Kind = "check", origin: str | None = None) -> Answer:
    """Return the answer about port 8080 of the recorded host after the event."""
    question = parse_question(kind, ("8080",), origin, (), World(), after=event)
    return ask(question, (evidence(*replacements),))


def test_what_then_strikes_is_latent_and_names_the_event() -> None:
    found = after("docker-stop")
    assert found.event is not None
    assert {was.verdict for was in found.event.before} == {"delivered"}
    assert {was.established for was in found.event.before} == {"lost"}
    assert found.broken == found.flows
    assert {(each.severity, each.event) for each in found.causes if each.flows} == {("latent", "docker-stop")}
    assert exit_status(found) == 1


@pytest.mark.parametrize(
    ("event", "id_", "detail"),
    (
        (
            "container-stop",
            "container-not-running",
            "The container publishes port 8080 and has ended, so nothing holds the port.",
        ),
        (
            "docker-restart",
            "restart-policy-missing",
            "The container runs now, and nothing starts the container again after the event.",
        ),
    ),
)
def test_nobody_is_blamed_for_what_the_event_will_end(event: str, id_: str, detail: str) -> None:
    found = after(event, *((UNTIL_ITS_END,) if event == "docker-restart" else ()))
    (cause,) = (each for each in found.causes if each.flows)
    assert (cause.id, str(cause.candidate.detail), cause.decision) == (id_, detail, None)
    assert not any("read why it ended" in str(said) for each in cause.remedies for said in each.advice)


def test_an_event_that_changes_nothing() -> None:
    found = after("sysctl-system")
    assert (found.broken, exit_status(found)) == ((), 0)


def test_an_engine_that_the_event_ends_leaves_nothing_undecided() -> None:
    assert exit_status(after("docker-kill", origin="192.0.2.10")) == 0


def test_what_fails_already_is_no_work_of_the_event() -> None:
    found = after("conntrack-flush", FORWARDING_OFF, origin="lan")
    assert found.broken == ()
    assert [each.severity for each in found.causes if each.flows] == ["blocking"]
    assert exit_status(found) == 1, "it fails after the event all the same"


def test_an_event_may_heal() -> None:
    found = after("forwarding-toggle", FORWARDING_OFF, origin="lan")
    assert {each.verdict for each in found.flows} == {"delivered"}
    assert found.event is not None
    assert found.event.before[0].established is None


def test_a_walk_after_an_event() -> None:
    found = after("docker-stop", kind="walk", origin="lan")
    assert found.flows[0].verdict == "refused"


def test_what_the_event_has_changed_is_of_no_reading() -> None:
    """A replica would load the reading's words, and so the rules of before."""
    found = after("docker-stop")
    tables = {(each.family, each.name): each.evidence for each in found.network.this.namespace("host").ruleset.tables}
    assert tables["ip", "nat"] == tables["ip", "filter"] == ""
    kept = after("sysctl-system").network.this.namespace("host").ruleset.tables
    assert all(each.evidence for each in kept)


def test_an_unknown_event() -> None:
    with pytest.raises(UsageError):
        after("thunder")
