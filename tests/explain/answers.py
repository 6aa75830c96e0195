"""Texts explained on the fixture host, whole or with some of its readings replaced."""

from datetime import UTC, datetime

from hairpin.answer.texts.explain import Explanation, TextAnswer, explain_texts
from hairpin.explain.line import Clock
from hairpin.explain.understand import understand
from hairpin.question.target import parse_origin
from tests.report.answers import Replacement, evidence

NOW = Clock(datetime(2026, 11, 26, 12, tzinfo=UTC))


def explain(text: str, *replacements: Replacement, origin: str = "") -> Explanation:
    """Return what the lines mean on the host.  ``origin``: where they were printed, as ``--from`` takes it."""
    lines = [each.encode() for each in text.splitlines()]
    where = parse_origin(origin) if origin else None
    return explain_texts(understand(lines, NOW), (evidence(*replacements),), None, where)


def the_only(text: str, *replacements: Replacement, origin: str = "") -> TextAnswer:
    """Return the only text that is found."""
    (found,) = explain(text, *replacements, origin=origin).found
    return found
