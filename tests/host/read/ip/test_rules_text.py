"""Policy rules from words say the same as from JSON; busybox says less."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip import rules_json
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.rules_text import rules
from hairpin.netfilter.address import Version
from tests.host.fixture_evidence import text_of
from tests.rows import each_row

TABLES = RouteTables()
BUSYBOX = {
    rule.priority: rule
    for rule in rules(
        text_reading(text_of("iproute2-6.1", "rule4.busybox.txt"), "busybox ip rule"), version=4, tables=TABLES
    )
}


@pytest.mark.parametrize("version", (4, 6))
def test_words_say_what_json_says(version: Version) -> None:
    words, document = (text_of("iproute2-6.1", f"rule{version}.{form}") for form in ("txt", "json"))
    found = rules(text_reading(words, "ip rule", "e1"), version=version, tables=TABLES)
    assert found == rules_json.rules(text_reading(document, "ip rule", "e1"), version=version, tables=TABLES)
    assert len(found) == len(words.splitlines())


@each_row(
    ("priority", "action"),
    ((0, "table"), (103, "goto"), (104, "blackhole"), (105, "unreachable"), (106, "prohibit"), (108, "nop")),
)
def test_busybox_prints_actions_as_if_they_were_route_types(priority: int, action: str) -> None:
    assert BUSYBOX[priority].action == action


def test_busybox_leaves_out_the_target_of_goto() -> None:
    assert BUSYBOX[103].goto is None
    assert BUSYBOX[107].l3mdev


def test_selectors_that_are_not_modelled_are_named() -> None:
    (rule,) = rules(text_reading("7:\tfrom all tun_id 5 lookup main", "ip rule"), version=4, tables=TABLES)
    assert rule.unknown_selectors == ("tun_id",)


@pytest.mark.parametrize(
    "text", ("x:\tfrom all lookup main", "7:\tfrom x lookup main", "7:\tfrom all fwmark x lookup main")
)
def test_damage_is_a_parse_error_with_its_line(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        rules(text_reading(f"\n{text}\n", "ip rule"), version=4, tables=TABLES)
    assert (caught.value.source, caught.value.line, caught.value.text) == ("ip rule", 2, text)
