"""The accepting and denying rules of a zone or a policy, in the order in which firewalld adds them.

Source: firewall/core/fw_policy.py _policy_settings(), nftables.py
"""

from collections.abc import Iterator

from hairpin.firewalls import fragments as words
from hairpin.firewalls.permanent import ForwardPort, Permanent, Port, TrafficRules
from hairpin.firewalls.rich_rules import lines_of_rich, own_forward_port
from hairpin.firewalls.rule_line import OwnChains, RuleLine
from hairpin.firewalls.service_rules import destinations, helper_rules, openings, with_included
from hairpin.netfilter.nft.syntax import Object

_VERSIONS: tuple[words.IpVersion, ...] = ("ipv4", "ipv6")


def lines_of_rules(within: Permanent, chains: OwnChains, rules: TrafficRules) -> Iterator[RuleLine]:
    """Yield the rules of a zone for one direction, or the rules of a policy."""
    allow = f"{chains.base('filter')}_allow"
    for each in rules.services:
        yield from _service(within, allow, each)
    yield from _ports(allow, rules.ports, "dport")
    if rules.masquerade:
        chain = f"{chains.base('nat', leaving=True)}_allow"
        out = words.meta("oifname", "lo", "!=")
        yield RuleLine(chain, (words.meta("nfproto", "ipv4"), out, {"masquerade": None}))
    for forwarded in rules.forward_ports:
        yield RuleLine(f"{chains.base('nat')}_allow", tuple(_forward(forwarded)))
        yield from own_forward_port(within, chains, forwarded.port, to_address=bool(forwarded.to_address))
    yield from _ports(allow, rules.source_ports, "sport")
    for each in rules.icmp_blocks:
        yield from _icmp_block(within, chains, each, inverted=rules.inverted)
    for rule in rules.rich:
        yield from lines_of_rich(within, chains, rule)
    for each in rules.protocols:
        yield RuleLine(allow, (words.meta("l4proto", each), words.ACCEPT))


def _service(within: Permanent, allow: str, name: str) -> Iterator[RuleLine]:
    for service in with_included(within, name):
        for where in destinations(service):
            for what, helped in helper_rules(within, service):
                yield RuleLine(allow, (*where, what, helped))
            for what in openings(service):
                yield RuleLine(allow, (*where, what, words.ACCEPT))


def _ports(allow: str, ports: tuple[Port, ...], field: str) -> Iterator[RuleLine]:
    for port, protocol in ports:
        yield RuleLine(allow, (words.payload(protocol, field, words.port(port)), words.ACCEPT))


def _forward(forwarded: ForwardPort) -> Iterator[Object]:
    yield words.meta("nfproto", "ipv6" if ":" in forwarded.to_address else "ipv4")
    yield words.payload(forwarded.protocol, "dport", words.port(forwarded.port))
    yield words.sent_on(forwarded.to_port, forwarded.to_address)


def _icmp_block(within: Permanent, chains: OwnChains, name: str, *, inverted: bool) -> Iterator[RuleLine]:
    chain = f"{chains.base('filter')}_{'allow' if inverted else 'deny'}"
    denied = within.settings.log_denied
    for version in _VERSIONS:
        what = words.icmp(version, name, within.version)
        if what is None:
            continue
        if denied != "off" and not inverted:
            yield RuleLine(chain, (*what, *words.of_kind(denied), words.log(f"filter_{chains.policy}_ICMP_BLOCK: ")))
        yield RuleLine(chain, (*what, words.ACCEPT if inverted else words.REJECT))
