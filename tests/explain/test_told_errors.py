"""Errors that a pasted text quotes are likely causes."""

from hairpin.answer.answer import Answer
from hairpin.explain.told_errors import with_told_errors
from tests.answer.likely.test_likely import REFUSED, TIMED_OUT, answer
from tests.suppose.test_ordinary import RUN

TAKEN = "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use\n"


def told(*texts: str) -> Answer:
    return with_told_errors(answer(*texts))


def test_a_quoted_error_names_its_cause() -> None:
    found = told(TAKEN)
    cause = found.causes[0]
    assert (cause.id, cause.likely, cause.severity) == ("published-port-held-by-other-process", True, "advice")
    assert cause.explains[0].line == 1
    assert not cause.remedies


def test_it_comes_before_suppositions() -> None:
    ids = [each.id for each in told(RUN, TIMED_OUT, TAKEN).causes]
    assert ids.index("published-port-held-by-other-process") < ids.index("ip-forward-off")
    assert len(set(ids)) == len(ids)


def test_references_are_unique() -> None:
    refs = [each.ref for each in told(RUN, REFUSED, TAKEN).causes]
    assert len(set(refs)) == len(refs)


def test_an_ordinary_line_names_nothing() -> None:
    assert told('time="2026" level=info msg="Loading containers: done."\n').causes == ()
