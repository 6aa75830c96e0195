"""``KEY=value`` files."""

from hairpin.host.read.managers.assignments import value_of
from tests.rows import each_row

CASES: dict[str, tuple[str, str | None]] = {
    "plain": ("ENABLED=yes", "yes"),
    "quoted": ('ENABLED="yes" # at boot', "yes"),
    "single quotes": ("ENABLED='yes'", "yes"),
    "with a comment": ("ENABLED=yes # at boot", "yes"),
    "spaces, as firewalld allows": (" ENABLED = yes ", "yes"),
    "the last one counts": ("ENABLED=no\nENABLED=yes", "yes"),
    "commented out": ("#ENABLED=yes", None),
    "another key": ("NOT_ENABLED=yes", None),
    "empty": ("ENABLED=", ""),
    "nothing": ("", None),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_value_of(text: str, expected: str | None) -> None:
    assert value_of(text, "ENABLED") == expected
