"""The segment size that a rule writes, in both dialects' words."""

from typing import Literal

from hairpin.host.boot.saved_rules import rule_of
from hairpin.netfilter.ir import FieldMatch, NoEffect, Rule, Verdict
from hairpin.netfilter.mss import mss_set_by
from tests.rows import each_row

OF_TCP = FieldMatch("protocol", ((6, 6),))
OPTION = "tcp option maxseg size"
CASES: dict[str, tuple[Rule | None, int | Literal["path"] | None]] = {
    "a number": (rule_of("ip", "mangle", "FORWARD", "-p tcp -j TCPMSS --set-mss 1300"), 1300),
    "the path's": (rule_of("ip", "mangle", "FORWARD", "-p tcp -j TCPMSS --clamp-mss-to-pmtu"), "path"),
    "nft, a number": (Rule((OF_TCP, NoEffect(OPTION, f"{OPTION} set 1400")), "", 1), 1400),
    "nft, the path's": (Rule((NoEffect(OPTION, f"{OPTION} set rt mtu"),), "", 1), "path"),
    "another option": (Rule((NoEffect("tcp option window count", "tcp option window count set 7"),), "", 1), None),
    "a match of it": (rule_of("ip", "mangle", "FORWARD", "-p tcp -m tcpmss --mss 1:500 -j DROP"), None),
    "a comment about it": (Rule((NoEffect("comment", "TCPMSS --set-mss 1300"), Verdict("drop")), "", 1), None),
}


@each_row(("rule", "size"), CASES.values(), ids=CASES)
def test_the_segment_size_of_a_rule(rule: Rule | None, size: int | Literal["path"] | None) -> None:
    assert rule is not None
    assert mss_set_by(rule) == size
