"""Saved rules are edited by their meaning, and an edited text reads back as intended."""

from difflib import ndiff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.host.boot.saved_rules import (
    rule_of,
    rules_of,
    with_nft_line,
    with_policy,
    with_rule,
    without_nft_line,
    without_rule,
)
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.iptables.save import parse

SAVED = """\
# saved by hand
*nat
:PREROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [7:420]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp --dport 8151 -j DROP
[3:180] -A FORWARD -s 192.0.2.0/24 -j DROP
COMMIT
"""
FILE = ConfigFile("/etc/iptables/rules.v4", SAVED)
DELETED: dict[str, tuple[str, str, str | None]] = {
    "written otherwise": ("INPUT", "-p tcp -m tcp --dport 8151 -j DROP", "-A INPUT -p tcp --dport 8151 -j DROP"),
    "with counters": ("FORWARD", "-s 192.0.2.0/24 -j DROP", "[3:180] -A FORWARD -s 192.0.2.0/24 -j DROP"),
    "another chain": ("OUTPUT", "-s 192.0.2.0/24 -j DROP", None),
    "another rule": ("INPUT", "-p tcp -m tcp --dport 8152 -j DROP", None),
}


@pytest.mark.parametrize(("chain", "words", "line"), DELETED.values(), ids=DELETED)
def test_without_rule(chain: str, words: str, line: str | None) -> None:
    expected = None if line is None else SAVED.replace(f"{line}\n", "")
    assert without_rule(FILE, "ip", "filter", chain, f"-A {chain} {words}") == expected


def test_a_file_of_another_form_is_left_alone() -> None:
    assert without_rule(ConfigFile("x", "flush ruleset\n"), "ip", "filter", "INPUT", "-A INPUT -j DROP") is None
    assert rule_of("ip", "filter", "INPUT", "-A INPUT --no-such-thing\n*") is None


@given(
    st.sampled_from(["filter", "nat", "mangle"]), st.sampled_from(["INPUT", "OUTPUT", "MINE"]), st.integers(1, 65535)
)
def test_an_inserted_rule_is_the_first_of_its_chain_and_can_be_taken_out_again(
    table: str, chain: str, port: int
) -> None:
    words = f"-p udp -m udp --dport {port} -j ACCEPT"
    for text in (SAVED, ""):
        grown = with_rule(text, table, chain, f"-A {chain} {words}")
        tables = {each.name: each for each in parse(grown, family="ip", dialect="iptables-nft", source="x")}
        found = tables[table].chain(chain)
        assert found is not None
        assert found.rules[0].text == f"-A {chain} {words}"
        again = without_rule(ConfigFile("x", grown), "ip", table, chain, words)
        assert again is not None
        assert words not in again


def test_policies() -> None:
    opened = with_policy(SAVED, "filter", "FORWARD", "accept")
    assert opened == SAVED.replace(":FORWARD DROP [7:420]", ":FORWARD ACCEPT [0:0]")
    assert with_policy(SAVED, "filter", "INPUT", "accept") is None
    assert with_policy(SAVED, "nat", "FORWARD", "accept") is None


def test_one_line_of_an_nft_script() -> None:
    script = 'table inet f {\n  chain forward {\n    iifname "eth0"  drop # mine\n    accept\n  }\n}\n'
    file = ConfigFile("/etc/nftables.conf", script)
    expected = "table inet f {\n  chain forward {\n    accept\n  }\n}\n"
    assert without_nft_line(file, "forward", "iifname eth0 drop") == expected
    assert without_nft_line(file, "input", "iifname eth0 drop") is None
    twice = ConfigFile("x", "chain forward {\n accept\n accept\n}\n")
    assert without_nft_line(twice, "forward", "accept") is None


ODD = "# a\x0cb\r\n*filter\n:INPUT ACCEPT [0:0]\n\n# mine\u2028\n:MINE - [0:0]\n-A INPUT -j MINE \nCOMMIT\n# end"
NFT = "#!/usr/sbin/nft -f\n# a\x0cb\ntable ip a {\n chain b {\n  type filter hook input priority 0;\n\n }\n}\n"


def gone_and_come(before: str, after: str) -> tuple[list[str], list[str]]:
    changed = [each for each in ndiff(before.split("\n"), after.split("\n")) if each[0] in "+-"]
    return [each[2:] for each in changed if each[0] == "-"], [each[2:] for each in changed if each[0] == "+"]


def test_no_other_line_is_touched_and_a_second_edit_changes_nothing() -> None:
    text = f"{ODD}\n"
    grown = with_rule(text, "filter", "MINE", "-A MINE -j ACCEPT")
    assert gone_and_come(text, grown) == ([], ["-A MINE -j ACCEPT"])
    assert without_rule(ConfigFile("x", grown), "ip", "filter", "MINE", "-j ACCEPT") == text
    closed = with_policy(text, "filter", "INPUT", "drop")
    assert closed is not None
    assert gone_and_come(text, closed) == ([":INPUT ACCEPT [0:0]"], [":INPUT DROP [0:0]"])
    assert with_policy(closed, "filter", "INPUT", "drop") is None
    script = with_nft_line(ConfigFile("x", NFT), ("ip", "a", "b"), "accept")
    assert script is not None
    assert gone_and_come(NFT, script) == ([], ["  accept"])
    assert with_nft_line(ConfigFile("x", script), ("ip", "a", "b"), "accept") == script
    assert without_nft_line(ConfigFile("x", script), "b", "accept") == NFT


def test_ufws_own_word_for_a_rule_goes_with_it() -> None:
    """ufw writes its rules anew from these words, and so a deleted rule would come back."""
    text = (
        "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n\n"
        "### tuple ### deny tcp 80 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 80 -j DROP\n\n"
        "### tuple ### limit tcp 81 0.0.0.0/0 any 0.0.0.0/0 in\n"
        "-A ufw-user-input -p tcp --dport 81 -m conntrack --ctstate NEW -m recent --set\n"
        "-A ufw-user-input -p tcp --dport 81 -j ufw-user-limit-accept\n\n### END RULES ###\nCOMMIT\n"
    )
    file = ConfigFile("/etc/ufw/user.rules", text)
    words = "### tuple ### deny tcp 80 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 80 -j DROP\n"
    chain = "ufw-user-input"
    assert without_rule(file, "ip", "filter", chain, "-p tcp -m tcp --dport 80 -j DROP") == text.replace(words, "")
    assert without_rule(file, "ip", "filter", chain, "-p tcp -m tcp --dport 81 -j ufw-user-limit-accept") is None


def test_ufws_own_files_insert_rules_of_other_chains() -> None:
    """As ufw 0.36 writes user.rules."""
    text = (
        "*filter\n:ufw-user-input - [0:0]\n:ufw-logging-deny - [0:0]\n-A ufw-user-input -p tcp --dport 80 -j DROP\n"
        "-I ufw-logging-deny -m conntrack --ctstate INVALID -j RETURN -m limit --limit 3/min --limit-burst 10\n"
        "-A ufw-user-input -p tcp --dport 81 -j DROP\nCOMMIT\n"
    )
    file = ConfigFile("/etc/ufw/user.rules", text)
    assert [each.line for each in rules_of(file, "ip", "filter", "ufw-user-input")] == [4, 6]
    assert rules_of(file, "ip", "filter", "ufw-logging-deny") == ()
