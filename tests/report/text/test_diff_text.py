"""A comparison as people read it."""

import msgspec

from hairpin.compare.comparison import Comparison
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.text.diff_text import diff_text
from hairpin.report.words import Words
from hairpin.story.blame import Blame
from hairpin.story.entry import Actor, StoryEntry
from tests.compare.small_pairs import comparison, with_rules

USER = "-A DOCKER-USER -j RETURN\n"


def _text(found: Comparison) -> str:
    return diff_text(found, Words(), Paper(width=110))


def test_nothing_differs() -> None:
    assert "nothing differs" in _text(comparison(with_rules()))


def test_what_decides_comes_first() -> None:
    text = _text(comparison(with_rules((USER, f"-A DOCKER-USER -p tcp -j DROP\n{USER}"))))
    assert "This change alone decides:" in text
    assert "+ -A DOCKER-USER -p tcp -j DROP" in text
    assert "delivered → dropped" in text
    assert text.index("This change alone decides:") < text.index("Firewall rules")


def test_sets_that_would_do_as_well() -> None:
    two = "-A DOCKER-USER -p tcp -j DROP\n-A DOCKER-USER -d 172.17.0.0/16 -p tcp -j DROP\n"
    text = _text(comparison(with_rules((USER, two + USER))))
    assert "Each of these has the same effect: d2" in text
    assert "all of these have to be undone together: d1 d2" in text


def test_who_made_a_change_is_one_line() -> None:
    ann = Actor("person", "ann (pts/0)", "e2")
    what = message("{person} ran `{command}`", person=ann.name, command="iptables -I DOCKER-USER -j DROP")
    verifier = StoryEntry(1_795_700_000, "command", what, "iptables", "e2", by=ann)
    found = comparison(with_rules((USER, f"-A DOCKER-USER -p tcp -j DROP\n{USER}")))
    made = Blame(verifier.at, verifier.at, (verifier,), verifier)
    changes = tuple(msgspec.structs.replace(each, blame=made) for each in found.differences)
    text = " ".join(_text(msgspec.structs.replace(found, differences=changes)).split())
    assert "since 2026-11-26T13:33:20Z, through a person: ann (pts/0): ann (pts/0) ran `iptables -I" in text
    assert "through" not in _text(found)
