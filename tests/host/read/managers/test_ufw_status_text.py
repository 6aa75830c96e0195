"""ufw's state from ``ufw status``."""

from hairpin.evidence.reading import Reading
from hairpin.host.read.managers.ufw_status_text import status
from tests.rows import each_row

VERBOSE = "Status: active\nLogging: on (low)\nDefault: {}\nNew profiles: skip\n"
CASES = {
    "inactive": ("Status: inactive\n", (False, None, None)),
    "without the policies": ("Status: active\n", (True, None, None)),
    "with the policies": (
        VERBOSE.format("deny (incoming), allow (outgoing), reject (routed)"),
        (True, "DROP", "REJECT"),
    ),
    "the kernel routes nothing": (
        VERBOSE.format("deny (incoming), allow (outgoing), disabled (routed)"),
        (True, "DROP", None),
    ),
    "before ufw 0.34": (VERBOSE.format("deny (incoming), allow (outgoing)"), (True, "DROP", None)),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_status(text: str, expected: tuple[bool, str | None, str | None]) -> None:
    ufw = status(Reading("e1", "ufw-status", "", "ufw status", "", 0, "text", text))
    assert (ufw.enabled, ufw.default_input_policy, ufw.default_forward_policy) == expected
