"""A fact that is wanted stays a value in the sentence that names it."""

from hairpin.message import message
from hairpin.wanted import WANTED, ReadHost, StatePublic


def test_a_message_carries_the_fact() -> None:
    said = message("{address} answers ({reading} reads it)", address="192.0.2.1", reading=ReadHost("192.0.2.1"))
    assert dict(said.values)["reading"] == ReadHost("192.0.2.1")


def test_two_facts_of_the_same_words_are_alike_and_kinds_are_told_apart_by_their_type() -> None:
    assert StatePublic("192.0.2.1") == StatePublic("192.0.2.1", "", "")
    assert len({each.__name__ for each in WANTED}) == len(WANTED)
