"""The sentence about a limit names its number, its time and whose traffic counts together."""

from hairpin.netfilter.evaluate.bound import bound_of
from hairpin.netfilter.ir import NoEffect, Rule, StatefulMatch
from hairpin.netfilter.limit import Rate
from tests.rows import each_row
from tests.small_host import ruleset

NEW = "-m conntrack --ctstate NEW"
CASES: dict[str, tuple[str, str]] = {
    "within": (
        f"{NEW} -m recent --update --seconds 30 --hitcount 6 --name S --mask 255.255.255.255 --rsource",
        "fewer than 6 new connections in 30 s come from one address",
    ),
    "at any time": (
        "-m recent --rcheck --hitcount 6 --name S --mask 255.255.255.0 --rsource",
        "fewer than 6 packets come from one network /24",
    ),
    "a list": ("-m recent --rcheck --name BAN --rsource", "the list BAN of xt_recent does not have the address"),
    "connlimit": (
        "-m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr",
        "at most 3 connections of one address are open",
    ),
    "of all": (
        "-m connlimit --connlimit-above 3 --connlimit-mask 0 --connlimit-saddr",
        "at most 3 connections of all senders together are open",
    ),
    "limit": (
        "-p tcp --syn -m limit --limit 5/min",
        "at most 5 new connections per minute come from all senders together (5 at once)",
    ),
    "hashlimit": (
        "-m hashlimit --hashlimit-above 2/sec --hashlimit-burst 9 --hashlimit-mode srcip --hashlimit-name H",
        "at most 2 packets per second come from one address (9 at once)",
    ),
    "of several fields": (
        "-m hashlimit --hashlimit-upto 512kb/s --hashlimit-mode srcip,dstport --hashlimit-name H",
        "at most 512 kbytes per second come from one combination of srcip, dstport",
    ),
    "no amount is known": (
        "-m connbytes --connbytes 9: --connbytes-dir both --connbytes-mode bytes",
        "the limit of the rule is not reached",
    ),
}  # fmt: skip


@each_row(("match", "said"), CASES.values(), ids=CASES)
def test_bound_of(match: str, said: str) -> None:
    (table,) = ruleset(f"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {match} -j DROP\nCOMMIT\n").tables
    rule = table.chains[0].rules[0]
    (part,) = (each for each in rule.body if isinstance(each, StatefulMatch))
    assert str(bound_of(rule, part)) == said


def test_an_element_of_a_set_has_a_limit_of_its_own() -> None:
    limit = StatefulMatch("limit", "limit rate over 3/minute", usual=False, rate=Rate(3, "packets", "minute", 5))
    for text, who in (
        ("add @m { ip saddr limit … }", "one address"),
        ("add @m { iif … }", "one element of the rule's set"),
    ):
        rule = Rule((NoEffect("add @", text), limit), "", 1)
        assert str(bound_of(rule, limit)) == f"at most 3 packets per minute come from {who} (5 at once)"


def test_a_content_or_chance_is_no_amount() -> None:
    for name in ("string", "tcpmss", "statistic"):
        part = StatefulMatch(name, "")
        assert bound_of(Rule((part,), "", 1), part) is None
