"""The kernel's own listings are held by tests/kernel/test_pasted_rules.py; here are the layouts of other versions."""

import pytest

from hairpin.host.read import parse as host
from hairpin.netfilter.ir import Rule
from hairpin.netfilter.nft.listing import parse
from tests.pasted.readings import evidence_in_text

HEAD = "table inet filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n"
END = "\t}\n}\n"


def rules_in(lines: str) -> tuple[Rule, ...]:
    found = [each for each in evidence_in_text(HEAD + lines + END).readings if each.key == "nft-table"]
    (table,) = parse(found[0].text, source="text")
    return table.chains[0].rules


UNKNOWN = {
    "before 1.0.2": "\t\t# match addrtype counter packets 0 bytes 0 accept\n",
    "since 1.0.2": '\t\txt match "addrtype" counter packets 0 bytes 0 accept\n',
    "words that are not known": "\t\tfrobnicate 5 accept\n",
}


@pytest.mark.parametrize("line", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_match_keeps_its_verdict(line: str) -> None:
    (rule,) = rules_in(line)
    assert [type(each).__name__ for each in rule.body] == ["OpaqueMatch", "Verdict"]


def test_an_unknown_line_may_do_anything() -> None:
    (rule,) = rules_in("\t\t...\n")
    assert [type(each).__name__ for each in rule.body] == ["Outside"]


def test_a_table_that_is_cut_is_no_reading() -> None:
    assert len(evidence_in_text(HEAD + "\t\taccept\n").readings) == 1


def test_a_dormant_table_of_iptables_nft_is_one_of_iptables_with_its_flag() -> None:
    text = "table ip nat {\n\tflags dormant\n\n\tchain DOCKER {\n\t\ttcp dport 80 counter drop\n\t}\n}\n"
    found = evidence_in_text(text)
    (table,) = host.parse(found).namespaces[0].ruleset.tables
    assert (table.dialect, table.dormant) == ("iptables-nft", True)
    (awake,) = host.parse(evidence_in_text(text.replace("\tflags dormant\n", ""))).namespaces[0].ruleset.tables
    assert (awake.dialect, awake.dormant) == ("iptables-nft", False)
