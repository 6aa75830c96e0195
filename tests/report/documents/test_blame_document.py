"""Since and through as JSON: each actor once, with the trace that says so."""

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.message import message
from hairpin.report.documents.blame_document import ActorDocument, since_document, through_document
from hairpin.report.quotes import Quotes
from hairpin.report.words import Words
from hairpin.story.blame import Blame
from hairpin.story.entry import Actor, StoryEntry

TRACE = Reading("e7", "trace-units", "", "journalctl", "2026-01-01T00:00:00Z", 0, "text", "firewalld started\nmore\n")
EVIDENCE = Evidence(SCHEMA, "0", "2026-01-01T00:00:00Z", "h", "6.1", (TRACE,))
GOOD = StoryEntry(0.0, "engine", message("dockerd started"), "docker.service", "e1")


def started(at: float) -> StoryEntry:
    return StoryEntry(at, "firewall", message("x"), "firewalld.service", "e7", quote="firewalld started")


def actors(found: Blame, quotes: Quotes) -> tuple[ActorDocument, ...]:
    told = through_document(found, quotes)
    assert told is not None
    return told


def test_each_actor_is_told_once_with_its_trace() -> None:
    quotes = Quotes((EVIDENCE,), Words("en"))
    found = Blame(60.0, 90.0, (started(60.0), started(90.0)), GOOD)
    (actor,) = actors(found, quotes)
    assert (actor.kind, actor.name, actor.evidence) == ("unit", "firewalld.service", "e7")
    assert quotes.all()["e7"].excerpt == "firewalld started"
    since = since_document(found)
    assert (since.not_before, since.not_after) == ("1970-01-01T00:01:00Z", "1970-01-01T00:01:30Z")


def test_a_trace_that_is_in_no_reading_has_no_reference() -> None:
    by = Actor("person", "ann", "e99")
    entry = StoryEntry(60.0, "command", message("x"), "y", "e99", by=by)
    (actor,) = actors(Blame(60.0, 60.0, (entry,), GOOD), Quotes((EVIDENCE,), Words("en")))
    assert actor.evidence is None


def test_nobody_is_null() -> None:
    boot = StoryEntry(60.0, "boot", message("x"), "", "e7")
    assert through_document(Blame(60.0, 60.0, (boot,), GOOD), Quotes((EVIDENCE,), Words("en"))) is None
