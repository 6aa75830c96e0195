"""Sorts the readings of a network: the readings of each container become forms, and the literals of all other readings
are noted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from hairpin.field import Role, facts_of
from hairpin.host.host import Host, Namespace
from hairpin.host.socket import Socket
from hairpin.kept import kept
from hairpin.netfilter import ir
from hairpin.netfilter.packet import TCP, UDP, Connection
from hairpin.network.kinds.forms import Form, form_of, note, note_sysctls
from hairpin.network.kinds.literals import Literals
from hairpin.network.kinds.own_values import NOTHING_OWN, Owner, OwnValues
from hairpin.network.kinds.rule_forms import Claims, form_of_rule, note_rules, note_set, own_rules

_DNS = 53
_OF_NAMES = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/etc/hosts")
"""The files of a host in which a walk looks up single words."""
_PARTS = {
    order: tuple(name for name, facts in facts_of(Namespace).items() if facts.order == order)
    for order in ("kept", "any", "whole")
}
"""The parts of a namespace by their order.  All other parts have code of their own here."""
_LISTED = (*_PARTS["kept"], *_PARTS["any"])


class OwnReadings:
    """The readings of one container, and their forms in the same order."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.forms: list[object] = []
        self.outer: list[msgspec.Struct] = []
        self.rules: list[ir.Rule] = []

    @property
    def own(self) -> OwnValues:
        """The own values of the container."""
        return self.owner.values

    def add(self, parts: Iterable[msgspec.Struct], section: str) -> None:
        """Add readings of the host that belong to the container."""
        for part in parts:
            self.forms.append((section, form_of(part, self.own)))
            self.outer.append(part)

    def add_unordered(self, parts: Iterable[msgspec.Struct], section: str) -> None:
        """Add readings of the host that belong to the container and whose order has no meaning."""
        for form, part in _by_form(parts, self.own, inside=False):
            self.forms.append((section, form))
            self.outer.append(part)

    def note(self, literals: Literals) -> None:
        """Note the literals in the container's readings, which are all values but its own values."""
        for part in self.outer:
            note(part, self.own, literals)
        note_rules(self.rules, self.own, literals)
        if self.owner.inside is not None:
            _note_namespace(self.owner.inside, self.own, literals, inside=True)


def _by_form(parts: Iterable[msgspec.Struct], own: OwnValues, *, inside: bool) -> list[tuple[Form, msgspec.Struct]]:
    """Return the readings with their forms, in an order that is the same for alike containers."""
    return sorted(((form_of(each, own, inside=inside), each) for each in parts), key=lambda pair: hash(pair[0]))


def readings_of(hosts: Iterable[Host], owners: tuple[Owner, ...], literals: Literals) -> tuple[OwnReadings, ...]:
    """Return the readings of each container, and note the literals of all other readings."""
    found = tuple(map(OwnReadings, owners))
    for host in hosts:
        _read_host(host, {n: each for n, each in enumerate(found) if each.owner.host is host}, literals)
    return found


def _read_host(host: Host, members: Mapping[int, OwnReadings], literals: Literals) -> None:
    claims = _claims(members)
    containers = {id(each.owner.container): each for each in members.values()}
    spaces = {id(each.owner.inside) for each in members.values()}
    note((host.unread, host.floating, host.units), NOTHING_OWN, literals)
    for file in host.files:
        for word in file.text.split() if file.path in _OF_NAMES else ():
            literals.note_word(word)
    for engine in host.engines:
        note(engine, NOTHING_OWN, literals)
        for container in engine.containers:
            own = containers.get(id(container))
            if own is None:
                note(container, NOTHING_OWN, literals)
            else:
                own.forms.append((engine.kind, engine.user))
                own.add((container,), "container")
    for namespace in host.namespaces:
        if namespace.name == host.netns.name:
            _read_outer(namespace, members, claims, literals)
        elif id(namespace) not in spaces:
            _note_namespace(namespace, NOTHING_OWN, literals, inside=False)
    for each in members.values():
        if each.owner.inside is not None:
            each.forms.append(_form_inside(each.owner.inside, each.own))
            _lasting_connections(each.owner.inside, literals)
            for address in each.owner.inside.addresses:
                literals.note_prefix(address.value, address.prefix_length)


