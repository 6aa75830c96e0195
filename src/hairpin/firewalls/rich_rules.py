"""The accepting and denying rules of a zone or a policy, in the order in which firewalld adds them, and the rules that
firewalld makes for a rich rule: rules that log, and the rule that decides.

If a rich rule has priority 0, its rules are put into the chains ``_log``, ``_deny`` and ``_allow``.  The rules of a
rich rule with a negative priority are put into the chain ``_pre``, and with a positive priority into the chain
``_post``.

Source: firewalld.richlanguage(5); firewall/core/fw_policy.py _policy_settings(), _rule_prepare(), nftables.py
_rich_rule_action()
"""

from collections.abc import Iterator

from hairpin.firewalls import fragments as words
from hairpin.firewalls.draft import FirewalldTable, OwnChains, RuleLine
from hairpin.firewalls.permanent import ForwardPort, Permanent, Port, RichPart, RichRule, TrafficRules
from hairpin.firewalls.service_rules import destinations, helper_rules, openings, with_included
from hairpin.netfilter.nft.syntax import Json, Object

_UNDECIDED = ("masquerade", "forward-port", "icmp-block", "tcp-mss-clamp")
"""The elements of a rich rule that decide without an action."""
_LOGS_FORWARDED = (2, 0)


def direction(rule: RichRule) -> str:
    """Return the direction of the zone's packets that the rule concerns: packets to the host (``IN``), forwarded
    packets (``FWD``), or packets on egress (``POST``).

    Source: firewall/core/fw_zone.py _rich_rule_to_policies()"""
    if rule.action is not None and rule.action.tag == "mark":
        return "FWD"
    match rule.element:
        case RichPart(tag="masquerade"):
            return "POST"
        case RichPart(tag="forward-port" | "tcp-mss-clamp"):
            return "FWD"
        case _:
            return "IN"


def lines_of_rich(within: Permanent, chains: OwnChains, rule: RichRule) -> Iterator[RuleLine]:
    """Yield the rules of a rich rule, in the order in which firewalld adds them."""
    element = rule.element
    match element.tag if element is not None else "":
        case "service":
            assert element is not None
            yield from _service(within, chains, rule, element)
        case "port":
            assert element is not None
            yield from _decided(within, chains, rule, [_port(element, "dport")])
        case "source-port":
            assert element is not None
            yield from _decided(within, chains, rule, [_port(element, "sport")])
        case "protocol":
            assert element is not None
            yield from _decided(within, chains, rule, [words.meta("l4proto", element.get("value"))])
        case "icmp-block" | "icmp-type":
            assert element is not None
            yield from _icmp(within, chains, rule, element)
        case "masquerade":
            yield _masquerade(within, chains, rule)
        case "forward-port":
            assert element is not None
            yield from _forward_port(within, chains, rule, element)
        case "tcp-mss-clamp":
            assert element is not None
            yield _clamp(within, chains, rule, element)
        case _:
            yield from _decided(within, chains, rule, [])


def _versions(within: Permanent, rule: RichRule) -> tuple[words.IpVersion, ...]:
    """Return the families for which the rich rule is meant."""
    if rule.family in ("ipv4", "ipv6"):
        return ("ipv4",) if rule.family == "ipv4" else ("ipv6",)
    source = words.version_of(_address(rule.source), within.ipsets) if rule.source is not None else None
    return (source,) if source is not None else ("ipv4", "ipv6")


def _address(part: RichPart) -> str:
    return part.get("address") or part.get("mac") or f"ipset:{part.get('ipset')}"


def _ends(within: Permanent, rule: RichRule) -> list[Object]:
    """Return the rule's comparisons of the packet's destination and source."""
    found: list[Object] = []
    sides: tuple[tuple[words.Side, RichPart | None], ...] = (("daddr", rule.destination), ("saddr", rule.source))
    for side, part in sides:
        if part is not None:
            inverted = part.get("invert").lower() in ("yes", "true")
            found.append(words.address(side, _address(part), within.ipsets, inverted=inverted))
    return found


def _suffix(rule: RichRule) -> str:
    if rule.priority:
        return "pre" if rule.priority < 0 else "post"
    if rule.element is not None and rule.element.tag in _UNDECIDED:
        return "deny" if rule.element.tag == "icmp-block" else "allow"
    return "allow" if rule.action is not None and rule.action.tag in ("accept", "mark") else "deny"


def _line(chain: str, statements: list[Object], rule: RichRule) -> RuleLine:
    return RuleLine(chain, tuple(words.as_printed(statements)), rule.priority, rich=True)


def _decided(
    within: Permanent, chains: OwnChains, rule: RichRule, what: list[Object], where: list[Object] | None = None
) -> Iterator[RuleLine]:
    """Yield the rules for packets that match ``what``.  ``where``: the destination of the service."""
    head = [*words.of_family(rule.family), *(where or []), *_ends(within, rule), *what]
    for each in rule.logs:
        suffix = _suffix(rule) if rule.priority else "log"
        yield _line(f"{chains.base('filter')}_{suffix}", [*head, *words.limit(each), _log(each)], rule)
    if rule.action is not None:
        table: FirewalldTable = "mangle" if rule.action.tag == "mark" else "filter"
        decided = [*head, *words.limit(rule.action), _action(rule.action, head)]
        yield _line(f"{chains.base(table)}_{_suffix(rule)}", decided, rule)


