"""The matrix of events in the terminal."""

from msgspec.structs import replace

from hairpin.answer.answer import BeforeEvent, EventAnswer
from hairpin.answer.matrix import Matrix
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.text.events_text import events_text, write_event
from hairpin.report.words import Words
from tests.answer.test_matrix import found
from tests.report.answers import FORWARDING_OFF
from tests.small_host import network


def told(whole: Matrix) -> str:
    """Return the text."""
    return events_text(whole, Words(), Paper())


def test_what_changes_nothing_takes_one_line() -> None:
    text = told(found())
    assert text.startswith("8 flows, 15 events: after 4 of these events, a flow that passes now fails\n")
    assert "No flow and no open connection changes after: " in text
    assert "\ndocker-stop: dockerd is stopped\n✗ refused" in text
    assert "  docker-daemon-not-running: dockerd is not running\n" in text


def test_causes_that_differ_in_a_name_take_one_line() -> None:
    whole = found()
    row = next(each for each in whole.rows if each.event == "docker-stop")
    strikes = tuple(
        replace(row.strikes[0], ref=f"c9{name}", title=message("Container {name} is not running", name=name))
        for name in ("a", "b", "c")
    )
    rows = (replace(row, strikes=strikes),)
    text = told(replace(whole, rows=rows))
    assert "Container a is not running; 2 more of this kind (-v)" in " ".join(text.split())
    assert "Container b" not in text
    shown = events_text(replace(whole, rows=rows), Words(), Paper(), verbose=True)
    assert "Container b is not running\n" in shown


def test_nothing_fails() -> None:
    whole = found()
    quiet = tuple(each for each in whole.rows if not each.changes)
    assert "nothing changes\n" in told(replace(whole, rows=quiet))
    harmless = tuple(each for each in whole.rows if not any(cell.breaks for cell in each.cells))
    assert "no flow that passes now fails" in told(replace(whole, rows=harmless))


def test_what_an_event_heals() -> None:
    assert "  these flows do not pass now, and pass after the event:\n✓ delivered" in told(found(FORWARDING_OFF))


def test_conditions_and_failures() -> None:
    whole = found()
    row = replace(whole.rows[0], conditions=(message("it rains"),), failures=(message("the file is not loaded"),))
    text = told(replace(whole, rows=(row,)))
    assert "  the file is not loaded\n" in text
    assert "  if it rains\n" in text


def test_an_event_that_may_change_something_is_not_among_those_that_change_nothing() -> None:
    whole = found()
    quiet = next(each for each in whole.rows if each.event == "sysctl-system")
    unsure = replace(quiet, conditions=(message("the reading sysctl, which is lacking, is empty"),))
    text = told(replace(whole, rows=(unsure,)))
    assert "No decided flow" not in text
    assert "\nsysctl-system: " in text


EVENT = EventAnswer(
    "docker-restart", message("dockerd is restarted"), (BeforeEvent("delivered", "lost"), BeforeEvent("dropped", None)),
    was=network(), flows=(), label="test",
)  # fmt: skip


def told_after(event: EventAnswer) -> str:
    """Return the text."""
    paper = Paper()
    write_event(event, Words(), paper)
    return paper.text()


def test_the_event_and_the_open_connections() -> None:
    assert (
        told_after(EVENT) == "After docker-restart (dockerd is restarted):\n  open connections of 1 of 1 flows break\n"
    )


def test_conditions_and_failures_in_after() -> None:
    said = told_after(replace(EVENT, before=(), conditions=(message("it rains"),), failures=(message("web fails"),)))
    assert said == "After docker-restart (dockerd is restarted):\n  if it rains\n  web fails\n"


def test_of_undecided_flows_nothing_is_claimed() -> None:
    """Without root no rule is read: the flows are undecided, and so is what becomes of them."""
    whole = found()
    flows = whole.answer.flows
    unsure = [replace(each, trace=replace(each.trace, verdict="depends")) for each in flows]
    some = replace(whole.answer, flows=(unsure[0], *flows[1:]))
    every = replace(whole.answer, flows=tuple(unsure))
    text = " ".join(told(replace(whole, answer=some)).split())
    assert "; 1 flow is undecided now " in text
    assert "None of these events changes a flow that hairpin decided, or an open connection: " in text
    text = " ".join(told(replace(whole, answer=every)).split())
    assert "the flows are undecided now, and also after the events" in text
    assert "No flow that hairpin knows changes after: " in text
    assert "No decided flow" not in text
    assert "no flow that passes now fails" not in text
