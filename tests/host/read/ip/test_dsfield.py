"""The TOS byte."""

import pytest

from hairpin.host.read.ip.dsfield import tos
from tests.rows import each_row


@each_row(("text", "byte"), (("0x10", 0x10), ("16", 0x10), (16, 0x10), ("EF", 0xB8), ("default", 0)))
def test_tos(text: str | int, byte: int) -> None:
    assert tos(text) == byte


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        tos("unheard-of")