def _log(part: RichPart) -> Object:
    said: dict[str, Json] = {}
    if part.get("prefix"):
        said["prefix"] = part.get("prefix")
    if part.tag == "audit":
        said["level"] = "audit"
    elif part.tag == "nflog":
        said["group"] = int(part.get("group") or 0)
        if part.get("queue-size"):
            said["queue-threshold"] = int(part.get("queue-size"))
    elif part.get("level"):
        said["level"] = part.get("level").replace("warning", "warn")
    return {"log": said or None}


def _action(part: RichPart, head: list[Object]) -> Object:
    match part.tag:
        case "accept":
            return words.ACCEPT
        case "drop":
            return words.DROP
        case "mark":
            return _mark(part.get("set"))
        case _:
            return words.rejection(part.get("type"), head)


def _mark(text: str) -> Object:
    value, _, mask = text.partition("/")
    mark: Json = {"meta": {"key": "mark"}}
    new: Json = {"^": [{"&": [mark, int(mask, 0)]}, int(value, 0)]} if mask else int(value, 0)
    return {"mangle": {"key": mark, "value": new}}


def _port(element: RichPart, field: str) -> Object:
    return words.payload(element.get("protocol"), field, words.port(element.get("port")))


def _service(within: Permanent, chains: OwnChains, rule: RichRule, element: RichPart) -> Iterator[RuleLine]:
    for service in with_included(within, element.get("name")):
        for where in destinations(service, _versions(within, rule)):
            if rule.action is not None and rule.action.tag == "accept":
                for what, helped in helper_rules(within, service):
                    yield RuleLine(f"{chains.base('filter')}_allow", (*where, what, helped))
            for what in openings(service):
                yield from _decided(within, chains, rule, [what], where)


def _icmp(within: Permanent, chains: OwnChains, rule: RichRule, element: RichPart) -> Iterator[RuleLine]:
    for version in _versions(within, rule):
        what = words.icmp(version, element.get("name"), within.version)
        if what is None:
            continue
        yield from _decided(within, chains, rule, what)
        if rule.action is None:
            head = [*words.of_family(rule.family), *_ends(within, rule), *what]
            yield _line(f"{chains.base('filter')}_{_suffix(rule)}", [*head, words.REJECT], rule)


def _masquerade(within: Permanent, chains: OwnChains, rule: RichRule) -> RuleLine:
    head = [*words.of_family(rule.family), *_ends(within, rule)]
    chain = f"{chains.base('nat', leaving=True)}_{_suffix(rule)}"
    return _line(chain, [*head, words.meta("oifname", "lo", "!="), {"masquerade": None}], rule)


def _forward_port(within: Permanent, chains: OwnChains, rule: RichRule, element: RichPart) -> Iterator[RuleLine]:
    head = [*words.of_family(rule.family), *_ends(within, rule), _port(element, "dport")]
    if within.version >= _LOGS_FORWARDED:
        suffix = _suffix(rule) if rule.priority else "log"
        for each in rule.logs:
            yield _line(f"{chains.base('nat')}_{suffix}", [*head, *words.limit(each), _log(each)], rule)
    sent = words.sent_on(element.get("to-port"), element.get("to-addr"))
    yield _line(f"{chains.base('nat')}_{_suffix(rule)}", [*head, sent], rule)
    yield from own_forward_port(within, chains, element.get("port"), to_address=bool(element.get("to-addr")))


def own_forward_port(within: Permanent, chains: OwnChains, port: str, *, to_address: bool) -> Iterator[RuleLine]:
    """Yield the rule that accepts packets to a forward port of firewalld itself, with the setting StrictForwardPorts.

    Source: firewall/core/nftables.py build_policy_forward_port_rules()"""
    if within.settings.strict_forward_ports:
        hook = "OUTPUT" if chains.nat == "OUT" else "FORWARD" if to_address else "INPUT"
        asked = words.comparison({"ct": {"key": "proto-dst", "dir": "original"}}, words.port(port))
        yield RuleLine(f"filter_{hook}_dnat", (asked, words.ACCEPT), first=True)


def _clamp(within: Permanent, chains: OwnChains, rule: RichRule, element: RichPart) -> RuleLine:
    size = element.get("value")
    value: Json = int(size) if size.isdecimal() else {"rt": {"key": "mtu"}}
    syn = words.payload("tcp", "flags", "syn", "in")
    clamped: Object = {"mangle": {"key": {"tcp option": {"name": "maxseg", "field": "size"}}, "value": value}}
    chain = f"{chains.base('filter')}_{_suffix(rule)}"
    return RuleLine(chain, tuple(words.as_printed([*_ends(within, rule), syn, clamped])), rich=True)


_VERSIONS: tuple[words.IpVersion, ...] = ("ipv4", "ipv6")


def lines_of_rules(within: Permanent, chains: OwnChains, rules: TrafficRules) -> Iterator[RuleLine]:
    """Yield the rules of a zone for one direction, or the rules of a policy."""
    allow = f"{chains.base('filter')}_allow"
    for each in rules.services:
        yield from _of_service(within, allow, each)
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


def _of_service(within: Permanent, allow: str, name: str) -> Iterator[RuleLine]:
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
