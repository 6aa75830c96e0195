"""firewalld runs, and the port is not open in the zone by which the packet came in, or a firewalld rule denies the
packet, or firewalld forwards only its own forward ports (StrictForwardPorts).

Users see: clients get "No route to host" (icmp-admin-prohibited), but not while firewalld is stopped.

Proof: the zone has neither the port nor a service for it, or has it for other clients only, or a rich rule or a policy
of firewalld stops the packet first.  With the port open, or with a rich rule before the denying rule, the packet is
accepted.
Now: ``firewall-cmd --zone=ZONE --add-port=PORT/tcp``, or ``--add-rich-rule`` for the port, before the denying rule.  If
the port is open to other clients: ``--add-rich-rule`` for the asked client.  If the link has fallen out of a zone that
lets the port in: ``firewall-cmd --zone=ZONE --change-interface=LINK``.  With StrictForwardPorts: ``--add-rich-rule``
with a forward port for the published port.
If firewalld does not run any more and its rules are still loaded, no firewall-cmd works: the rule itself is inserted.
Lasting: run the same firewall-cmd command with ``--permanent``.
"""

from hairpin.causes.firewalld._strict_ports import not_forwarded_by_firewalld, policy_commands
from hairpin.causes.firewalld._zones import Keeper, keeper_of, opened_to, port_opened, zone_opening
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfZone, Place, View, Way, message
from hairpin.causes.rules._lifting import asks_for_one_client, exception
from hairpin.causes.rules._rule_owner import body_at, stopped_by
from hairpin.change.calls import AddRichRule, BindInterface
from hairpin.change.change import Change, InsertRule, Primitive
from hairpin.change.intent import LetIn, rendered
from hairpin.firewalls.chain_owner import strict_hook
from hairpin.firewalls.let_in import let_in_by_firewalld
from hairpin.host.boot.configured import Configured
from hairpin.host.managers import Firewalld
from hairpin.message import few_of
from hairpin.netfilter.ir import Chain, FieldMatch, Jump, NameField, NameMatch, Table
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a rule of firewalld stopped the packet in INPUT or FORWARD, or because the packet's
    destination was translated."""
    place = stopped_by(view, "firewalld")
    packet = view.stop.seen.packet
    if place is None:
        return
    if hook := strict_hook(place):
        strict = not_forwarded_by_firewalld(view, place, hook)
        yield from () if strict is None else (strict,)
        return
    if view.stop.stage == "forward":
        yield _not_forwarded(view, place)
    if view.stop.stage != "input":
        return
    if packet.protocol not in (TCP, UDP) or packet.dport is None:
        return
    protocol = "tcp" if packet.protocol == TCP else "udp"
    keeper = keeper_of(view, place)
    change = port_opened(view)
    if change is None:
        yield from _denied(view, place, keeper, packet.dport, protocol)
    else:
        yield from _back_in_its_zone(view, place, keeper.name, f"{packet.dport}/{protocol}")
        yield _closed(view, place, keeper.name, packet.dport, protocol, change)


def _back_in_its_zone(view: View, place: Place, present: str, port: str) -> Iterator[Candidate]:
    """Yield the candidates that put the link back into a zone out of which it has fallen.  The port then stays closed
    to everybody else in the present zone."""
    link = view.stop.seen.iif
    for zone, change in returned_to_zone(view, place, present):
        facts = {"link": link, "zone": zone, "present": present, "port": port}
        yield Candidate(
            title=message("{link} has fallen out of firewalld's zone {zone}, which lets port {port} in", **facts),
            detail=message(
                "No zone has {link}, so it is in the default zone, {present}, and firewalld's {chain} stops the "
                "packet: {rule}. The rules of zone {zone} are loaded, and no link leads to them.",
                chain=place.chain,
                rule=place.text,
                **facts,
            ),
            change=change,
            where=OfZone(place, interface=link, zone=zone),
            in_class="closed-zone",
            evidence=(place.evidence,),
            side_effects=(message("all packets that come from {link} are then filtered by zone {zone}", **facts),),
        )


def _closed(view: View, place: Place, zone: str, port: int, protocol: str, change: Change) -> Candidate:
    """Return the candidate that opens the port in the zone.  If the port is open to other clients, and
    the user named the client, the candidate also has the rich rule for this client alone."""
    packet, link = view.stop.seen.packet, view.stop.seen.iif
    table = view.host_namespace.ruleset.table(place.family, place.table, place.dialect)
    listed = let_in_by_firewalld(table, zone, view.host.firewalld, packet)
    facts = {"link": link, "zone": zone, "chain": place.chain, "rule": place.text, "port": f"{port}/{protocol}"}
    alone = (packet.saddr, packet.saddr)
    return Candidate(
        title=message(
            "firewalld keeps port {port}/{protocol} closed in zone {zone}", port=port, protocol=protocol, zone=zone
        ),
        detail=message(
            "firewalld opens port {port} only to {listed}, and zone {zone} of {link} has it for nobody else, so "
            "firewalld's {chain} stops the packet: {rule}",
            listed=few_of(listed),
            **facts,
        )
        if listed
        else message(
            "Zone {zone} of {link} allows neither the port nor a service with this port, so firewalld's {chain} stops "
            "the packet: {rule}",
            **facts,
        ),
        change=change,
        ways=(Way(opened_to(view, place, zone, alone), past_decision=True),)
        if listed and asks_for_one_client(view)
        else (),
        where=OfZone(place, zone=zone, port=f"{port}/{protocol}"),
        in_class="closed-zone",
        evidence=(place.evidence,),
        configured=Configured("manager", owner=f"firewalld ({zone})", evidence=place.evidence),
    )


def _denied(view: View, place: Place, keeper: Keeper, port: int, protocol: str) -> Iterator[Candidate]:
    """Yield the candidate that accepts the port before the denying rule, in the same zone or policy.  firewalld before
    0.7 gets no candidate, because its rules have no priorities."""
    # If the rule denies a source address, the exception is for the asked client only.  A repair never contains an
    # address that hairpin invented.
    parts = (part for part in body_at(view, place) if isinstance(part, FieldMatch))
    denies_some = keeper.by_source or any(part.field in ("saddr4", "saddr6") for part in parts)
    by_source = denies_some and not view.flow.names_no_client
    address = view.stop.seen.packet.saddr
    opening = zone_opening(view, place, keeper.first, sources=(address, address) if by_source else None)
    if not isinstance(opening, InsertRule) or opening.chain != keeper.first:
        return
    # If the denying rule has a priority, only a rule with the lowest priority comes before it.
    priority = -32768 if keeper.part == "pre" else -1
    source = _source(view) if by_source else ""
    rule = f'rule priority="{priority}" {source}port port="{port}" protocol="{protocol}" accept'
    title = (
        message("firewalld's zone {name} denies port {port}", name=keeper.name, port=f"{port}/{protocol}")
        if keeper.kind == "zone"
        else message("firewalld's policy {name} denies port {port}", name=keeper.name, port=f"{port}/{protocol}")
    )
    yield Candidate(
        title=title,
        detail=message(
            "firewalld puts packets from {source} into zone {name}, and its {chain} decides: {rule}",
            source=address_text(view.stop.seen.packet.saddr, view.stop.seen.packet.version),
            name=keeper.name,
            chain=place.chain,
            rule=place.text,
        )
        if keeper.by_source
        else message("firewalld's {chain} decides: {rule}", chain=place.chain, rule=place.text),
        change=Change((opening,), (AddRichRule(keeper.kind, keeper.name, rule),)),
        where=OfZone(place, port=f"{port}/{protocol}", tells_rule=True),
        in_class="closed-zone",
        evidence=(place.evidence,),
        configured=Configured("manager", owner=f"firewalld ({keeper.name})", evidence=place.evidence),
    )


def _not_forwarded(view: View, place: Place) -> Candidate:
    """Return the candidate for a packet that firewalld does not forward between two zones.  An accepting rule proves
    the cause.  The repair is a firewalld policy, for which a person chooses a name."""
    seen = view.stop.seen
    said = message("let firewalld forward this flow with a new policy of firewalld:")
    return Candidate(
        title=message("firewalld does not forward from {iif} to {oif}", iif=seen.iif, oif=seen.oif),
        detail=message("firewalld's {chain} decides: {rule}", chain=place.chain, rule=place.text),
        change=exception(view, place),
        where=OfZone(place, tells_rule=True),
        in_class="separation",
        evidence=(place.evidence,),
        configured=Configured("manager", owner="firewalld", evidence=place.evidence),
        ways=(Way(Change(()), (said,), typed=tuple(policy_commands(view, place))),),
        offered=False,
    )


def _source(view: View) -> str:
    """Return the packet's source address in the syntax of a rich rule."""
    packet = view.stop.seen.packet
    address = address_text(packet.saddr, packet.version)
    return f'family="ipv{packet.version}" source address="{address}" '


