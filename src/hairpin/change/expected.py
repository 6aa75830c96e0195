"""The expectations of a step, taken from the network for which the step was made."""

from collections.abc import Iterator
from typing import assert_never

from hairpin.change import calls
from hairpin.change import change as c
from hairpin.change.commands.loading import Numbering
from hairpin.change.commands.words import is_made_by_hand
from hairpin.change.expect import (
    ChainIs,
    ContainerIs,
    EndpointIs,
    EntryIs,
    InNamespace,
    LinkIs,
    ManagerRuns,
    OnHost,
    PortIs,
    ProcessIs,
    RestartPolicyIs,
    RuleIs,
    SourceIs,
    SysctlIs,
    TableIs,
    UnitIs,
    ZoneIs,
    firewalld_zones,
    port_is_open,
    rule_text,
    source_is_in,
    table_digest,
    zone_of_interface,
)
from hairpin.change.simulation.entries import neighbour_slot
from hairpin.host.host import Host, Namespace
from hairpin.host.route import Neighbour
from hairpin.netfilter.ir import Chain


def setting_expects(part: c.Setting, namespace: Namespace) -> tuple[InNamespace, ...]:
    """Return the expectations of a setting: the value or link that the setting replaces, or whether its entry
    exists."""
    match part:
        case c.SetSysctl(path=path):
            return (SysctlIs(path, namespace.sysctls.text(*path)),)
        case c.ReplaceSysctls(values=values):
            return tuple(SysctlIs(path, namespace.sysctls.text(*path)) for path, _ in values)
        case c.SetLink(link=link):
            held = namespace.link(link.name)
            return (LinkIs(held) if held is not None else LinkIs(link, there=False),)
        case c.RenameLink(link=name):
            held = namespace.link(name)
            return (LinkIs(held),) if held is not None else ()
        case c.DeleteLink():
            return ()  # the link may have any state, and the command itself fails if there is no such link
        case c.AddEntry(entry=entry):
            return (EntryIs(entry, False), *(EntryIs(each, True) for each in _replaced(entry, namespace)))
        case c.DeleteEntry(entry=entry):
            return (EntryIs(entry, True),)
        case c.ReplaceEntry(before=before, entry=entry):
            return (EntryIs(before, True), EntryIs(entry, False))
        case c.SetDormant(dialect=dialect, family=family, table=table):
            return (TableIs(dialect, family, table, table_digest(namespace.ruleset.table(family, table, dialect))),)
        case _:
            assert_never(part)


def _replaced(entry: c.Entry, namespace: Namespace) -> Iterator[Neighbour]:
    """Yield the entry, made by an administrator, that the added neighbour entry replaces."""
    if isinstance(entry, Neighbour):
        same = (each for each in namespace.neighbours if neighbour_slot(each) == neighbour_slot(entry))
        yield from (each for each in same if is_made_by_hand(each) and each != entry)


def edits_expect(edits: tuple[c.RuleEdit, ...], namespace: Namespace) -> tuple[InNamespace, ...]:
    """Return the expectations of an atomic load about the tables before its first edit."""
    expected: dict[InNamespace, None] = {}
    numberings: dict[str, Numbering] = {}
    for edit in edits:
        expected.update(dict.fromkeys(_edit_expects(edit, namespace, numberings)))
    return tuple(expected)


def _edit_expects(edit: c.RuleEdit, namespace: Namespace, numberings: dict[str, Numbering]) -> Iterator[InNamespace]:
    match edit:
        case c.ReplaceTable(dialect=dialect, family=family, name=name):
            yield TableIs(dialect, family, name, table_digest(namespace.ruleset.table(family, name, dialect)))
        case c.AddChain() | c.DeleteChain():
            there = _chain(edit, namespace) is not None
            if there or isinstance(edit, c.AddChain):
                yield ChainIs(edit.dialect, edit.family, edit.table, edit.chain, there)
        case c.InsertRule():
            chain = _chain(edit, namespace)
            numbering = numberings.setdefault(edit.chain, Numbering.of(chain))
            yield from _rules_beside(edit, chain, numbering)
            numbering.insert(edit.position)
        case c.DeleteRule(place=place):
            table = next(
                (
                    each
                    for each in namespace.ruleset.tables
                    if (each.dialect, each.family, each.name) == (place.dialect, place.family, place.table)
                ),
                None,
            )
            chain = table.chain(place.chain) if table is not None else None
            number = numberings.setdefault(place.chain, Numbering.of(chain)).delete(place.number)
            if table is not None and number is not None:
                yield RuleIs(table.dialect, table.family, table.name, place.chain, number, place.text)
        case c.SetPolicy(place=place):
            for table in namespace.ruleset.tables:
                base = table.chain(place.chain)
                key = (table.dialect, table.family, table.name)
                if key == (place.dialect, place.family, place.table) and base is not None:
                    yield ChainIs(table.dialect, table.family, table.name, place.chain, True, base.policy or "accept")
        case _:
            assert_never(edit)


