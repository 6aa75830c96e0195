"""A ban of a client is in INPUT only, so it does not match packets to published ports, because these packets are
forwarded.

Users see: fail2ban or an administrator has banned an address, and the banned client still reaches the container.

Proof: a rule in INPUT, or in a chain to which INPUT jumps, drops the address on every port or on the published port.
hairpin simulates a packet from the address to the published port, and the packet is delivered all the same.
Now: add the same ban for forwarded packets: ``iptables -I DOCKER-USER -s ADDRESS -j DROP``.
Lasting: set ``chain = DOCKER-USER`` in the jail of fail2ban, with an action for all ports, because after Docker's
translation a packet has the container's port.
"""

import msgspec

from hairpin.causes.kit import AskedFlows, Candidate, Cause, Finding, Host, Iterator, Namespace, message
from hairpin.causes.opening import about_rule
from hairpin.kept import kept
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import named_sets, place_of
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.prefix import address_text
from hairpin.walk.walk import walk_flow

CAUSE = Cause(
    title=message("A ban does not apply to published ports"),
    source="docs.docker.com, Packet filtering and firewalls; fail2ban jail.conf(5), chain",
    shown_by=("sudo iptables-save", message("the ban stands in a chain that the client's packets do not pass")),
    on_purpose=True,
)
_HARMLESS = ("protocol",)
"""Fields that a ban may match besides addresses and ports."""


class _Ban(msgspec.Struct, frozen=True):
    """A rule, in INPUT or in a chain to which INPUT jumps, that drops single clients.

    If ``ports`` is None, the rule drops the clients on every port."""

    table: ir.Table
    chain: str
    rule: ir.Rule
    version: int
    clients: tuple[int, ...]
    ports: ir.Ranges | None = None


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield one finding for each chain with a ban whose client reaches a published port."""
    found: dict[tuple[str, str, str], Finding] = {}
    for number, trace in enumerate(asked.traces):
        flow = trace.flow
        if not (trace.verdict == "delivered" and isinstance(flow.start, Outside | Lan) and flow.dport):
            continue
        host = asked.network.host(flow.asked_host or flow.host or asked.network.this.name)
        if not any(host.publishes_on(flow.version, to, flow.dport, flow.protocol) for to in (None, flow.daddr)):
            continue
        for ban, address in _concerning(host, flow):
            key = (host.name, ban.table.name, ban.chain)
            known = found.get(key)
            if known is None and walk_flow(asked.network, _from(flow, address)).verdict != "delivered":
                continue
            known = known or Finding(_candidate(ban, address, flow.dport), "exposure", host=host.name)
            if number not in known.flows:
                found[key] = msgspec.structs.replace(known, flows=(*known.flows, number))
    yield from found.values()


def _from(flow: Flow, address: int) -> Flow:
    return msgspec.structs.replace(flow, start=Outside(address), stand_ins=(), invented=False)


def _concerning(host: Host, flow: Flow) -> Iterator[tuple[_Ban, int]]:
    """Yield the first ban of each chain that covers the flow's port, with a banned client.

    If the user named the flow's client, only bans of this client count."""
    told: set[tuple[str, str]] = set()
    own = flow.start.address if isinstance(flow.start, Outside | Lan) and not flow.invented else None
    for ban in _bans(host.namespace(host.netns.name)):
        meant = ban.ports is None or any(first <= flow.dport <= last for first, last in ban.ports)
        key = (ban.table.name, ban.chain)
        client = ban.clients[0] if own is None else own
        if ban.version == flow.version and meant and client in ban.clients and key not in told:
            told.add(key)
            yield ban, client


@kept
def _bans(namespace: Namespace) -> tuple[_Ban, ...]:
    """Return the bans in INPUT chains, which match only packets to the host itself."""
    ruleset = namespace.ruleset
    return tuple(ban for table in ruleset.tables for ban in _in_table(ruleset, table))


def _in_table(ruleset: ir.Ruleset, table: ir.Table) -> Iterator[_Ban]:
    for base in table.chains:
        if base.hook != "input":
            continue
        yield from _in_chain(ruleset, table, base, None)
        for rule in base.rules:
            jump = next((each for each in rule.body if isinstance(each, ir.Jump)), None)
            chain = table.chain(jump.chain) if jump is not None else None
            if chain is not None and _is_plain(rule):
                yield from _in_chain(ruleset, table, chain, _ports(rule))


def _in_chain(ruleset: ir.Ruleset, table: ir.Table, chain: ir.Chain, ports: ir.Ranges | None) -> Iterator[_Ban]:
    for rule in chain.rules:
        if any(isinstance(each, ir.Reject) or each == ir.Verdict("drop") for each in rule.body) and _is_plain(rule):
            for version, clients in _clients(ruleset, table, rule):
                yield _Ban(table, chain.name, rule, version, clients, _ports(rule) or ports)


def _is_plain(rule: ir.Rule) -> bool:
    """Return whether the rule matches only source addresses, ports and a protocol."""
    fields = (each for each in rule.body if isinstance(each, ir.FieldMatch))
    known = all(each.field in ("saddr4", "saddr6", "dport", *_HARMLESS) and not each.negated for each in fields)
    return known and all(
        isinstance(each, ir.FieldMatch | ir.SetMatch | ir.Verdict | ir.Reject | ir.Jump | ir.NoEffect)
        for each in rule.body
    )


def _ports(rule: ir.Rule) -> ir.Ranges | None:
    return next((each.ranges for each in rule.body if isinstance(each, ir.FieldMatch) and each.field == "dport"), None)


def _clients(ruleset: ir.Ruleset, table: ir.Table, rule: ir.Rule) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the IP version and the single addresses that the rule or the rule's set names."""
    for each in rule.body:
        if isinstance(each, ir.FieldMatch) and each.field in ("saddr4", "saddr6"):
            single = tuple(first for first, last in each.ranges if first == last)
            if single and len(single) == len(each.ranges):
                yield int(each.field[-1]), single
        elif isinstance(each, ir.SetMatch) and not each.negated and each.fields in (("saddr4",), ("saddr6",)):
            found = named_sets(table, ruleset.ipsets).get(each.set)
            elements = found.elements if found is not None else ()
            keys = [one.key[0] for one in elements if one.key and not one.nomatch]
            numbers = tuple(key.first for key in keys if isinstance(key, ir.NumberKey) and key.first == key.last)
            if numbers:
                yield int(each.fields[0][-1]), numbers


def _candidate(ban: _Ban, client: int, port: int) -> Candidate:
    address = address_text(client, 4 if ban.version == 4 else 6)
    title = message(
        "A ban in {chain} does not apply to published ports: {address} reaches port {port}",
        chain=ban.chain,
        address=address,
        port=port,
    )
    detail = message(
        "Only packets to the host's own sockets pass INPUT. Packets to a published port are forwarded to its "
        "container, so they pass FORWARD instead."
    )
    tool = "ip6tables" if ban.version == 6 else "iptables"
    advice = message(
        "if the ban is meant for containers, too: `{tool} -I DOCKER-USER -s {address} -j DROP`; for fail2ban, set "
        "`chain = DOCKER-USER` in the jail, with an action for all ports",
        tool=tool,
        address=address,
    )
    return about_rule(place_of(ban.table, ban.chain, ban.rule), title, detail, advice)
