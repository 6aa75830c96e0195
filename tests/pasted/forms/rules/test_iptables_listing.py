"""Listings of rules in the layouts of iptables 1.4 to 1.8.11, whole and damaged."""

import pytest

from hairpin.netfilter.iptables.save import parse
from tests.pasted.readings import evidence_in_text
from tests.rows import each_row

COLUMNS = " pkts bytes target     prot opt in     out     source               destination\n"
SHORT = "target     prot opt source               destination\n"
HEAD = "Chain FORWARD (policy DROP 0 packets, 0 bytes)\n" + COLUMNS
END = "\nChain INPUT (policy ACCEPT 0 packets, 0 bytes)\n" + COLUMNS


def rules_in(text: str, chain: str = "FORWARD") -> list[str]:
    """Return the rules of the chain that are read from a text, without ``-A CHAIN``."""
    rows = [each for each in evidence_in_text(text).readings if each.key.startswith("iptables-")]
    for each in rows:
        parse(each.text, family="ip6" if each.key.endswith("6") else "ip", dialect="iptables-nft", source=each.key)
    lines = [line for each in rows for line in each.text.splitlines()]
    return [line.removeprefix(f"-A {chain} ") for line in lines if line.startswith(f"-A {chain} ")]


EVERYWHERE = " 0.0.0.0/0            0.0.0.0/0 "
ROWS: dict[str, tuple[str, str]] = {
    "1.8.9": ("ACCEPT     6    --  !docker0 docker0  0.0.0.0/0   172.17.0.2  tcp dpt:80",
              "-d 172.17.0.2 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"),
    "names of protocols": (" 12K  90M ACCEPT     tcp  --  !docker0 docker0  0.0.0.0/0   172.17.0.2  tcp dpt:80",
                           "-d 172.17.0.2 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"),
    "! apart": ("ACCEPT     all  --  docker0 ! docker0  0.0.0.0/0            0.0.0.0/0           ",
                "-i docker0 ! -o docker0 -j ACCEPT"),
    "a negated address": ("ACCEPT  all  --  *  *  0.0.0.0/0 !127.0.0.0/8  ADDRTYPE match dst-type LOCAL",
                          "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j ACCEPT"),
    "no target": ("           tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:22",
                  "-p tcp -m tcp --dport 22"),
    "no target, 1.8.9": ("           6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:22",
                         "-p tcp -m tcp --dport 22"),
    "one blank between columns": ("0 0 ACCEPT all -- * docker0 0.0.0.0/0 0.0.0.0/0 ctstate RELATED,ESTABLISHED",
                                  "-o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
    "a web page's dash": ("ACCEPT     all  \u2014  *      docker0  0.0.0.0/0            0.0.0.0/0            state NEW",
                          "-o docker0 -m state --state NEW -j ACCEPT"),
    "a masked address": ("ACCEPT     all  --  *      *       134.24.*.*           0.0.0.0/0           ",
                         '-m unlisted --source-address "134.24.*.*" -j ACCEPT'),
    "unknown words": ("DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0  frobnicate 5 ctstate NEW",
                      '-m unlisted --words "frobnicate 5 ctstate NEW" -j DROP'),
    "a comment that looks like a match": ("DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0  /* tcp dpt:80 */",
                                          '-m comment --comment "tcp dpt:80" -j DROP'),
    "a rule that goes": ("X          all  --  *      *       0.0.0.0/0            0.0.0.0/0           [goto] ", "-g X"),
    "a service's name": ("ACCEPT     tcp  --  any    any     anywhere             anywhere             tcp dpt:http",
                         "-p tcp -m tcp --dport 80 -j ACCEPT"),
    "an unknown service": ("ACCEPT  tcp  --  any  any  anywhere  anywhere  tcp dpt:frobnicate",
                           '-p tcp -m unlisted --words "tcp dpt:frobnicate" -j ACCEPT'),
    "a machine's name": ("ACCEPT     all  --  any    any     web.example.com      localhost/8         ",
                         '-m unlisted --source-address "web.example.com" -d 127.0.0.0/8 -j ACCEPT'),
    "a translation whose words are cut": ("DNAT  tcp  --  *  *  0.0.0.0/0  0.0.0.0/0  tcp dpt:80 to",
                                          '-p tcp -m tcp --dport 80 -m unlisted --words "to" -j DNAT --unlisted'),
}  # fmt: skip


@each_row(("row", "rule"), ROWS.values(), ids=ROWS)
def test_a_row(row: str, rule: str) -> None:
    counted = row if row.startswith(("0 ", " 12")) else f"    0     0 {row}"
    (found,) = rules_in(f"# iptables -L -v\n{HEAD}{counted.replace(' ALL ', EVERYWHERE)}\n{END}")
    assert found == rule


def test_a_listing_without_interfaces_does_not_tell_them() -> None:
    text = f"Chain FORWARD (policy DROP)\n{SHORT}ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0\n"
    assert rules_in(f"# iptables -nL\n{text}") == ["-m unlisted --interfaces -j ACCEPT"]


def test_ipv6_rules_before_the_column_of_options() -> None:
    text = f"Chain FORWARD (policy DROP)\n{SHORT}ACCEPT  tcp  ::/0  fd00::2/128  tcp dpt:80\n"
    assert rules_in(text) == ["-d fd00::2/128 -m unlisted --interfaces -p tcp -m tcp --dport 80 -j ACCEPT"]


def test_a_broken_line_is_one_rule() -> None:
    rows = (
        "    0     0 ACCEPT     all  --  *      docker0  0.0.0.0/0            0.0.0.0/0\nctstate RELATED,ESTABLISHED\n"
    )
    rows += "    0     0 ACCEPT     all  --  docker0 !docker0  0.0.0.0/0\n            0.0.0.0/0\n"
    assert rules_in(f"# iptables -L -v\n{HEAD}{rows}{END}") == [
        "-o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-i docker0 ! -o docker0 -j ACCEPT",
    ]


GAP = ["-m unlisted --rules -j ACCEPT", "-m unlisted --rules -j DROP"]


@pytest.mark.parametrize("left_out", ("...", "[...]", "\u2026", "    0     0 garbage"))
def test_rules_that_are_left_out_may_be_any_rules(left_out: str) -> None:
    row = "    0     0 ACCEPT     all  --  docker0 *       0.0.0.0/0            0.0.0.0/0\n"
    rule = "-i docker0 -j ACCEPT"
    assert rules_in(f"# iptables -L -v\n{HEAD}{row}{left_out}\n{row}{END}") == [rule, *GAP, rule]


def test_chains_that_are_not_listed_may_have_any_rules() -> None:
    row = "    0     0 DOCKER     all  --  *      docker0 0.0.0.0/0            0.0.0.0/0\n"
    text = f"# iptables -L FORWARD -v\n{HEAD}{row}"
    assert rules_in(text) == ["-o docker0 -j DOCKER"]
    assert rules_in(text, "DOCKER") == rules_in(text, "INPUT") == GAP


def test_a_chain_that_another_output_lists_is_known() -> None:
    row = "    0     0 DOCKER     all  --  *      docker0 0.0.0.0/0            0.0.0.0/0\n"
    of_docker = f"Chain DOCKER (1 references)\n{SHORT}DROP       all  --  10.0.0.1             0.0.0.0/0\n"
    text = f"# iptables -L FORWARD -v\n{HEAD}{row}\n# iptables -nL DOCKER\n{of_docker}"
    assert rules_in(text) == ["-o docker0 -j DOCKER"]
    assert rules_in(text, "DOCKER") == ["-s 10.0.0.1 -m unlisted --interfaces -j DROP"]


def test_lines_that_grep_has_left_have_unknown_rules_around_them() -> None:
    rule = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80"
    text = (
        f"# iptables-save | grep 172.17.0.2\n{rule}\n-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -j MASQUERADE\n"
    )
    assert rules_in(text, "DOCKER") == [*GAP, rule.removeprefix("-A DOCKER "), *GAP]


def test_an_old_save_and_a_listing_are_one_table() -> None:
    saved = "# Generated by iptables-save v1.4.21 on Mon\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n"
    found = evidence_in_text(f"# iptables-save\n{saved}\n# iptables -nvL\n{HEAD}{END}")
    assert [each.key for each in found.readings[1:]] == ["iptables-legacy-save4"]


def test_a_damaged_rule_loses_no_other() -> None:
    saved = (
        "# Generated by iptables-save v1.8.7 (nf_tables) on Mon\n*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n"
        "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER -s x.x.x.x/32 -p tcp -j RETURN\n"
        "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT\n--to-destination 172.17.0.2:80\nCOMMIT\n"
    )
    assert rules_in(saved, "PREROUTING") == ["-m addrtype --dst-type LOCAL -j DOCKER"]
    assert rules_in(saved, "DOCKER") == [
        '-m unlisted --source-address "x.x.x.x/32" -p tcp -j RETURN',
        "! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80",
    ]
