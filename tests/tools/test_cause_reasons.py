"""The table of the stops at which causes are asked is written from the causes."""

from hairpin.causes.registry import known_cause
from tools.cause_reasons import FILE, asked_at, table


def test_the_table_is_as_it_would_be_written() -> None:
    assert FILE.read_text("utf-8") == table(), "run: python -m tools.cause_reasons"


def test_a_row_says_when_a_cause_is_asked() -> None:
    asked = {
        "interface-forwarding-off": "forwarding-off",
        "conntrack-entry-stale": "any",
        "engine-rule-missing": "general",
        "restart-policy-missing": "",
    }
    found = {each: known_cause(each) for each in asked}
    assert {each: asked_at(cause) for each, cause in found.items() if cause is not None} == asked