def _chain(edit: c.AddChain | c.DeleteChain | c.InsertRule, namespace: Namespace) -> Chain | None:
    table = namespace.ruleset.table(edit.family, edit.table, edit.dialect)
    return table.chain(edit.chain) if table is not None else None


def _rules_beside(edit: c.InsertRule, chain: Chain | None, numbering: Numbering) -> Iterator[InNamespace]:
    """Yield the expectations about the rules before and after the new rule, or about the chain's end.  No expectation
    is yielded about rules that the same load inserts."""
    place = (edit.dialect, edit.family, edit.table, edit.chain)
    position = edit.position if edit.position is not None else len(numbering) + 1
    for each in (position - 1, position):
        number = numbering.before(each)
        if chain is not None and number is not None:
            yield RuleIs(*place, number, rule_text(chain, number))
    if position > len(numbering):
        yield RuleIs(*place, numbering.first + 1, None)


def call_expects(call: calls.Call, host: Host) -> tuple[OnHost, ...]:
    """Return the expectations of a call, such as the container's status or the unit's states, as they were read from
    the call's owner."""
    match call:
        case calls.SetContainerState(name=name):
            return tuple(ContainerIs(each.name, each.status) for each in host.containers() if each.name == name)
        case calls.SetUnitState(unit=unit):
            return tuple(
                UnitIs(each.name, each.enabled, each.active)
                for each in host.units
                if unit in (each.name, each.name.removesuffix(".service"))
            )
        case calls.ConnectContainer(verb=verb, network=network, name=name):
            return (EndpointIs(name, network, verb == "disconnect"),)
        case calls.MakeNetwork():
            return ()  # the engine itself refuses a network whose name is in use
        case calls.SetRestartPolicy(name=name):
            return tuple(RestartPolicyIs(name, each.restart_policy) for each in host.containers() if each.name == name)
        case (
            calls.OpenPort()
            | calls.AddRichRule()
            | calls.BindInterface()
            | calls.TrustSource()
            | calls.AddDirectRule()
            | calls.AddDirectChain()
        ):
            return (ManagerRuns("firewalld"), *_firewalld_expects(call, host))
        case calls.SetPanicMode():
            return (ManagerRuns("firewalld"),)
        case calls.AllowInUfw() | calls.ReloadUfw():
            return (ManagerRuns("ufw"),)
        case calls.Unban():
            return ()  # hairpin does not read the ban lists of fail2ban and CrowdSec
        case calls.ReloadNetworks():
            return ()  # the call may also be made if all rules exist
        case calls.EndProcess(pid=pid, halted=halted):
            return (ProcessIs(pid, halted),)
        case calls.ByPerson():
            return ()  # the person who follows the advice checks the host
        case _:
            assert_never(call)


def _firewalld_expects(call: calls.OfFirewalld, host: Host) -> tuple[OnHost, ...]:
    """Return the expectations about the port, interface or source in firewalld's zones; none if the zones were not
    read."""
    match call:
        case calls.OpenPort(zone=zone, port=port, protocol=protocol, permanent=permanent):
            read = any(each.name == zone for each in firewalld_zones(host, permanent=permanent))
            text = f"{port}/{protocol}"
            held = port_is_open(host, zone, text, permanent=permanent)
            return (PortIs(zone, text, permanent, held),) if read else ()
        case calls.BindInterface(interface=interface, permanent=permanent):
            if not firewalld_zones(host, permanent=permanent):
                return ()
            return (ZoneIs(interface, zone_of_interface(host, interface, permanent=permanent), permanent),)
        case calls.TrustSource(source=source, permanent=permanent):
            if not firewalld_zones(host, permanent=permanent):
                return ()
            held = source_is_in(host, "trusted", source, permanent=permanent)
            return (SourceIs("trusted", source, permanent, held),)
        case calls.AddRichRule() | calls.AddDirectRule() | calls.AddDirectChain():
            return ()  # firewalld accepts the addition of a rule that exists, and the removal of a rule that does not
        case _:
            assert_never(call)
