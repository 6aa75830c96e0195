"""``hairpin.expect/1``."""

import msgspec

from hairpin.expect.draft import draft, edits
from hairpin.expect.file import parse_expectations
from hairpin.expect.holding import hold
from hairpin.report.documents.expect_document import expect_document
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, evidence
from tests.report.strict import errors

FILE = """
[[must]]
reach = "8080"
from = "outside"
survives = "docker-stop"

[[must-not]]
reach = "lost:1"
from = "host"
"""


def test_the_document_has_its_schema() -> None:
    held = hold(parse_expectations(FILE, "expect.toml"), (evidence(),))
    document = msgspec.to_builtins(expect_document(held, "expect.toml", Words("en"), edits(held, draft((evidence(),)))))
    assert errors(document, "expect-1.json") == []
    must, must_not = document["expectations"]
    assert (must["from"], must["state"], must["breaches"][0]["event"]) == ("outside", "broken", "docker-stop")
    assert (must_not["state"], must_not["broken"], must_not["breaches"]) == ("gone", False, ())
    assert {each["edit"] for each in document["edits"]} == {"add", "remove"}


def test_now_has_no_event() -> None:
    held = hold(parse_expectations(FILE, "expect.toml"), (evidence(FORWARDING_OFF),))
    document = msgspec.to_builtins(expect_document(held, "expect.toml", Words("en")))
    assert (document["edits"], document["expectations"][0]["breaches"][0]["event"]) == (None, None)
