"""Edits are values: they can be told apart and kept in sets."""

from hairpin.compare.edit import Edited, NotWalked, RuleTaken, TableKey
from hairpin.host.netns import Netns


def test_edits_are_values() -> None:
    key = TableKey(Netns("test"), "nft", "inet", "filter")
    assert len({RuleTaken(key, "a", was=1), RuleTaken(key, "a", was=1), RuleTaken(key, "a", now=1)}) == 2
    assert Edited(()) in (NotWalked(), Edited(()))
