from hairpin.netfilter.ir import NoEffect, StatefulMatch
from hairpin.netfilter.limit import ConnectionLimit, HashLimit, Limit, RecentLimit
from tests.rows import each_row
from tests.small_host import ruleset

# the match of a rule, its limit
CASES: dict[str, tuple[str, Limit | None]] = {
    "connlimit": ("-m connlimit --connlimit-above 3", ConnectionLimit(3, True, 32)),
    "upto": ("-m connlimit --connlimit-upto 3 --connlimit-mask 24", ConnectionLimit(3, False, 24)),
    "of the destination": (
        "-m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-daddr", ConnectionLimit(3, True, 32, "daddr")
    ),
    "recent": ("-m recent --rcheck --name BAN --rsource", RecentLimit("BAN", 1, None, 32)),
    "within": (
        "-m recent --update --seconds 60 --hitcount 4 --name S --mask 255.255.255.0 --rsource",
        RecentLimit("S", 4, 60, 24),
    ),
    "not seen": ("-m recent ! --rcheck --name S --rdest", RecentLimit("S", 1, None, 32, over=False, by="daddr")),
    "with a TTL": ("-m recent --rcheck --rttl --name S --rsource", None),
    "removed": ("-m recent --remove --name S --rsource", None),
    "hashlimit": (
        "-m hashlimit --hashlimit-above 2/min --hashlimit-burst 2 --hashlimit-mode srcip,dstport --hashlimit-name H",
        HashLimit("H", True, ("srcip", "dstport"), 32, 32),
    ),
    "below": (
        "-m hashlimit --hashlimit-upto 2/min --hashlimit-srcmask 24 --hashlimit-mode srcip --hashlimit-name H",
        HashLimit("H", False, ("srcip",), 24, 32),
    ),
    "bytes": ("-m hashlimit --hashlimit-above 2kb/s --hashlimit-mode srcip --hashlimit-name H", None),
    "limit has no list": ("-m limit --limit 3/min", None),
}  # fmt: skip


@each_row(("match", "limit"), CASES.values(), ids=CASES)
def test_a_match_has_the_limit_that_its_options_say(match: str, limit: Limit | None) -> None:
    (table,) = ruleset(f"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {match} -j DROP\nCOMMIT\n").tables
    (part,) = (each for each in table.chains[0].rules[0].body if isinstance(each, StatefulMatch))
    assert part.limit == limit


def test_a_rule_enters_the_address_in_a_list() -> None:
    text = "-A INPUT -m recent --set --name S --rsource"
    (table,) = ruleset(f"*filter\n:INPUT ACCEPT [0:0]\n{text}\nCOMMIT\n").tables
    assert [each.enters for each in table.chains[0].rules[0].body if isinstance(each, NoEffect)] == ["S"]
