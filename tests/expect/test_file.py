"""The file of expectations; an error names the file, the reason and the right form."""

import pytest

from hairpin.errors import UsageError
from hairpin.expect.expectation import HealRules
from hairpin.expect.file import parse_expectations
from tests.rows import each_row

FILE = """
[[public]]
address = "203.0.113.7"
private = "10.0.0.5"

[[must]]
reach = ["8080/tcp", "8081"]
from = ["outside", "lan"]
survives = ["reboot"]

[[must-not]]
reach = "5432"
from = "outside"
"""
WRONG: dict[str, str] = {
    '[[must]]\nreach = "8080"\n': "table must lacks the key from",
    '[[must]]\nreach = "80801"\nfrom = "outside"\n': "ports are 1 to 65535",
    '[[must]]\nreach = "8080"\nfrom = "10.0.0.0/33"\n': "is not a network; write ADDRESS/LENGTH",
    '[[must]]\nreach = "8080"\nfrom = "lan"\nsurvives = "rebot"\n': "no event 'rebot' exists; the events are reboot,",
    '[[mustnot]]\nreach = "8080"\nfrom = "lan"\n': "no table 'mustnot' exists; the tables are must, must-not, heal,",
    '[[must]]\nreach = 8080\nfrom = "lan"\n': "table must: reach cannot be '8080'",
    '[[must]]\nreach = "8080"\nfrom = "lan"\non-break = "mend"\n': "table must: on-break cannot be 'mend'",
    "[heal]\nmost-per-hour = -1\n": "table heal: most-per-hour cannot be '-1'",
    '[[heal]]\nnever = "nat"\n': "heal is a table that is not repeated; write [heal]",
    "must": "the file is not TOML",
}


def test_each_pair_is_an_expectation() -> None:
    found = parse_expectations(FILE, "expect.toml")
    told = [(each.must, each.what, each.origin, each.survives) for each in found.each]
    assert told == [
        (True, "8080/tcp", "outside", ("reboot",)),
        (True, "8080/tcp", "lan", ("reboot",)),
        (True, "8081", "outside", ("reboot",)),
        (True, "8081", "lan", ("reboot",)),
        (False, "5432", "outside", ()),
    ]
    assert len(found.world.publics) == 1


def test_on_break_says_what_a_guard_does() -> None:
    text = '[[must]]\nreach = "80"\nfrom = "lan"\non-break = "heal"\n[[must-not]]\nreach = "81"\nfrom = "lan"\n'
    assert [each.on_break for each in parse_expectations(text, "expect.toml").each] == ["heal", "observe"]


def test_what_is_never_changed_and_how_often() -> None:
    assert parse_expectations("", "expect.toml").heal == HealRules((), 3)
    text = '[heal]\nnever = ["DOCKER-USER", "shop_default"]\nmost-per-hour = 5\n'
    assert parse_expectations(text, "expect.toml").heal == HealRules(("DOCKER-USER", "shop_default"), 5)


@each_row("text", WRONG)
def test_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^expect\.toml: ") as error:
        parse_expectations(text, "expect.toml")
    assert WRONG[text] in str(error.value)


def test_the_wrong_value_is_marked() -> None:
    with pytest.raises(UsageError) as error:
        parse_expectations('[[must]]\nreach = ["80", "80801"]\nfrom = "lan"\n', "expect.toml")
    mark = error.value.mark
    assert mark is not None
    assert mark.line[mark.column :][: mark.length] == "80801"
