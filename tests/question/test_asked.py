"""The parts of a question say what they mean."""

from hairpin.question.asked import Origin, OriginKind
from tests.rows import each_row

KINDS: dict[OriginKind, tuple[bool, bool]] = {
    "address": (True, True),
    "outside": (True, True),
    "lan": (False, True),
    "host": (False, False),
    "container": (False, False),
}


@each_row(("kind", "outside", "client"), [(kind, *each) for kind, each in KINDS.items()], ids=KINDS)
def test_who_sends(kind: OriginKind, outside: bool, client: bool) -> None:
    origin = Origin(kind)
    assert (origin.is_from_outside, origin.is_client) == (outside, client)
