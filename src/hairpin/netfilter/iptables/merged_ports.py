"""Two negated ports, ``! --sport 1 ! --dport 2``, which older iptables-nft merges into one comparison.  A packet then
fails the comparison only if it has *both* ports, but iptables-save still prints two conditions. iptables-legacy never
merges such ports.

Source: iptables up to 1.8.10 iptables/nft.c add_nft_tcpudp()
"""

from hairpin.netfilter.ir import AnyOfMatch, Expression, FieldMatch
from hairpin.netfilter.tool_version import is_older

_MENDED = (1, 8, 11)
NATIVE = ("-m tcp ", "-m udp ")
"""The port options that iptables-nft writes as nft's own comparisons.  For other protocols, an xt extension compares
the ports."""


def merges(version: str) -> bool:
    """Return whether that version of iptables-nft merges two negated ports; False for an unknown version."""
    return is_older(version, _MENDED)


def with_merged_ports(matches: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Return the matches.  If the last two matches are negated single ports other than 0, they become one comparison of
    both ports."""
    match matches:
        case (*others, FieldMatch(field="sport") as source, FieldMatch(field="dport") as target):
            pair = (source, target)
            if all(each.negated and each.ranges[0][0] == each.ranges[0][1] != 0 for each in pair):
                return (*others, AnyOfMatch(pair))
        case _:
            pass
    return matches
