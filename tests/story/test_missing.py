"""What the traces cannot tell."""

import msgspec
import pytest

from hairpin.evidence.reading import Outcome
from hairpin.story.missing import could_not_read, missing_of, tells_from
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import NOW, clock, evidence, lab

CASES: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "a journal in memory": ((clock("journal volatile"),), "kept in memory only"),
    "a young journal": ((clock(f"journal-begins {NOW - 86400}"),), "the journal begins at 2026-11-25 13:33:20 UTC"),
    "no journal and no syslog": ((clock("journal none"),), "neither a journal nor a syslog file"),
    "a cut log": ((clock(), ("trace-units", "x\n# truncated: the newest 4000 lines")), "the oldest part is missing"),
    "Docker's events": ((clock(), ("trace-docker-events", "")), "the last 256 events"),
}


@each_row(("readings", "said"), CASES.values(), ids=CASES)
def test_cases(readings: tuple[tuple[str, str], ...], said: str) -> None:
    host = evidence(*readings)
    found = missing_of(traces_of(host), NOW - 7 * 86400)
    assert any(said in str(each.reason) for each in found)
    assert not could_not_read((host,))


def test_nothing_is_missing_where_all_was_read() -> None:
    host = evidence(clock(f"journal-begins {NOW - 30 * 86400}"), ("trace-units", ""))
    assert missing_of(traces_of(host), NOW - 7 * 86400) == ()


@pytest.mark.parametrize("outcome", ("refused", "failed"))
def test_what_was_refused(outcome: Outcome) -> None:
    host = evidence(clock(), ("trace-logins", "the journal: Permission denied"), outcome=outcome)
    assert could_not_read((host,))
    assert any("Permission denied" in str(each.reason) for each in missing_of(traces_of(host), 0))


def test_evidence_without_traces() -> None:
    host = evidence(("ip-addr", "[]"))
    bare = msgspec.structs.replace(host, readings=host.readings[1:])
    assert could_not_read((bare,))
    (found,) = missing_of(traces_of(bare), 0)
    assert str(found.reason) == "no logs or other records were read: this snapshot has none"
    assert not could_not_read((lab(),))


def test_traces_that_begin_later_or_are_cut_do_not_tell_all() -> None:
    at = NOW - 86400
    assert tells_from(evidence(clock(f"journal-begins {at - 60}"), ("trace-units", "")), at)
    assert tells_from(evidence(clock("journal none"), ("trace-syslog", "")), at)
    assert not tells_from(evidence(clock(f"journal-begins {at + 60}")), at)
    assert not tells_from(evidence(clock(), ("trace-units", "x\n# truncated: the newest 4000 lines")), at)
    assert not tells_from(evidence(clock()), NOW - 8 * 86400)
    assert not tells_from(msgspec.structs.replace(evidence(), readings=()), at)
