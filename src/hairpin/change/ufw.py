"""What ufw's own commands change in the kernel's rules.

Source: ufw's ufw/backend_iptables.py set_rule(): ufw-user-input, -output and -forward; the same for ufw6-
"""

from typing import Literal

from hairpin.change.calls import AllowInUfw
from hairpin.change.change import InsertRule
from hairpin.host.netns import Netns
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import Expression, FieldMatch, NameMatch, Rule, Ruleset, Verdict
from hairpin.netfilter.packet import TCP, UDP

_FAMILIES: tuple[tuple[Literal["ip", "ip6"], str], ...] = (("ip", "ufw"), ("ip6", "ufw6"))


def ufw_allow_rules(call: AllowInUfw, netns: Netns, ruleset: Ruleset) -> tuple[InsertRule, ...]:
    """Return the rules that the command adds, in each family for which ufw has its chains here."""
    hook = "forward" if call.routed else "output" if call.oif else "input"
    body = _body(call)
    found: list[InsertRule] = []
    for table in ruleset.tables:
        for family, prefix in _FAMILIES:
            chain = f"{prefix}-user-{hook}"
            of_iptables = table.dialect in ("iptables-nft", "iptables-legacy") and table.name == "filter"
            if of_iptables and table.family == family and table.chain(chain) is not None:
                rule = Rule(body, spelled(body, chain, family), 1)
                position = 1 if call.first else None
                found.append(InsertRule(netns, table.dialect, family, "filter", chain, rule, position))
    return tuple(found)


def _body(call: AllowInUfw) -> tuple[Expression, ...]:
    number = TCP if call.protocol == "tcp" else UDP
    return (
        *((NameMatch("iif", (call.iif,)),) if call.iif else ()),
        *((NameMatch("oif", (call.oif,)),) if call.oif else ()),
        FieldMatch("protocol", ((number, number),)),
        FieldMatch("dport", ((call.port, call.port),)),
        Verdict("accept"),
    )
