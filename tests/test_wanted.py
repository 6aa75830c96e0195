"""A fact that is wanted stays a value in the sentence that names it."""

import msgspec

from hairpin.message import Message, message
from hairpin.wanted import read_host, state_public


def test_a_message_carries_the_fact() -> None:
    said = message("{address} answers ({reading} reads it)", address="192.0.2.1", reading=read_host("192.0.2.1"))
    assert dict(said.values)["reading"] == read_host("192.0.2.1")


def test_it_crosses_json_whole() -> None:
    said = message("{one} {other}", one=read_host("192.0.2.1"), other=state_public("192.0.2.1"))
    assert msgspec.json.decode(msgspec.json.encode(said), type=Message) == said
