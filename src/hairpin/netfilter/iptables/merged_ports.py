"""Two negated ports, ``! --sport 1 ! --dport 2``, which older iptables-nft merges into one comparison.  The rule is
then satisfied unless the packet has *both* values, but iptables-save still prints two conditions.  iptables-legacy
never merges them.

Source: iptables up to 1.8.10 iptables/nft.c add_nft_tcpudp()
"""

from hairpin.netfilter.ir import AnyOfMatch, Expression, FieldMatch
from hairpin.netfilter.tool_version import is_older

_MENDED = (1, 8, 11)
NATIVE = ("-m tcp ", "-m udp ")
"""Matches that iptables-nft writes as nft's own comparisons; for other protocols an extension compares the ports."""


def merges(version: str) -> bool:
    """Return whether that version of iptables-nft merges them; False for an unknown version."""
    return is_older(version, _MENDED)


def with_merged_ports(matches: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Return the matches; one comparison of both ports if the last two are single negated ports other than 0."""
    match matches:
        case (*others, FieldMatch(field="sport") as source, FieldMatch(field="dport") as target):
            pair = (source, target)
            if all(each.negated and each.ranges[0][0] == each.ranges[0][1] != 0 for each in pair):
                return (*others, AnyOfMatch(pair))
        case _:
            pass
    return matches
