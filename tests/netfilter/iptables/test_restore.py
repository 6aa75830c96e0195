"""What iptables-restore --noflush makes of the tables that are there.

``python -m tests.matrix --event ufw-reload`` holds it against the real one.
"""

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter.evaluate.chain import jumped_to
from hairpin.netfilter.iptables.render import render
from hairpin.netfilter.iptables.restore import Loading, restored_tables
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Table
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row

HELD = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:mine - [0:0]
:other - [0:0]
-A INPUT -j mine
-A mine -p tcp -m tcp --dport 22 -j ACCEPT
-A mine -j RETURN
COMMIT
"""


def held() -> tuple[Table, ...]:
    return parse(HELD, family="ip", dialect="iptables-nft", source="held")


def after(lines: str, tables: tuple[Table, ...] | None = None, family: IpFamily = "ip") -> list[str]:
    """Return the table filter, as iptables-save prints it, after a text with these lines."""
    loading = Loading(family, "iptables-nft", "text")
    (table,) = restored_tables(f"*filter\n{lines}\nCOMMIT\n", held() if tables is None else tables, loading)
    return [line for line in render(table).splitlines() if line.startswith((":", "-")) and "ACCEPT [" not in line]


FORWARD, MINE, OTHER, JUMP = ":FORWARD DROP [0:0]", ":mine - [0:0]", ":other - [0:0]", "-A INPUT -j mine"
SSH, BACK = "-A mine -p tcp -m tcp --dport 22 -j ACCEPT", "-A mine -j RETURN"
EDITS: dict[str, tuple[str, list[str]]] = {
    "nothing": ("", [FORWARD, MINE, OTHER, JUMP, SSH, BACK]),
    "a declared chain is emptied": (":mine - [0:0]", [FORWARD, MINE, OTHER, JUMP]),
    "a built-in chain keeps its rules": (
        ":INPUT DROP [0:0]", [":INPUT DROP [0:0]", FORWARD, MINE, OTHER, JUMP, SSH, BACK],
    ),
    "a policy": ("-P FORWARD ACCEPT", [MINE, OTHER, JUMP, SSH, BACK]),
    "behind the rest": ("-A mine -j DROP", [FORWARD, MINE, OTHER, JUMP, SSH, BACK, "-A mine -j DROP"]),
    "before the rest": ("-I mine -j DROP", [FORWARD, MINE, OTHER, JUMP, "-A mine -j DROP", SSH, BACK]),
    "second": ("[1:2] -I mine 2 -j DROP", [FORWARD, MINE, OTHER, JUMP, SSH, "-A mine -j DROP", BACK]),
    "a rule deleted by its words": ("-D mine -p tcp --dport 22 -j ACCEPT", [FORWARD, MINE, OTHER, JUMP, BACK]),
    "a rule deleted by its number": ("--delete mine 2", [FORWARD, MINE, OTHER, JUMP, SSH]),
    "one chain flushed": ("-F mine", [FORWARD, MINE, OTHER, JUMP]),
    "all flushed, the user's deleted": ("-F\n-X\n-Z", [FORWARD]),
    "a new chain": (
        "-N new\n-A new -j mine", [FORWARD, MINE, OTHER, ":new - [0:0]", JUMP, SSH, BACK, "-A new -j mine"],
    ),
    "an unused chain deleted": ("# a comment\n\n-X other", [FORWARD, MINE, JUMP, SSH, BACK]),
}  # fmt: skip
WORDS: dict[str, tuple[IpFamily, str]] = {
    "-A INPUT -p udp -d 224.0.0.251 --dport 53 -j DROP": (
        "ip", "-A INPUT -d 224.0.0.251/32 -p udp -m udp --dport 53 -j DROP",
    ),
    '-A INPUT -j LOG --log-prefix "[X] " -m limit --limit 3/minute': (
        "ip", '-A INPUT -m limit --limit 3/min -j LOG --log-prefix "[X] "',
    ),
    "-A INPUT -p icmp --icmp-type echo-request -j DROP": ("ip", "-A INPUT -p icmp -m icmp --icmp-type 8 -j DROP"),
    "-A INPUT -m recent --set -p tcp": (
        "ip", "-A INPUT -p tcp -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource",
    ),
    "-A INPUT -m recent --rcheck --name A --rdest --mask ::ffff": (
        "ip6", "-A INPUT -m recent --rcheck --name A --rdest --mask ::ffff",
    ),
}  # fmt: skip
REFUSED = {
    "-X mine": "in use", "-X none": "does not exist", "-N mine": "exists already", "-F none": "no chain",
    "-D mine 9": "no such", "-D mine -j DROP": "no such", "-I mine 9 -j DROP": "no place", "-P mine DROP": "policy",
    "-E mine ours": "-E", "-A mine --such 1": "damaged", "-A none -j DROP": "not declared",
}  # fmt: skip


@each_row(("lines", "left"), EDITS.values(), ids=EDITS)
def test_what_the_text_does_not_name_stays(lines: str, left: list[str]) -> None:
    assert after(lines) == left


@each_row(("said", "expected"), WORDS.items(), ids=WORDS)
def test_rules_are_in_the_words_of_iptables_save(said: str, expected: tuple[IpFamily, str]) -> None:
    loading = Loading(expected[0], "iptables-nft", "text")
    (table,) = restored_tables(f"*filter\n{said}\nCOMMIT", (), loading)
    chain = table.chain("INPUT")
    assert chain is not None
    assert [rule.text for rule in chain.rules] == [expected[1]]


@each_row(("line", "why"), REFUSED.items(), ids=REFUSED)
def test_what_iptables_refuses_is_said_with_its_line(line: str, why: str) -> None:
    with pytest.raises(ParseError, match=why) as refused:
        after(f"-A INPUT -j mine\n{line}")
    assert (refused.value.line, refused.value.text) == (3, line)


@pytest.mark.parametrize("text", ("-A INPUT\n", "*filter\n-A INPUT\n", "*strainer\nCOMMIT\n"))
def test_a_text_of_another_form(text: str) -> None:
    with pytest.raises(ParseError):
        tuple(restored_tables(text, held(), Loading("ip", "iptables-nft", "text")))


def test_the_tables_before_a_fault_are_loaded() -> None:
    """A second part finds what the first has left; a table of another family or back end is not touched."""
    text = "*filter\n-F mine\nCOMMIT\n*filter\n-A mine -j DROP\nCOMMIT\n*nat\n-X none\nCOMMIT\n"
    loading = restored_tables(text, held(), Loading("ip", "iptables-nft", "text"))
    found = [next(loading), next(loading)]
    with pytest.raises(ParseError):
        next(loading)
    chain = found[-1].chain("mine")
    assert chain is not None
    assert [(rule.number, rule.text) for rule in chain.rules] == [(1, "-A mine -j DROP")]
    assert jumped_to(found[-1]) == {"mine"}
    with pytest.raises(ParseError):
        after("-F mine", tables=(), family="ip6")
