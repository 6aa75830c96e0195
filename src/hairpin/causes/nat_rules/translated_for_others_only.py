"""A rule translates the port, but only for packets of another link, other clients or another address.

Users see: a forwarded port works from outside.  On the same address, containers or clients of another link are refused.

Proof: a rule at the packet's hook translates this port, and only the rule's match of a link, a client or an address
does not hold for the packet.  With the same rule for the packet's own link, client or address, the flow arrives.
Now: if the translation should hold for these packets, too, insert the rule's twin for them.
Lasting: add the twin to the file or program from which the rule is loaded.
"""

import msgspec

from hairpin.causes.engine._publishing import is_unserved
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfRule, Place, View, message
from hairpin.causes.nat_rules._translation import dnat_place, inserted_at
from hairpin.engines.missing import is_engines
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.evaluate.header import Header, header_of
from hairpin.netfilter.evaluate.match import field_satisfies, name_satisfies
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.interface_name import fits_name, literal_name
from hairpin.network.attachment import network_for
from hairpin.network.flow import FromHost
from hairpin.network.network import owns_address
from hairpin.network.prefix import address_text, is_loopback, range_text
from hairpin.programs import chains_of

_INTERCEPTED = (25, 53, 80, 123, 443)
"""Ports of services outside.  Rules often lead other machines' packets for these ports to a proxy or a resolver.  Such
a rule is about packets that the host forwards, and tells nothing of the host's own port."""
_COMPARED: frozenset[ir.Field] = frozenset({"nfproto", "protocol", "saddr4", "saddr6", "daddr4", "daddr6", "dport"})


