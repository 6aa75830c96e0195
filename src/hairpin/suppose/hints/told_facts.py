"""Hints from told parts together with stated outcomes.  No walk of the supposed host shows the causes of these
hints."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome, ToldParts
from hairpin.host.host import Host
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN
from hairpin.message import message
from hairpin.netfilter.ir import FieldMatch, Nat, Rule, Verdict
from hairpin.network.flow import Flow
from hairpin.sought import Sought
from hairpin.suppose.hints.deciding import RULES
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.words.pattern import sought

_GATEWAY = Sought(
    r"host\.(?:docker|containers)\.internal|gateway\.docker\.internal|172\.1[7-9]\.0\.1|10\.8[89]\.\d+\.1"
)
_IN_CONTAINER = sought(
    r"\b(?:from|in|inside|within)(?: of)? "
    r"(?:the |a |an |any |its |my |this |that |each |every |other |another |same |docker )*(?:\w+ )?containers?\b"
    r"|\bcontainers? (?:\w+ ){0,3}(?:can(?:no|')?t|could(?: not|n't)|has to|have to|needs? to|tries|want)"
)
_OWN_HOST = sought(
    r"\b(?:its|the|this|same|own|docker) (?:same )?host(?:'s)?\b(?:(?!container)[^.]){0,40}\b(?:address|port|service|ip"
    r"|lan|public|itself|server)\b|\bservices? (?:on|of) (?:the|its|my|this) (?:docker )?host\b|\bown (?:\w+ "
    r")?(?:address|ip)\b|\bsame host by its\b|\b(?:service|server|api|database|process)\w* (?:\w+ ){0,3}(?:on|at) "
    r"(?:localhost|my (?:host|machine|laptop|pc))\b"
)
_NEAR_CHARACTERS = 200
_PRIVATE = Sought(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.")
_GONE = sought(r"\b(?:gone|missing|flush\w*|removed|deleted|lost|disappear\w*|wiped|iptables -F)\b")
_WEIGHT, _SEEN_WEIGHT = 16, 26


def own_host_hints(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hints about a client in a container that asks its own host: the host's INPUT may stop it, or the
    service listens only on loopback."""
    failed = [each for each in told.outcomes if each.failed and each.protocol != "icmp"]
    inside = _IN_CONTAINER.search(prose.text)
    own = {str(IPv4Address(each.value)) for each in host.namespace(HOST).addresses if each.version == 4}
    is_told = (HOST, "addresses") in told.parts
    own = {each for each in own if is_told and not each.startswith("127.")}
    asked = [each for each in failed if _GATEWAY.fullmatch(each.host) or each.host in own]
    asked = [each for each in asked if _is_inside(each) or (inside and not each.origin)]
    if not asked and inside is not None and _speaks_of_own_host(prose.text):
        asked = [
            each
            for each in failed
            if not each.host or _PRIVATE.match(each.host) or each.origin.startswith("container:")
        ]
    on_loopback = {each.port for each in told.listeners if each.address}
    for each in asked[:1]:
        yield from _of_own_host(each, is_on_loopback=each.port in on_loopback)


def _is_inside(outcome: Outcome) -> bool:
    """Return whether the client ran in a container.  Engines' names for the host have an address only in a
    container."""
    of_podman = re.fullmatch(r"10\.89\.\d+\.1", outcome.host) is not None  # such bridges are for containers alone
    return outcome.origin.startswith("container:") or of_podman or re.search("[a-z]", outcome.host) is not None


def _speaks_of_own_host(text: str) -> bool:
    """Return whether the text names a container's client and the client's own host close to each other."""
    for inside in _IN_CONTAINER.finditer(text):
        if _OWN_HOST.search(text, max(0, inside.start() - _NEAR_CHARACTERS), inside.end() + _NEAR_CHARACTERS):
            return True
    return False


