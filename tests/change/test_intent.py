"""A cause's intent becomes rules of the back end in use."""

import msgspec
import pytest

from hairpin.change.change import AddChain, DeleteRule, InsertRule, SetPolicy
from hairpin.change.commands.text import all_shown
from hairpin.change.intent import (
    AnswerHere,
    Intent,
    LetIn,
    LoopBack,
    Masquerade,
    MasqueradeTo,
    TakeAway,
    iptables_in_use,
    rendered,
)
from hairpin.change.steps import steps
from hairpin.host.managers import Version
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import FieldMatch, NameMatch, Ruleset, Verdict
from hairpin.network.network import Network
from tests.rows import each_row
from tests.small_host import HOST_NETNS, network

PLACE = Place("iptables-legacy", "ip", "filter", "INPUT", 3, "-A INPUT -j DROP")
BODY = (
    NameMatch("iif", ("eth0",)),
    FieldMatch("protocol", ((6, 6),)),
    FieldMatch("dport", ((80, 80),)),
    Verdict("accept"),
)
replace = msgspec.structs.replace

CASES: dict[str, tuple[Intent, list[str]]] = {
    "let in": (
        LetIn(HOST_NETNS, PLACE, "INPUT", (BODY,)), [(
            "iptables-legacy -S INPUT | grep -qxF -- '-A INPUT -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT' || "
            "iptables-legacy -I INPUT -i eth0 -p tcp --dport 80 -j ACCEPT"
        )],
    ),
    "let in, in nft's words": (
        LetIn(HOST_NETNS, replace(PLACE, dialect="nft", family="inet", table="t", chain="in"), "in", (BODY,)),
        [(
            "nft -s list chain inet t in | tr -d '\\t' | grep -qxF -- 'iifname \"eth0\" tcp dport 80 accept' || "
            "nft 'insert rule inet t in iifname \"eth0\" tcp dport 80 accept'"
        )],
    ),
    "masquerade": (
        Masquerade(HOST_NETNS, 4, 0xAC120000, 16, "br-x"),
        [(
            "iptables -t nat -S POSTROUTING | grep -qxF -- '-A POSTROUTING -s 172.18.0.0/16 ! -o br-x -j MASQUERADE' "
            "|| iptables -t nat -A POSTROUTING -s 172.18.0.0/16 ! -o br-x -j MASQUERADE"
        )],
    ),
    "masquerade once more": (
        Masquerade(HOST_NETNS, 4, 0xAC110000, 16, "docker0"),
        [(
            '[ "$(iptables -t nat -S POSTROUTING | grep -cxF -- '
            "'-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE')\" -gt 1 ] || "
            "iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"
        )],
    ),
    "masquerade to a port": (
        MasqueradeTo(HOST_NETNS, 6, 0x20010DB8 << 96 | 5, 6, 443),
        [(
            "ip6tables -t nat -S POSTROUTING | grep -qxF -- '-A POSTROUTING -d 2001:db8::5/128 -p tcp -m tcp --dport "
            "443 -j MASQUERADE' || ip6tables -t nat -A POSTROUTING -d 2001:db8::5 -p tcp --dport 443 -j MASQUERADE"
        )],
    ),
    "answer here": (
        AnswerHere(HOST_NETNS, 4, 0xCB00710B, 0xC633640B, 6, 8151, 8151),
        [(
            "iptables -t nat -S OUTPUT | grep -qxF -- "
            "'-A OUTPUT -d 203.0.113.11/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 198.51.100.11:8151' || "
            "iptables -t nat -I OUTPUT -d 203.0.113.11 -p tcp --dport 8151 -j DNAT --to-destination 198.51.100.11:8151"
        )],
    ),
    "looped back as the engine does": (
        LoopBack(HOST_NETNS, 6, 1 << 125, None, 17, 53),
        [(
            "printf '%s\\n' \\\n    '*nat' '-N HAIRPIN-LOOPBACK' "
            "'-A HAIRPIN-LOOPBACK -d 2000::/128 -p udp -m udp --dport 53 -j DOCKER' "
            "'-I PREROUTING -d 2000::/128 -j HAIRPIN-LOOPBACK' \\\n    "
            "'-I OUTPUT -d 2000::/128 -j HAIRPIN-LOOPBACK' COMMIT "
            "| grep -vxF -- \"$(ip6tables -t nat -S | sed 'p; s/^-A/-I/')\" | ip6tables-restore --noflush"
        )],
    ),
}  # fmt: skip


@each_row(("intent", "lines"), CASES.values(), ids=CASES)
def test_an_intent_in_the_owner_s_words(intent: Intent, lines: list[str]) -> None:
    change = rendered(intent, network())
    assert all(isinstance(part, AddChain) or (isinstance(part, InsertRule) and part.rule.body) for part in change.parts)
    assert list(all_shown(steps(change, network()))) == lines


def test_a_rule_is_taken_away_and_a_policy_accepts() -> None:
    assert rendered(TakeAway(HOST_NETNS, PLACE), network()).parts == (DeleteRule(HOST_NETNS, PLACE),)
    policy = replace(PLACE, number=0)
    assert rendered(TakeAway(HOST_NETNS, policy), network()).parts == (SetPolicy(HOST_NETNS, policy, "accept"),)


def on(dialect: str, version: str) -> Network:
    """Return the host whose rules are all of one back end (none: of both), with that ``iptables -V``."""
    net = network()
    namespace = net.namespace(HOST_NETNS)
    tables = tuple(replace(each, dialect=dialect) for each in namespace.ruleset.tables) if dialect else ()
    host = replace(net.this, versions=(Version("iptables", version),))
    return net.with_host(host).with_namespace(HOST_NETNS, replace(namespace, ruleset=Ruleset(tables)))


BACK_ENDS = {
    "the only one with rules": ("iptables-legacy", "iptables v1.8.9 (nf_tables)", "iptables-legacy"),
    "the one of the command": ("", "iptables v1.8.9 (legacy)", "iptables-legacy"),
    "today's default": ("", "", "iptables-nft"),
}


@pytest.mark.parametrize(("dialect", "version", "expected"), BACK_ENDS.values(), ids=BACK_ENDS)
def test_the_back_end_in_use(dialect: str, version: str, expected: str) -> None:
    net = on(dialect, version)
    assert iptables_in_use(net.namespace(HOST_NETNS).ruleset, net.this) == expected
    (part,) = rendered(Masquerade(HOST_NETNS, 4, 0xAC110000, 16, "docker0"), net).parts
    assert isinstance(part, InsertRule)
    assert part.dialect == expected