class _Meant(msgspec.Struct, frozen=True):
    """A rule that translates the asked port.  ``body``: its matches with those of the rules that lead to it, and its
    translation.  ``place``: where the rule is.  ``before``: the place at which its twin is inserted."""

    place: Place
    body: tuple[ir.Expression, ...]
    before: Place


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each rule that translates the asked port, but not for this packet."""
    if not is_unserved(view) or dnat_place(view, view.host_netns) is not None:
        return
    header = _header(view)
    for table in view.host_namespace.ruleset.tables:
        for meant in _rules_of_port(view, header, table):
            lacking = tuple(part for part in meant.body if not _holds(header, part))
            twin = tuple(_twin(view, header, meant.body))
            if lacking and all(_is_of_others(view, part) for part in lacking) and twin:
                yield _candidate(view, meant, lacking[0], twin)


def _candidate(view: View, meant: _Meant, lacking: ir.Expression, twin: tuple[ir.Expression, ...]) -> Candidate:
    packet, place = view.stop.seen.packet, meant.place
    facts = {
        "source": address_text(packet.saddr, packet.version),
        "destination": address_text(packet.daddr, packet.version),
        "port": view.flow.dport,
        "link": view.stop.seen.iif,
    }
    return Candidate(
        title=_title(view, lacking),
        detail=message(
            "The rule does not match this packet, which the host itself sends to {destination}: the packet keeps its "
            "destination, and nothing listens on port {port} there.",
            **facts,
        )
        if isinstance(view.flow.start, FromHost)
        else message(
            "The rule does not match this packet, which comes in by {link} from {source} for {destination}: the packet "
            "keeps its destination, and nothing listens on port {port} there.",
            **facts,
        ),
        change=inserted_at(view, view.host_netns, meant.before, twin),
        where=OfRule(place),
        in_class="bound-to-other-address",
        evidence=(place.evidence,),
        advice=(
            message(
                "the repair is right only if port {port} should be translated for these packets, too: ask whoever "
                "wrote the rule",
                **facts,
            ),
        ),
    )


def _title(view: View, lacking: ir.Expression) -> Message:
    """Return the title, which names the first match of the rule that does not hold."""
    port = view.flow.dport
    if isinstance(lacking, ir.NameMatch):
        links = ", ".join(lacking.names)
        if lacking.negated:
            return message("Port {port} is translated, but not for packets of {links}", port=port, links=links)
        return message("Port {port} is translated for packets of {links} only", port=port, links=links)
    if not isinstance(lacking, ir.FieldMatch):
        raise TypeError(lacking)
    version = view.stop.seen.packet.version
    texts = ", ".join(
        address_text(first, version) if first == last else range_text(first, last, version)
        for first, last in lacking.ranges
    )
    if lacking.field in ("daddr4", "daddr6"):
        if lacking.negated:
            return message("Port {port} is translated, but not at {addresses}", port=port, addresses=texts)
        return message("Port {port} is translated at {addresses} only", port=port, addresses=texts)
    if lacking.negated:
        return message("Port {port} is translated, but not for clients of {clients}", port=port, clients=texts)
    return message("Port {port} is translated for clients of {clients} only", port=port, clients=texts)


# --- the rules that translate the port -------------------------------------------------------------------------------


def _rules_of_port(view: View, header: Header, table: ir.Table) -> Iterator[_Meant]:
    """Yield the rules of the table, at the hook of the packet, that translate exactly the asked port for the packet's
    IP version.  Rules of an engine are left out."""
    if table.dormant or table.family not in ("inet", "ip" if view.stop.seen.packet.version == 4 else "ip6"):
        return
    hook = "output" if isinstance(view.flow.start, FromHost) else "prerouting"
    for chain in table.chains:
        if chain.hook == hook and chain.type == "nat":
            for meant in _below(header, table, chain, (), None, frozenset()):
                if not _is_of_port(view, meant.body) or _is_engines(view, meant.place):
                    continue
                if view.flow.dport not in _INTERCEPTED or _is_of_hosts_port(view, meant.body):
                    yield meant


def _below(
    header: Header, table: ir.Table, chain: ir.Chain, led: tuple[ir.Expression, ...], first: Place | None,
    seen: frozenset[str],
) -> Iterator[_Meant]:  # fmt: skip
    """Yield the translating rules of the chain and of the chains to which it leads.

    ``led``: the matches of the rules that lead to the chain.  ``first``: the first of these rules that does not match
    the packet; None if all match."""
    for rule in chain.rules:
        last, place = rule.body[-1] if rule.body else None, place_of(table, chain.name, rule)
        if isinstance(last, ir.Nat) and last.nat in ("dnat", "redirect"):
            yield _Meant(place, (*led, *rule.body) if first is not None else rule.body, first or place)
        below = table.chain(last.chain) if isinstance(last, ir.Jump) else None
        if below is None or below.name in seen:
            continue
        matches = rule.body[:-1]
        missed = first or (place if not all(_holds(header, part) for part in matches) else None)
        yield from _below(header, table, below, (*led, *matches), missed, seen | {chain.name})


def _is_engines(view: View, place: Place) -> bool:
    return place.chain.startswith(chains_of("engine", "orchestrator")) or is_engines(view.host, place)


def _is_of_port(view: View, body: tuple[ir.Expression, ...]) -> bool:
    port = view.flow.dport
    asked = [part for part in body if isinstance(part, ir.FieldMatch) and part.field == "dport"]
    return bool(asked) and all(not part.negated and (port, port) in part.ranges for part in asked)


def _is_of_hosts_port(view: View, body: tuple[ir.Expression, ...]) -> bool:
    """Return whether the rule is about packets for the host itself: it names the destination, or a link by which a
    default route leads."""
    routes = (each for each in view.host_namespace.routes if not each.prefix_length)
    outer = {hop.link for each in routes for hop in each.next_hops if hop.link}
    for part in body:
        match part:
            case ir.FieldMatch(field="daddr4" | "daddr6") | ir.FibMatch(address="daddr"):
                return True
            case ir.NameMatch(field="iif", negated=False):
                if any(fits_name(link, name) for link in outer for name in part.names):
                    return True
            case _:
                continue
    return False


# --- which matches hold ----------------------------------------------------------------------------------------------


def _is_of_others(view: View, part: ir.Expression) -> bool:
    """Return whether the match tells links, clients or addresses apart.

    A rule for an address that the host does not have is outdated, or a gateway translates the address before: that is
    another cause."""
    if isinstance(part, ir.NameMatch):
        return part.field in ("iif", "oif")
    if not isinstance(part, ir.FieldMatch):
        return False
    if part.field in ("daddr4", "daddr6"):
        return part.negated or any(_is_reached(view, first) for first, _ in part.ranges)
    return part.field in ("saddr4", "saddr6")


def _is_reached(view: View, address: int) -> bool:
    """Return whether packets at the hook may be for this address of the host."""
    version = view.stop.seen.packet.version
    if is_loopback(address, version) and not isinstance(view.flow.start, FromHost):
        return False
    return owns_address(view.host_namespace, version, address)


def _holds(header: Header, part: ir.Expression) -> bool:
    """Return whether the packet satisfies the match.  A match of another kind is taken to hold: the proof tells."""
    match part:
        case ir.NameMatch(field="iif" | "oif"):
            return name_satisfies(header, part) is Truth.YES
        case ir.FieldMatch(field=field) if field in _COMPARED:
            return field_satisfies(header, part) is Truth.YES
        case _:
            return True


def _header(view: View) -> Header:
    """Return the packet's fields and interfaces as the rule's hook sees them."""
    seen = view.stop.seen
    links = ("", "lo") if isinstance(view.flow.start, FromHost) else (seen.iif, "")
    return header_of(msgspec.structs.replace(seen, iif=links[0], oif=links[1]))


# --- the twin --------------------------------------------------------------------------------------------------------


def _twin(view: View, header: Header, body: tuple[ir.Expression, ...]) -> Iterator[ir.Expression]:
    """Yield the matches and the translation of the rule for this packet, as narrow as possible; yield nothing for a
    rule with a match of unknown kind or one that this packet cannot satisfy."""
    packet = view.stop.seen.packet
    field: ir.Field = "daddr4" if packet.version == 4 else "daddr6"
    asked = ir.FieldMatch(field, ((packet.daddr, packet.daddr),))
    found, addressed = list[ir.Expression](), False
    for part in dict.fromkeys(body):
        if isinstance(part, ir.NoEffect):
            continue
        if not isinstance(part, ir.FieldMatch | ir.NameMatch | ir.FibMatch | ir.Nat):
            return
        if isinstance(part, ir.FieldMatch) and part.field == "protocol" and not addressed:
            found.append(asked)
            addressed = True
        instead = part if _holds(header, part) else _for_packet(view, header, part)
        if instead is None:
            return
        if isinstance(part, ir.FieldMatch) and part.field in ("daddr4", "daddr6"):
            if addressed:
                continue
            instead, addressed = asked, True
        found.append(instead)
    yield from found


def _for_packet(view: View, header: Header, part: ir.Expression) -> ir.Expression | None:
    """Return the match of the packet's own link or client instead of the given one."""
    packet = view.stop.seen.packet
    if isinstance(part, ir.NameMatch):
        link = str(header[part.field])
        return ir.NameMatch(part.field, (literal_name(link),)) if link else None
    if not isinstance(part, ir.FieldMatch) or part.field not in ("saddr4", "saddr6"):
        return part if _is_of_others(view, part) else None
    own = network_for(view.host, packet.saddr, packet.version)
    subnets = (
        own.subnets if own is not None and not owns_address(view.host_namespace, packet.version, packet.saddr) else ()
    )
    held = next((each.prefix for each in subnets if each.holds(packet.saddr, packet.version)), None)
    span = (packet.saddr, packet.saddr) if held is None else (held.first, held.last)
    return ir.FieldMatch(part.field, (span,))


CAUSE = Cause(
    title=message("A port is translated for other links, clients or addresses only"),
    source="iptables-extensions(8): DNAT, REDIRECT; nft(8): NAT STATEMENTS",
    reasons=frozenset({"no-listener", *RULE_STOPS}),
)