def _claims(members: Mapping[int, OwnReadings]) -> Claims:
    claims: dict[Role, dict[int | str, int]] = {}
    for number, each in members.items():
        for role, values in each.own.items():
            claims.setdefault(role, {}).update(dict.fromkeys(values, number))
    return claims


# ---- the host's own namespace -------------------------------------------------------------------------------------


def _read_outer(outer: Namespace, members: Mapping[int, OwnReadings], claims: Claims, literals: Literals) -> None:
    for field in _LISTED:
        of_members: dict[int, list[msgspec.Struct]] = defaultdict(list)
        for part in getattr(outer, field):
            owner = _owner(part, claims)
            if owner is None:
                note(part, NOTHING_OWN, literals)
            else:
                of_members[owner].append(part)
        for number, parts in of_members.items():
            if field in _PARTS["any"]:
                members[number].add_unordered(parts, field)
            else:
                members[number].add(parts, field)
    for number, name in outer.netnsids:
        owner = claims.get("netns", {}).get(name)
        if owner is None:
            literals.note_word(name)
            literals.note_point("netnsid", number)
        else:
            members[owner].forms.append(("netnsids", members[owner].own["netns"][name],
                                         members[owner].own.get("netnsid", {}).get(number, number)))  # fmt: skip
    _read_sysctls(outer, members, claims, literals)
    _read_rules(outer, members, claims, literals)
    _read_connections(outer, members, claims, literals)
    note((outer.unread, outer.limits, outer.redirects), NOTHING_OWN, literals)
    literals.unknown = literals.unknown or bool(outer.limits.recent or outer.limits.buckets)


_FIRST: tuple[tuple[str, Role], ...] = (
    ("name", "link"), ("link", "link"), ("port", "link"), ("address", "address"), ("value", "address"),
    ("destination", "address"), ("mac", "mac"),
)  # fmt: skip
"""The fields whose values show to which container a reading belongs; the surest field comes first."""


def _owner(part: msgspec.Struct, claims: Claims) -> int | None:
    """Return the number of the container to which the reading belongs, or None.  All other values in the reading are
    noted, so a wrong container only costs time."""
    if isinstance(part, Socket):
        if part.relay is not None:
            return claims.get("address", {}).get(part.relay.address)
        return claims.get("port", {}).get(part.port)
    for hop in getattr(part, "next_hops", ()):
        owner = claims.get("link", {}).get(hop.link)
        if owner is not None:
            return owner
    for field, role in _FIRST:
        value = getattr(part, field, None)
        owner = claims.get(role, {}).get(value) if value is not None else None
        if owner is not None:
            return owner
    return None


def _read_sysctls(outer: Namespace, members: Mapping[int, OwnReadings], claims: Claims, literals: Literals) -> None:
    links = claims.get("link", {})
    of_members: dict[int, list[object]] = defaultdict(list)
    for path, value in outer.sysctls.values.items():
        for part in path:
            owner = links.get(part)
            if owner is not None:
                held = members[owner].own["link"]
                of_members[owner].append((tuple(held.get(each, each) for each in path), value))
    if not of_members:
        note_sysctls(outer.sysctls, literals)
        return
    for owner, found in of_members.items():
        members[owner].forms.append(("sysctls", frozenset(found)))
    others = {path: value for path, value in outer.sysctls.values.items() if links.keys().isdisjoint(path)}
    note_sysctls(msgspec.structs.replace(outer.sysctls, values=others), literals)


def _read_rules(outer: Namespace, members: Mapping[int, OwnReadings], claims: Claims, literals: Literals) -> None:
    for table in outer.ruleset.tables:
        for chain in table.chains:
            owned, others = own_rules(chain, claims)
            note_rules(others, NOTHING_OWN, literals)
            note(chain.devices, NOTHING_OWN, literals)
            place = (table.family, table.name, table.dialect, chain.name)
            for each in owned:
                member = members[each.owner]
                member.forms.append((place, each.before, form_of_rule(each.rule, member.own)))
                member.rules.append(each.rule)
    _note_sets(outer.ruleset, literals)