CAUSE = Cause(
    title=message("firewalld's zone does not let the port in"),
    source="firewalld.zone(5); firewalld: src/firewall/core/nftables.py",
    shown_by=(
        "sudo firewall-cmd --list-all-zones",
        message("the zone of the uplink allows neither the port nor the service"),
    ),
    on_purpose=True,
    reasons=RULE_STOPS,
)


_OWN_CHAIN = "filter_IN_"
_PARTS = ("_pre", "_log", "_deny", "_allow", "_post")
_BY_OUTPUT_LINK = ("nat_POST_", "filter_FWDO_")
"""The chains of a zone to which firewalld leads packets by their output link."""


def returned_to_zone(view: View, place: Place, present: str) -> Iterator[tuple[str, Change]]:
    """Yield each zone that has lost its link, with the change that puts the packet's link into the zone.

    ``present``: the default zone, by which the packet came in.  A zone is yielded only if it lets in everything that
    ``present`` lets in, so that the change closes nothing.  Nothing is yielded if the link is bound to a zone, or is a
    bridge of a container engine."""
    link, firewalld = view.stop.seen.iif, view.host.firewalld
    table = view.host_namespace.ruleset.table(place.family, place.table, place.dialect)
    engines = (each.bridge for engine in view.host.engines for each in engine.networks)
    if table is None or place.dialect != "nft" or firewalld is None or link in engines or _is_bound(firewalld, link):
        return
    for zone in _without_link(table):
        if zone != present and _lets_in_as_much(table, present, zone):
            parts = tuple(_dispatch_rules(view, place, table, present, zone))
            if parts:
                yield zone, Change(parts, (BindInterface(zone, link),))


