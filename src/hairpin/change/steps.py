"""The steps by which a change is made on a host.

Only this module makes steps.  The undo of each step restores the network as it was before this step.
``commands/text.py`` shows a step as command lines, and ``commands/carrying.py`` carries it out."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Literal, assert_never

import msgspec

from hairpin.carry.act import FileState
from hairpin.change import change as c
from hairpin.change.calls import ByPerson, EndProcess, OfFirewalld, OwnersCall, SetContainerState, SetUnitState, reverse
from hairpin.change.commands.argv import forgetting_argv, setting_argv
from hairpin.change.commands.held import held_before
from hairpin.change.commands.loading import Numbering
from hairpin.change.commands.tool import program
from hairpin.change.commands.words import Words
from hairpin.change.expect import InNamespace, OnHost, ProcessIs, unmet, unmet_on_host
from hairpin.change.expected import call_expects, edits_expect, setting_expects
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, RunCommands, Step, done_by, nature
from hairpin.errors import ChangeError
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns, namespace_file
from hairpin.message import Message, message
from hairpin.netfilter.ir import Dialect, Family
from hairpin.network.network import Network


def steps(change: c.Change, network: Network) -> tuple[Step, ...]:
    """Return the steps of a change in order, each with its undo.  If the change has calls, the calls are its steps.  A
    part that does not fit the network becomes a step without an undo, which :func:`refusal_of` refuses."""
    return tuple(_steps(change, network, undone=True))


def _steps(change: c.Change, network: Network, *, undone: bool) -> Iterator[Step]:
    if change.calls:
        yield from _call_steps(change, network)
        return
    left = _grouped(change.parts, network)
    while left:
        parts, *left = (*_loads(left[0], network), *left[1:])
        try:
            after = simulate(c.Change(parts), network)
            undo = _undo(parts, network, after) if undone else ()
        except ChangeError:
            after, undo = network, None
        yield _step(parts, network, undo)
        network = after


def _grouped(parts: tuple[c.Primitive, ...], network: Network) -> list[tuple[c.Primitive, ...]]:
    """Return the parts in order, in groups.

    Consecutive edits of one table form a group.  Every other part is a group by itself."""
    known = [each for part in parts for each in _expanded(part, network)]
    groups = groupby(enumerate(known), key=lambda item: _group_key(*item))
    return [tuple(part for _, part in group) for _, group in groups]


def _loads(parts: tuple[c.Primitive, ...], network: Network) -> Iterator[tuple[c.Primitive, ...]]:
    """Yield the parts in groups that one step can make.  nft deletes a rule by its handle.  A rule that the same load
    inserts has no handle yet, so the deletion of this rule begins another load."""
    numberings: dict[str, Numbering] = {}
    for number, part in enumerate(parts):
        if isinstance(part, c.InsertRule) and part.dialect == "nft":
            _numbering(part, part.chain, network, numberings).insert(part.position)
        elif isinstance(part, c.DeleteRule) and part.place.dialect == "nft":
            numbering = _numbering(part, part.place.chain, network, numberings)
            if number and part.place.number <= len(numbering) and numbering.delete(part.place.number) is None:
                yield parts[:number]
                yield parts[number:]
                return
    yield parts


def _numbering(edit: c.RuleEdit, chain: str, network: Network, known: dict[str, Numbering]) -> Numbering:
    if chain not in known:
        netns, dialect, family, name = edited_table(edit)
        namespace = _namespace(network, netns)
        table = namespace.ruleset.table(family, name, dialect) if namespace is not None else None
        known[chain] = Numbering.of(table.chain(chain) if table is not None else None)
    return known[chain]


def _group_key(number: int, part: c.Primitive) -> tuple[object, ...]:
    """Return the edited table as a key.  Consecutive parts with the same key belong to one step.

    A part that replaces a whole table has a unique key."""
    if isinstance(part, c.RuleEdit) and not isinstance(part, c.ReplaceTable):
        return edited_table(part)
    return (number,)


def _expanded(part: c.Primitive, network: Network) -> Iterator[c.Primitive]:
    """Yield the parts into which the part is split.  A ruleset is split into its tables, because each table has its own
    tool.  A unit is split into calls to systemd.  A part that is neither a ruleset nor a unit stays whole."""
    if isinstance(part, c.SetUnit):
        yield from _of_unit(part, network.host(part.host))
        return
    if not isinstance(part, c.ReplaceRuleset):
        yield part
        return
    namespace = _namespace(network, part.netns)
    wanted = {(each.dialect, each.family, each.name): each for each in part.ruleset.tables}
    for held in namespace.ruleset.tables if namespace is not None else ():
        made = wanted.pop((held.dialect, held.family, held.name), None)
        yield c.ReplaceTable(part.netns, held.dialect, held.family, held.name, made)
    yield from (c.ReplaceTable(part.netns, each.dialect, each.family, each.name, each) for each in wanted.values())


def _of_unit(part: c.SetUnit, host: Host) -> Iterator[c.SetUnit]:
    """Yield one part for each call to systemd: first enable or disable the unit, then start or stop it."""
    found = next((each for each in host.units if each.name == part.unit.name), None)
    if found is None or found.active == part.unit.active or found.enabled == part.unit.enabled:
        yield part
        return
    yield c.SetUnit(part.host, msgspec.structs.replace(found, enabled=part.unit.enabled))
    yield part


def edited_table(edit: c.RuleEdit) -> tuple[Netns, Dialect, Family, str]:
    """Return the namespace, dialect, family and name of the table that the edit changes."""
    match edit:
        case c.DeleteRule(place=place) | c.SetPolicy(place=place):
            return edit.netns, place.dialect, place.family, place.table
        case c.ReplaceTable():
            return edit.netns, edit.dialect, edit.family, edit.name
        case c.AddChain() | c.DeleteChain() | c.InsertRule():
            return edit.netns, edit.dialect, edit.family, edit.table
        case _:
            assert_never(edit)


def _undo(parts: tuple[c.Primitive, ...], before: Network, after: Network) -> tuple[Step, ...] | None:
    """Return the steps that undo the parts; None if these parts have no undo.  Raises ChangeError if no command
    restores the former state."""
    back: tuple[c.Primitive, ...] = ()
    if all(isinstance(part, c.InKernel) for part in parts):
        from hairpin.change.difference import difference  # noqa: PLC0415 - a healthy host has nothing to undo

        back = difference(after, before).parts
    else:
        (part,) = parts  # a group of several parts consists of edits of a table
        if not isinstance(part, c.OfHost):
            return None
        back = (_of_host_back(part, before.host(part.host)),)
    made = tuple(_steps(c.Change(back), after, undone=False))
    for step in made:
        if isinstance(step, Advise):
            raise ChangeError(step.said or message("no command undoes this change"))
    return made


def _of_host_back(part: c.OfHost, before: Host) -> c.OfHost:
    match part:
        case c.ContinueProcess(pid=pid):
            return c.HaltProcess(part.host, pid)
        case c.HaltProcess(pid=pid):
            return c.ContinueProcess(part.host, pid)
        case c.LoadModule():
            raise ChangeError(message("a kernel module stays loaded"))
        case c.SetUnit(unit=unit):
            found = next((each for each in before.units if each.name == unit.name), None)
            if found is None:
                raise ChangeError(message("hairpin did not read how {unit} is set now", unit=unit.name))
            return c.SetUnit(part.host, found)
        case c.WriteFile(path=path):
            return c.WriteFile(part.host, path, next((each.text for each in before.files if each.path == path), None))
        case _:
            assert_never(part)


def _step(parts: tuple[c.Primitive, ...], network: Network, undo: tuple[Step, ...] | None) -> Step:
    edits = tuple(part for part in parts if isinstance(part, c.RuleEdit))
    if edits:
        return _load(edits, network, undo)
    (part,) = parts
    if isinstance(part, c.Setting | c.Forgotten):
        return _run(part, network, undo)
    if isinstance(part, c.OfHost):
        return _on_host(part, network.host(part.host), undo)
    said = part.advice if isinstance(part, c.AddSocket | c.ChangeWorld) else None
    return Advise(does=parts, said=said)


def _load(edits: tuple[c.RuleEdit, ...], network: Network, undo: tuple[Step, ...] | None) -> LoadRules | Advise:
    for edit in edits:
        if isinstance(edit, c.ReplaceTable):
            from hairpin.change.commands.loading import replacing  # noqa: PLC0415 - few changes replace a table

            try:
                replacing(edit)
            except ChangeError as error:
                return Advise(does=edits, said=error.said)
    netns, dialect, family, table = edited_table(edits[0])
    namespace = _namespace(network, netns)
    if owned := _owner_refusal(namespace, dialect, family, table):
        return Advise(does=edits, said=owned)
    version = network.host(netns.host).version("iptables")
    held = namespace.ruleset.table(family, table, dialect) if namespace is not None else None
    return LoadRules(
        netns=netns,
        does=edits,
        dialect=dialect,
        family=family,
        table=table,
        program=program(dialect, family, version),
        held=held_before(edits, held, version),
        entering=entering(netns, network),
        expects=edits_expect(edits, namespace) if namespace is not None else (),
        undo=undo,
    )


def _owner_refusal(namespace: Namespace | None, dialect: Dialect, family: Family, name: str) -> Message | None:
    """Return why no command of nft changes the table, if the table has an owner; else None."""
    table = namespace.ruleset.table(family, name, dialect) if namespace is not None else None
    if table is None or not table.owned:
        return None
    return message(
        "the kernel lets only the program that made table {family} {name} change the table (nft's flag owner), so "
        "change the configuration of that program",
        family=family,
        name=name,
    )


def _run(part: c.Setting | c.Forgotten, network: Network, undo: tuple[Step, ...] | None) -> Step:
    namespace = _namespace(network, part.netns)
    if isinstance(part, c.SetDormant) and (owned := _owner_refusal(namespace, part.dialect, part.family, part.table)):
        return Advise(does=(part,), said=owned)
    expects: tuple[InNamespace, ...] = ()
    commands: tuple[Words, ...]
    try:
        if isinstance(part, c.Forgotten):
            commands = (forgetting_argv(part, namespace),)
        else:
            commands = setting_argv(part, namespace)
            expects = setting_expects(part, namespace) if namespace is not None else ()
    except ChangeError as error:
        return Advise(does=(part,), said=error.said)
    if not commands:
        return Advise(does=(part,))  # a link's carrier depends on its cable, which no command can plug in
    words = entering(part.netns, network)
    return RunCommands(netns=part.netns, does=(part,), commands=commands, entering=words, expects=expects, undo=undo)


def _on_host(part: c.OfHost, host: Host, undo: tuple[Step, ...] | None) -> Step:
    match part:
        case c.ContinueProcess(pid=pid) | c.HaltProcess(pid=pid):
            halts = isinstance(part, c.HaltProcess)
            command = ("kill", "-STOP" if halts else "-CONT", str(pid))
            expects = (ProcessIs(pid, halted=not halts),)
            return RunCommands(netns=host.netns, does=(part,), commands=(command,), expects=expects, undo=undo)
        case c.LoadModule(name=name):
            return RunCommands(netns=host.netns, does=(part,), commands=(("modprobe", name),))
        case c.SetUnit(unit=unit):
            verb: Literal["enable", "disable", "start", "stop"]
            found = next((each for each in host.units if each.name == unit.name), None)
            if found is not None and found.active == unit.active:
                verb = "enable" if unit.enabled == "enabled" else "disable"
            else:
                verb = "start" if unit.active == "active" else "stop"
            call = SetUnitState(verb, unit.name)
            return Ask(host=part.host, call=call, does=(part,), expects=call_expects(call, host), undo=undo)
        case c.WriteFile(path=path, text=text):
            held = next((each.text for each in host.files if each.path == path), None)
            before, after = _state(held), _state(text)
            lost = after is None and before is not None and not before.is_complete
            return ReplaceFile(
                host=part.host,
                path=path,
                before=before,
                after=after,
                undo=None if lost else undo,
                validator=_validator(path, host) if after is not None else (),
            )
        case _:
            assert_never(part)


def _validator(path: str, host: Host) -> Words:
    """Return the command that validates dockerd's configuration; empty for other files, and for dockerd before version
    23."""
    versions = (re.match(r"v?(\d+)\.", each.version) for each in host.engines if each.kind == "docker")
    judges = any(found is not None and int(found[1]) >= _VALIDATES for found in versions)
    return ("dockerd", "--validate", "--config-file") if judges and path.endswith("/daemon.json") else ()


_VALIDATES = 23


def _state(text: str | None) -> FileState | None:
    return FileState(text) if text is not None else None


def _call_steps(change: c.Change, network: Network) -> Iterator[Ask | Advise]:
    """Yield the calls as steps.  The first call that does not only prepare the change counts as making the whole
    change."""
    host = host_of(change.parts[0], network) if change.parts else network.this
    making = next((number for number in range(len(change.calls)) if not _prepares(change, number)), 0)
    for number, call in enumerate(change.calls):
        does = change.parts if number == making else ()
        if isinstance(call, ByPerson):
            yield Advise(does=does, said=call.said)
            continue
        if (refused := _refused_by_firewalld(call, host)) is not None:
            yield Advise(does=does, said=refused)
            continue
        back = reverse(call, host)
        yield Ask(
            host=host.name,
            call=call,
            does=does,
            expects=call_expects(call, host),
            undo=(Ask(host=host.name, call=back, undo=()),) if back is not None else None,
        )


def _refused_by_firewalld(call: OwnersCall, host: Host) -> Message | None:
    if not isinstance(call, OfFirewalld):
        return None
    from hairpin.change.firewalld import zone_refusal  # noqa: PLC0415 - few hosts have it

    return zone_refusal(call, host)


def _prepares(change: c.Change, number: int) -> bool:
    """Return whether the call only prepares the change.

    A call that ends a process only prepares the change, because later calls that end other processes expect that these
    processes still exist.  A call before the start of the change's container only prepares the change, because the
    container is unchanged until its start."""
    made = {each.container.name for each in change.parts if isinstance(each, c.AddNamespace)}
    return isinstance(change.calls[number], EndProcess) or any(
        isinstance(each, SetContainerState) and each.verb == "start" and each.name in made
        for each in change.calls[number + 1 :]
    )


def host_of(part: c.Primitive, network: Network) -> Host:
    """Return the host that a part changes.  If the part changes only the world outside, return this host."""
    label = c.label_of(part)
    return network.this if label is None else network.host(label)


def refusal_of(step: Step, network: Network) -> Message | None:
    """Return why the step must not be carried out on the network, which was just read; None if the step may be carried
    out.
    A file's content is not compared here, because the runner compares it when it replaces the file."""
    if isinstance(step, Advise):
        return message("no command can do this; a person has to do it")
    if nature(step) == "reversible" and step.undo is None:
        return message("the change does not fit this network, so it could not be undone")
    where = step.netns if isinstance(step, RunCommands | LoadRules) else Netns(step.host)
    if where not in network:
        return message("no network namespace {name!r} in this snapshot", name=where.name)
    for expected in step.expects:
        if isinstance(expected, OnHost):
            said = unmet_on_host(expected, network.host(where.host))
        else:
            said = unmet(expected, network.namespace(where))
        if said is not None:
            return said
    return None


def after_steps(made: tuple[Step, ...], network: Network) -> Network:
    """Return the network after the steps; raises ChangeError if a step does not fit the network."""
    return simulate(c.Change(tuple(part for step in made for part in done_by(step))), network)


def entering(netns: Netns, network: Network) -> Words:
    """Return the arguments that run a command in the namespace: ``nsenter`` for a container's namespace, none for the
    host's."""
    if netns.is_host:
        return ()
    pod = namespace_file(netns)
    if pod is not None:
        return ("nsenter", f"--net={pod}")
    container = network.container_of(netns)
    return ("nsenter", "-t", str(container.pid), "-n") if container is not None and container.pid else ("nsenter", "-n")


def _namespace(network: Network, netns: Netns) -> Namespace | None:
    return network.namespace(netns) if netns in network else None
