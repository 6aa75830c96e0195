import pytest

from hairpin.message import message
from hairpin.netfilter.iptables.words import (
    Option,
    is_plain,
    quoted,
    read_group,
    refuse,
    split_groups,
    split_plain_groups,
    split_words,
    unquoted,
)
from tests.rows import each_row

GROUPS: dict[str, tuple[str, list[str]]] = {
    "core options and modules": (
        "-d 10.0.0.1/32 ! -i br0 -p tcp -m tcp --dport 80 -j ACCEPT",
        ["-d 10.0.0.1/32", "! -i br0", "-p tcp", "-m tcp --dport 80", "-j ACCEPT"],
    ),
    "a negated option of a module": ("-m tcp ! --dport 80 ! -i eth0", ["-m tcp ! --dport 80", "! -i eth0"]),
    "an option without a value": ("-f -j DROP", ["-f", "-j DROP"]),
    "quotes": ('-m comment --comment "a -j b" -j DROP', ['-m comment --comment "a -j b"', "-j DROP"]),
    "escaped quotes": (r'-m comment --comment "a\" -j b" -j DROP', [r'-m comment --comment "a\" -j b"', "-j DROP"]),
    "free text that looks like an option": ("-m comment --comment -j -j DROP", ["-m comment --comment -j", "-j DROP"]),
    "free text that ends in a mark of negation": (
        "-m comment --comment 0! -j DNAT",
        ["-m comment --comment 0!", "-j DNAT"],
    ),
    "negated first": ("! -s 10.0.0.1 -j DROP", ["! -s 10.0.0.1", "-j DROP"]),
    "long names": ("--source 10.0.0.1 --jump DROP", ["--source 10.0.0.1", "--jump DROP"]),
    "no words": ("", []),
}


@each_row(("words", "groups"), GROUPS.values(), ids=GROUPS)
def test_split_groups(words: str, groups: list[str]) -> None:
    assert split_groups(words) == groups


PLAIN = [words for words, _ in GROUPS.values() if words and "\\" not in words]


@each_row("words", PLAIN)
def test_the_quick_split_is_right_or_known_to_be_wrong(words: str) -> None:
    groups = split_plain_groups(words)
    assert groups == split_groups(words) or not all(map(is_plain, groups))


@pytest.mark.parametrize("words", ("80 -j DROP", "--dport 80 -j DROP", "! ! -j DROP"))
def test_words_without_an_option_are_damaged(words: str) -> None:
    with pytest.raises(ValueError, match="damaged"):
        split_groups(words)


def test_a_quote_without_an_end() -> None:
    with pytest.raises(ValueError, match="quote"):
        split_words('-m comment --comment "x')


TEXTS = ["plain", "two words", 'a "quoted" word', "back\\slash", "it's", "", "[UFW BLOCK] ", "10.0.0.0/8", "-j", "!"]


@each_row("text", TEXTS)
def test_quoting_is_taken_back(text: str) -> None:
    (word,) = split_words(quoted(text))
    assert unquoted(word) == text


def test_words_that_need_no_quotes_get_none() -> None:
    assert quoted("10.0.0.0/8") == "10.0.0.0/8"


def test_group() -> None:
    group = read_group(split_words('-m x --a 1 2 ! --b --comment "-j y" --c'), "x", "ip")
    assert group.options == (
        Option("--a", False, ("1", "2"), "--a 1 2"),
        Option("--b", True, (), "! --b"),
        Option("--comment", False, ("-j y",), '--comment "-j y"'),
        Option("--c", False, (), "--c"),
    )
    assert group.arguments == '--a 1 2 ! --b --comment "-j y" --c'


def test_a_negative_number_is_a_value() -> None:
    assert read_group(["--a", "-1"], "x", "ip").options[0].value == "-1"


def test_an_option_of_several_values_has_no_single_one() -> None:
    with pytest.raises(ValueError, match="too many"):
        _ = Option("--a", False, ("1", "2"), "").value


def test_the_error_says_what_to_do() -> None:
    assert str(refuse("it", message("of a reason"))) == (
        "cannot write it as an iptables rule: of a reason; write it for nftables instead"
    )
