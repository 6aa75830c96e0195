"""The weights of words, and the chances that they give."""

from pathlib import Path

import pytest

from hairpin.causes.registry import known_cause
from hairpin.words import fitted
from hairpin.words.fitted import chances, package_table, speaking_for, table_in, tokens_in, tokens_of
from tests.rows import each_row

TABLE_FILE = Path(fitted.__file__).with_name("fitted.tsv")
TABLE = table_in("mtu-black-hole:-5 icc-off:-5\nhangs\t0:20\nneighbour\t1:20\nthe network\t0:1 1:4\n")


@each_row(
    ("line", "tokens"),
    (
        ("It HANGS", {"it", "hangs", "it hangs"}),
        ("from 192.168.1.5", {"from", "<private>", "from <private>"}),
        ("172.17.0.2", {"<pool>"}),
        ("172.1.0.2 8.8.8.8", {"<public>", "<public> <public>"}),
        ("127.0.0.53:8080", {"<loopback>", "<number>", "<loopback> <number>"}),
        ("0123456789abcdef 80", {"<hash>"}),
        ("超时", {"超", "时", "超 时"}),
    ),
)
def test_tokens(line: str, tokens: set[str]) -> None:
    assert tokens_in(line) == tokens


def test_neighbours_are_in_one_line() -> None:
    assert "hangs then" not in tokens_of("it hangs\nthen")


def test_words_make_their_cause_likelier_and_no_other_one() -> None:
    usual, said = chances(frozenset(), TABLE), chances(frozenset({"hangs"}), TABLE)
    assert next(iter(said)) == "mtu-black-hole"
    assert said["mtu-black-hole"] > usual["mtu-black-hole"]
    assert sum(said.values()) == pytest.approx(1)


def test_a_word_weighs_less_in_a_longer_text() -> None:
    longer = frozenset({"hangs", *(f"other {number}" for number in range(300))})
    assert chances(longer, TABLE)["mtu-black-hole"] < chances(frozenset({"hangs"}), TABLE)["mtu-black-hole"]


def test_the_line_that_speaks_for_a_cause() -> None:
    lines = ("good morning", "the network is slow", "it hangs")
    assert speaking_for("mtu-black-hole", lines, TABLE) == 2
    assert speaking_for("icc-off", lines, TABLE) == 1
    assert speaking_for("icc-off", lines[:1], TABLE) is None


def test_no_weight_of_the_table_is_against_a_cause_and_each_cause_is_in_the_catalogue() -> None:
    table = package_table()
    assert min(weight for token in table.tokens for _, weight in table.weights(token)) > 0
    assert [each for each in table.often if known_cause(each) is None] == []


def test_the_table_stays_small() -> None:
    assert len(TABLE_FILE.read_bytes()) <= 150_000