def _is_bound(firewalld: Firewalld, link: str) -> bool:
    return any(link in each.interfaces for each in (*firewalld.runtime, *firewalld.permanent))


def _without_link(table: Table) -> Iterator[str]:
    """Yield the zones whose chains are loaded and to which no rule leads."""
    reached = {part.chain for chain in table.chains for rule in chain.rules for part in rule.body
               if isinstance(part, Jump)}  # fmt: skip
    for chain in table.chains:
        name = chain.name.removeprefix(_OWN_CHAIN)
        parts = [table.chain(f"{chain.name}{each}") for each in _PARTS[1:]]
        if name != chain.name and not name.startswith("policy_") and all(parts) and chain.name not in reached:
            yield name


def _lets_in_as_much(table: Table, present: str, zone: str) -> bool:
    """Return whether each chain of ``zone`` has all rules of the chain of ``present``, and no rule that denies."""
    for chain in table.chains:
        stem, part = _of_zone(chain.name, present)
        if not stem:
            continue
        other = table.chain(f"{stem}{zone}{part}")
        if other is None or (part == "_deny" and other.rules):
            return False
        if not {each.text.replace(f"{stem}{present}", f"{stem}{zone}") for each in chain.rules} <= {
            each.text for each in other.rules
        }:
            return False
    return True


def _of_zone(name: str, zone: str) -> tuple[str, str]:
    """Return the part of the chain's name before the zone's name, and the part after it; both empty for the chain of
    another zone."""
    for part in ("", *_PARTS):
        stem = name.removesuffix(f"_{zone}{part}")
        if stem != name and stem.count("_") == 1:
            return f"{stem}_", part
    return "", ""


def _dispatch_rules(view: View, place: Place, table: Table, present: str, zone: str) -> Iterator[Primitive]:
    """Yield the parts that lead the link's packets to the zone's chains, as firewalld does: before the rules that lead
    all other packets to the default zone."""
    for chain in table.chains:
        target = next(_defaults(chain, present), None)
        if target is None:
            continue
        stem, _ = _of_zone(target, present)
        field: NameField = "oif" if stem in _BY_OUTPUT_LINK else "iif"
        body = (NameMatch(field, (view.stop.seen.iif,)), Jump(f"{stem}{zone}", goto=True))
        yield from rendered(LetIn(view.host_netns, place, chain.name, (body,)), view.network).parts


def _defaults(chain: Chain, present: str) -> Iterator[str]:
    """Yield the chain of the default zone to which this chain leads all packets."""
    for rule in chain.rules:
        for part in rule.body:
            if isinstance(part, Jump) and part.goto and len(rule.body) == 1 and _of_zone(part.chain, present)[0]:
                yield part.chain