def _note_sets(ruleset: ir.Ruleset, literals: Literals) -> None:
    for table in ruleset.tables:
        for each in table.sets:
            note_set(each, literals)
        for one in table.maps:
            note_set(one, literals)
    for each in ruleset.ipsets:
        note_set(each, literals)


def _read_connections(outer: Namespace, members: Mapping[int, OwnReadings], claims: Claims, literals: Literals) -> None:
    addresses = claims.get("address", {})
    for each in _lasting_connections(outer, literals):
        ends = (each.original.saddr, each.original.daddr, each.reply.saddr, each.reply.daddr)
        owners = {addresses[end] for end in ends if end in addresses}
        if len(owners) == 1:
            members[owners.pop()].add_unordered((each,), "connections")
        else:
            note(each, NOTHING_OWN, literals)


def _lasting_connections(namespace: Namespace, literals: Literals) -> tuple[Connection, ...]:
    """Return the connections that may decide the walk of a flow with other ports.  If a rule lets the kernel choose a
    port, these are all connections.  Otherwise TCP connections and DNS queries are left out, and their ports are
    noted."""
    if not namespace.connections:
        return ()
    drawn, found = _draws_ports(namespace), list[Connection]()
    for each in namespace.connections:
        one, other, protocol = each.original, each.reply, each.original.protocol
        ports = (one.sport, one.dport, other.sport, other.dport)
        if not drawn and (protocol == TCP or (protocol == UDP and _DNS in ports)):
            literals.taken.update(ports)
        else:
            found.append(each)
    return tuple(found)


@kept
def _draws_ports(namespace: Namespace) -> bool:
    rules = (rule for table in namespace.ruleset.tables for chain in table.chains for rule in chain.rules)
    parts = (part for rule in rules for part in rule.body)
    return any(
        (isinstance(part, ir.Nat) and (part.flags or (part.ports is not None and part.ports[0] != part.ports[1])))
        or isinstance(part, ir.NatMap)
        for part in parts
    )


# ---- a namespace as a whole ---------------------------------------------------------------------------------------


def _form_inside(namespace: Namespace, own: OwnValues) -> Form:
    """Return the form of everything that was read in a container's own namespace."""
    known = _forms_inside(namespace)
    for values, form in known:
        if values == own:
            return form
    form = tuple(_parts_inside(namespace, own))
    known.append((own, form))
    return form


@kept
def _forms_inside(namespace: Namespace) -> list[tuple[OwnValues, Form]]:  # noqa: ARG001
    return []


def _parts_inside(namespace: Namespace, own: OwnValues) -> Iterable[object]:
    for field in _PARTS["kept"]:
        yield tuple(form_of(each, own, inside=True) for each in getattr(namespace, field))
    for field in _PARTS["any"]:
        yield tuple(form for form, _ in _by_form(getattr(namespace, field), own, inside=True))
    yield frozenset(namespace.sysctls.values.items())
    yield tuple(getattr(namespace, field) for field in _PARTS["whole"])
    for table in namespace.ruleset.tables:
        yield table.family, table.name, table.dialect, table.dormant, table.sets, table.maps
        for chain in table.chains:
            yield chain.name, chain.hook, chain.type, chain.priority, chain.policy, chain.devices
            yield tuple(form_of_rule(rule, own) for rule in chain.rules)
    yield namespace.ruleset.ipsets, namespace.limits
    yield tuple(form for form, _ in _by_form(_lasting_connections(namespace, Literals()), own, inside=True))


def _note_namespace(namespace: Namespace, own: OwnValues, literals: Literals, *, inside: bool) -> None:
    """Note the literals of a namespace.  If ``inside`` is true, it is the namespace of the container with the values
    ``own``."""
    for field in _LISTED:
        note(getattr(namespace, field), own, literals, inside=inside)
    note(_lasting_connections(namespace, literals), own, literals, inside=inside)
    note_sysctls(namespace.sysctls, literals)
    for number, name in namespace.netnsids:
        literals.note_word(name)
        literals.note_point("netnsid", number)
    literals.note_word("" if inside else namespace.name)
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            note_rules(chain.rules, own, literals)
    _note_sets(namespace.ruleset, literals)
    literals.unknown = literals.unknown or bool(namespace.limits.recent or namespace.limits.buckets)
