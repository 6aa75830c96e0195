"""What a text tells: an outcome fails or not, and a text without any output tells nothing."""

import msgspec

from hairpin.evidence.told import Outcome, ToldParts, ToldTable
from tests.rows import each_row


def test_an_outcome_has_the_word_from() -> None:
    outcome = Outcome("curl", "http://10.0.0.1/", "timeout", "10.0.0.1", 80, origin="host", line=3)
    assert msgspec.json.decode(msgspec.json.encode(outcome))["from"] == "host"
    assert outcome.failed
    assert not Outcome("curl", "http://10.0.0.1/", "answered").failed


@each_row(
    ("told", "anything"),
    (
        (ToldParts(), False),
        (ToldParts(mapped=True), False),
        (ToldParts(parts=frozenset({("host", "routes4")})), True),
        (ToldParts(tables=frozenset({ToldTable("ip", "nat")})), True),
        (ToldParts(natives=True), True),
        (ToldParts(typed=frozenset({"web"})), True),
        (ToldParts(outcomes=(Outcome("nc", "a 80", "refused"),)), True),
    ),
)
def test_a_text_tells_something(told: ToldParts, anything: bool) -> None:
    assert told.tells_anything is anything
