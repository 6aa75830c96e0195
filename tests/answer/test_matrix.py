"""``hairpin events``: every flow under every event that can happen."""

from hairpin.answer.matrix import Matrix, matrix
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.report.answers import FORWARDING_OFF, Replacement, evidence


def found(*replacements: Replacement, targets: tuple[str, ...] = ("8080",)) -> Matrix:
    """Return the matrix of the recorded host."""
    return matrix(parse_question("check", targets, None, (), World()), (evidence(*replacements),))


def test_each_flow_has_a_cell_in_each_row() -> None:
    whole = found()
    flows = [each.ref for each in whole.answer.flows]
    assert len(whole.rows) > 5
    assert all([cell.flow for cell in row.cells] == flows for row in whole.rows)
    assert whole.status == 1


def test_an_event_of_which_a_reading_is_lacking_is_undecided_and_says_which() -> None:
    whole = found()
    (row,) = [each for each in whole.rows if each.event == "reboot"]
    assert {cell.after for cell in row.cells} == {"depends"}
    assert (row.missing, row.strikes) == (("boot-scripts",), ())
    assert "boot-scripts" in {each.key for each in whole.answer.unread}


def test_causes_are_those_of_the_time_after_the_event() -> None:
    rows = {row.event: row for row in found().rows}
    (cause,) = rows["docker-stop"].strikes
    assert (cause.id, cause.event) == ("docker-daemon-not-running", "docker-stop")
    assert {cell.causes for cell in rows["docker-stop"].cells} == {(cause.ref,)}
    assert rows["sysctl-system"].strikes == ()
    assert not rows["sysctl-system"].changes
    refs = [strike.ref for row in found().rows for strike in row.strikes]
    assert len(set(refs)) == len(refs)


def test_what_fails_now_is_no_event_s_work() -> None:
    whole = found(FORWARDING_OFF)
    failing = {each.ref for each in whole.answer.flows if not each.succeeds}
    assert failing
    assert not any(cell.breaks for row in whole.rows for cell in row.cells if cell.flow in failing)
    healed = {
        row.event for row in whole.rows for cell in row.cells if cell.flow in failing and cell.after == "delivered"
    }
    assert "forwarding-toggle" in healed
