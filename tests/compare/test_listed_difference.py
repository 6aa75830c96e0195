"""Parts of a host are listed in one order, each once."""

from hairpin.compare.listed_difference import PARTS


def test_each_part_once() -> None:
    assert len(set(PARTS)) == len(PARTS)
    assert PARTS[-1] == "learned"
