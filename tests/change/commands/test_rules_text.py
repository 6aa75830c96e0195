"""Edits of rules as commands that may be typed in twice.  tests/kernel/test_change_law.py types them in."""

import subprocess

import msgspec

from hairpin.change.change import AddChain, Change, DeleteRule, InsertRule, RuleEdit
from hairpin.change.commands.rules_text import nft_insertion, nft_words, rules_commands, words_for_shell
from hairpin.change.step import LoadRules
from hairpin.change.steps import steps
from hairpin.host.managers import Version
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.words import quoted
from hairpin.netfilter.ir import Rule, Verdict
from hairpin.network.network import Network
from tests.rows import each_row
from tests.small_host import HOST_NETNS, network


def insertion(chain: str, number: int, position: int | None) -> InsertRule:
    text = f"-A {chain} -m mark --mark {number:#x} -j DROP"
    return InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", chain, Rule((Verdict("drop"),), text, 1), position)


def told(*edits: RuleEdit, found: Network | None = None) -> list[str]:
    (step,) = steps(Change(edits), found if found is not None else network())
    assert isinstance(step, LoadRules)
    return list(rules_commands(step))


def with_version(text: str) -> Network:
    net = network()
    return net.with_host(msgspec.structs.replace(net.this, versions=(Version("iptables", text),)))


def test_many_edits_are_one_load_of_what_is_lacking() -> None:
    (load,) = told(
        AddChain(HOST_NETNS, "iptables-nft", "ip", "filter", "NEW"),
        insertion("NEW", 1, None),
        insertion("FORWARD", 2, 1),
        insertion("FORWARD", 3, 2),
        insertion("FORWARD", 4, 1),
    )
    assert load.splitlines() == [
        "printf '%s\\n' \\",
        # the last is inserted first, so that they stand as 4, 2, 3
        (
            "    '*filter' '-N NEW' '-A NEW -m mark --mark 0x1 -j DROP' '-I FORWARD -m mark --mark 0x3 -j DROP'"
            " '-I FORWARD -m mark --mark 0x2 -j DROP' \\"
        ),
        (
            """    '-I FORWARD -m mark --mark 0x4 -j DROP' COMMIT"""
            """ | grep -vxF -- "$(iptables -S | sed 'p; s/^-A/-I/')" | iptables-restore --noflush"""
        ),
    ]


def test_rules_between_others_have_a_command_each() -> None:
    lines = told(*(insertion("FORWARD", number, 2) for number in range(4)))
    assert len(lines) == 4
    assert all("grep -qxF" in line for line in lines)


def test_the_other_back_end_is_called_by_its_name() -> None:
    found = with_version("iptables v1.8.9 (legacy)")
    (line,) = told(insertion("FORWARD", 1, 1), found=found)
    assert line.startswith("iptables-nft -S FORWARD | grep")
    assert " || iptables-nft -I FORWARD " in line


def test_a_rule_that_other_words_would_find_first_is_deleted_by_its_number() -> None:
    chain = network().namespace(HOST_NETNS).ruleset.table("ip", "filter", "iptables-nft")
    assert chain is not None
    forward = chain.chain("FORWARD")
    assert forward is not None
    jump = next(rule for rule in forward.rules if rule.text.endswith("-o docker0 -j DOCKER"))
    place = Place("iptables-nft", "ip", "filter", "FORWARD", jump.number, jump.text)
    words = jump.text.removeprefix("-A FORWARD ")
    assert told(DeleteRule(HOST_NETNS, place)) == [f"iptables -D FORWARD {words}"]


def test_a_rule_that_no_words_find_is_deleted_by_its_number() -> None:
    text = "-A FORWARD -m recent --rcheck --name r --mask 255.255.255.255 --rsource -j DROP"
    (line,) = told(DeleteRule(HOST_NETNS, Place("iptables-nft", "ip", "filter", "FORWARD", 3, text)))
    assert line == f"iptables -S FORWARD 3 | grep -qxF -- '{text}' && iptables -D FORWARD 3"


def test_a_rule_that_moves_stays_where_it_was_moved_to() -> None:
    chain = network().namespace(HOST_NETNS).ruleset.table("ip", "filter", "iptables-nft")
    forward = chain.chain("FORWARD") if chain is not None else None
    assert forward is not None
    jump = forward.rules[2]
    place = Place("iptables-nft", "ip", "filter", "FORWARD", jump.number + 1, jump.text)
    words = jump.text.removeprefix("-A FORWARD ")
    up = InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", jump, 1)
    assert told(up, DeleteRule(HOST_NETNS, place)) == [
        f"iptables -S FORWARD 3 | grep -qxF -- '{jump.text}' && iptables -I FORWARD {words}",
        (
            f"[ \"$(iptables -S FORWARD | grep -cxF -- '{jump.text}')\" = 2 ] && "
            f"iptables -S FORWARD 4 | grep -qxF -- '{jump.text}' && iptables -D FORWARD 4"
        ),
    ]


def test_a_rule_with_a_chain_without_a_name_is_looked_for_as_nft_lists_it() -> None:
    rule = Rule((), "tcp dport 1 jump { meta length > 30 accept; tcp dport { 2, 3 } drop; }", 1)
    (line,) = told(InsertRule(HOST_NETNS, "nft", "inet", "t", "c", rule, 1))
    lines = ";tcp dport 1 jump {;meta length > 30 accept;tcp dport { 2, 3 } drop;}"
    assert line.startswith(
        f"nft -s list chain inet t c | tr -d '\\t' | tr '\\n' ';' | grep -oF -- '{lines}' | grep -q . || nft '"
    )


def test_words_of_nft_are_quoted_where_a_shell_would_change_them() -> None:
    assert (
        nft_words("add rule inet t c tcp dport { 80, 443 } accept") == "add rule inet t c tcp dport { 80, 443 } accept"
    )
    assert nft_words("x & y").startswith("'")
    rule = InsertRule(HOST_NETNS, "nft", "inet", "t", "c", Rule((), "drop", 1), 3)
    assert nft_insertion(rule) == "add rule inet t c index 1 drop"


def test_a_rule_of_nft_without_a_handle_is_found_by_its_words() -> None:
    (line,) = told(DeleteRule(HOST_NETNS, Place("nft", "inet", "t", "c", 2, 'iifname "a" drop', None)))
    assert line == (
        "nft delete rule inet t c handle \"$(nft -a list chain inet t c | tr -d '\\t' | "
        "grep -F -m 1 -- 'iifname \"a\" drop # handle ' | sed 's/.* //')\""
    )


HOSTILE = ("$(id)", "`id`", "a;id", "a|id", "a&", "a>b", "x#y", "it's", 'say "hi"', "\\", "*", "~", "$HOME", "plain")


@each_row("comment", HOSTILE)
def test_a_shell_runs_nothing_of_a_rules_comment(comment: str) -> None:
    words = words_for_shell(f"-i eth0 -m comment --comment {quoted(comment)} -j DROP")
    done = subprocess.run(("sh", "-c", f"printf '%s\\n' {words}"), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["-i", "eth0", "-m", "comment", "--comment", comment, "-j", "DROP"]