def _of_own_host(outcome: Outcome, *, is_on_loopback: bool) -> Iterator[Hinted]:
    line, quote = outcome.line, outcome.target
    if is_on_loopback or outcome.result in ("refused", "failed", "reset"):
        weight = _SEEN_WEIGHT if is_on_loopback else 10 if outcome.result == "failed" else _WEIGHT
        yield Hinted("host-service-listens-on-loopback", weight, message("The host's service listens on 127.0.0.1 "
            "only, and containers cannot reach that address"), line, quote)  # fmt: skip
    if outcome.result in ("unreachable", "prohibited", "timeout", "failed"):
        # The bridge has its own address always, so only a rule of the host can call it unreachable.
        is_rejected = outcome.result in ("unreachable", "prohibited") and _GATEWAY.fullmatch(outcome.host) is not None
        yield Hinted("input-drops-host-service", _SEEN_WEIGHT if is_rejected else _WEIGHT,
            message("INPUT of the host drops or rejects packets from a container to the host's own address"), line,
            quote)  # fmt: skip


def two_translations(host: Host, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint of two DNAT rules that translate one port to different targets: the first rule matches all
    packets."""
    ports = {each.dport for each in flows}
    found: dict[int, dict[str, None]] = {}
    for table in host.namespace(HOST).ruleset.tables:
        if table.name != "nat" or table.family != "ip":
            continue
        for rule in (rule for chain in table.chains for rule in chain.rules):
            for port, target in _translations(rule):
                if port in ports:
                    found.setdefault(port, {})[target] = None
    for number, targets in found.items():
        if len(targets) > 1:
            first, second = list(targets)[:2]
            yield stale_translation(str(number), first, second, 20)


def stale_translation(port: str, first: str, second: str, weight: int, line: int = 0, quote: str = "") -> Hinted:
    """Return the hint of two rules that translate one port to different addresses: the first rule matches the
    packets."""
    means =  message("Two rules translate port {port}: the first leads to {first}, the second to {second}. If nobody "
        "has {first}, the first rule is stale", port=port, first=first, second=second)  # fmt: skip
    shows = message("nobody has {first}", first=first)
    return Hinted("dnat-rule-stale-address", weight, means, line, quote,
        command=f"{RULES} -t nat; ip neigh; docker ps", shows=shows)  # fmt: skip


def _translations(rule: Rule) -> Iterator[tuple[int, str]]:
    """Yield the port and the target's address of each DNAT rule that applies to all clients and to all addresses of the
    host."""
    matched = [each for each in rule.body if isinstance(each, FieldMatch)]
    if any(each.field in ("saddr4", "daddr4") for each in matched):
        return
    ports = [low for each in matched if each.field == "dport" for low, high in each.ranges if low == high]
    for each in rule.body:
        if isinstance(each, Nat) and each.nat == "dnat" and each.addresses is not None:
            yield from ((port, str(IPv4Address(each.addresses[0]))) for port in ports)


def resolver_rules_gone(prose: Prose, host: Host) -> Iterator[Hinted]:
    """Yield the hint that the rules of the engine's resolver inside a container are gone, as the text says."""
    nat = (each for each in host.namespace(HOST).ruleset.tables if each.name == "nat")
    shown = any(chain.name == "DOCKER_OUTPUT" for table in nat for chain in table.chains)
    if (shown or "DOCKER_OUTPUT" in prose.text) and _GONE.search(prose.text) is not None:
        yield Hinted("resolver-rules-missing", 26, message("Rules inside the container lead queries for 127.0.0.11 to "
            "the engine's resolver, and these rules are gone"))  # fmt: skip


def discovery_dropped(host: Host, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that the isolation of an internal network drops each IPv6 packet whose addresses are not in the
    network's range.  Neighbour discovery has link-local and multicast addresses, so its packets are dropped, too."""
    if not any(each.version == 6 for each in flows):
        return
    rules = (
        rule
        for table in host.namespace(HOST).ruleset.tables
        if table.family == "ip6"
        for chain in table.chains
        if chain.name.startswith("DOCKER-")
        for rule in chain.rules
    )
    for rule in rules:
        if Verdict("drop") in rule.body and _spares_a_range(rule):
            means = message(
                "The rule drops all IPv6 packets whose address is outside of the network's range, so neighbour "
                "discovery between its containers fails"
            )
            yield Hinted("isolation-drops-discovery", 30, means, 0, rule.text)
            return


def _spares_a_range(rule: Rule) -> bool:
    """Return whether the rule matches all IPv6 packets but those of one range."""
    matches = (each for each in rule.body if isinstance(each, FieldMatch))
    return any(each.negated and each.field in ("saddr6", "daddr6") for each in matches)


def published_elsewhere(host: Host, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that the asked port is not published, and that a container has this port inside and publishes it
    as another port.  People use the port that they know from the image."""
    asked = {(each.protocol, each.dport) for each in flows if not each.container}
    bindings = [(each.name, binding) for each in host.containers() if each.running for binding in each.bindings]
    held = {(binding.protocol, binding.host_port) for _, binding in bindings}
    for protocol, port in sorted(asked - held):
        for name, binding in bindings:
            if (binding.protocol, binding.container_port) == (protocol, port) and binding.host_port:
                yield Hinted("port-not-published", 24, message("Port {port} of {name} is published as port {other} of "
                    "the host, and no port is published as {port}", port=port, name=name, other=binding.host_port),
                    command="docker ps; sudo ss -lntup", shows=message("port {port} of {name} has another host port "
                    "before the arrow", port=port, name=name))  # fmt: skip
                return


_USUAL_TABLES = frozenset({TABLE_MAIN, TABLE_LOCAL, TABLE_DEFAULT})
_ADDRESS_BITS = 32


def diverting_rules(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint of a policy rule for one address of the host.  The table of such a rule also needs routes to the
    containers' networks.  And the rule does not match containers' answers, because they have the containers' own source
    addresses when they are routed."""
    if (HOST, "rules4") not in told.parts:
        return
    named = {each.host for each in told.outcomes if each.failed} | {
        word for each in told.outcomes if each.failed for word in re.findall(r"\d+\.\d+\.\d+\.\d+", each.target)
    }
    for each in host.namespace(HOST).rules:
        if each.version != 4 or each.source is None or each.action != "table" or each.table in _USUAL_TABLES:
            continue
        address, length = each.source
        text = str(IPv4Address(address))
        if length == _ADDRESS_BITS and text in named:
            if _IN_CONTAINER.search(prose.text) is not None:
                means = message(
                    "A policy rule sends packets with the source {address} to a routing table of its own: answers to "
                    "containers leave through the uplink", address=text)  # fmt: skip
                shows = message("the table of the rule has no route to the containers' networks")
                cause = "policy-rule-diverts-container-traffic"
            else:
                means = message(
                    "The policy rule for {address} does not apply to answers of containers. These answers are routed "
                    "with the container's address and leave through the other uplink",
                    address=text,
                )
                shows = message("no policy rule sends packets from the containers' networks to this table")
                cause = "answers-leave-by-other-uplink"
            yield Hinted(cause, 24, means, command="ip rule; ip route show table all", shows=shows)
            return


_NEW = ((8, 8),)
"""The conntrack state NEW, as ranges.  The service's rules open ports to new connections."""
_LEAST_STATIC = 2


def saved_by_the_service(host: Host, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that INPUT has the saved rules of the iptables service (``state NEW tcp dpt:22``), and that they
    accept no asked port.  These saved rules end INPUT and FORWARD with a REJECT, which an incomplete listing does not
    show."""
    ports = {each.dport for each in flows}
    chains = (
        chain
        for table in host.namespace(HOST).ruleset.tables
        if (table.family, table.name) == ("ip", "filter")
        for chain in table.chains
        if chain.name == "INPUT"
    )
    static = [each for chain in chains for each in chain.rules if fields_of(each).get("ct-state") == _NEW]
    opened = {low for each in static for low, _ in fields_of(each).get("dport", ())}
    if len(static) >= _LEAST_STATIC and not ports & opened:
        means = message(
            "The saved rules of the iptables service end FORWARD with a REJECT, and the engine's rules come after it"
        )
        yield Hinted("reject-rule-before-docker", 16, means)


def fields_of(rule: Rule) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return the ranges of each field that the rule compares."""
    return {each.field: each.ranges for each in rule.body if isinstance(each, FieldMatch)}
