"""Generations of nftables as the kernel wrote them (recorded on Linux 6.18)."""

from hairpin.guard.sources.nftables import generations
from tests.guard.sources.test_told import GENERATION, message

NEW_GENERATION = bytes.fromhex("080001000000000208000200000076b90d00030069707461626c657300000000")
"""The attributes of a message that `iptables -A` made: the generation 2, the thread 30393, the name ``iptables``."""


def test_a_generation_names_its_thread() -> None:
    told = message(10 << 8, bytes(4)) + message(GENERATION, bytes(4) + NEW_GENERATION)
    assert list(generations(told)) == [(2, 30393, "iptables")]


def test_other_messages_are_no_generation() -> None:
    assert list(generations(message(10 << 8 | 8, bytes(4)))) == []
