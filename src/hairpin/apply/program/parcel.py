"""A plan's tasks and their undo as files for ``apply.sh``.  The files are complete before the first step.

``apply.sh`` has no model of the network.  ``apply.sh`` gets the acts of each task and of the task's undo.  ``apply.sh``
also gets probes: commands whose output shows the state that the task changes.  If ``apply.sh`` undoes a task without
hairpin, it first checks that the output of the probe is still the output from after the task.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import assert_never

import msgspec

import hairpin
from hairpin.apply.backups import backups_of
from hairpin.apply.kept_plan import PlannedStep
from hairpin.carry.act import NEW_MODE, Act, Acting, Command, Done, Replace
from hairpin.carry.run import why_refused
from hairpin.change import change as c
from hairpin.change.calls import SetUnitState
from hairpin.change.commands.carrying import carrying, chains_by_handle, listing_handles, taking_empty_chains
from hairpin.change.commands.loading import nft_load, rule_commands
from hairpin.change.commands.words import Words, six
from hairpin.change.simulation.rules import tool_rules
from hairpin.change.step import Ask, LoadRules, ReplaceFile, RunCommands, Step
from hairpin.change.steps import after_steps
from hairpin.errors import ApplyError, ChangeError
from hairpin.host.link import Address
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import message
from hairpin.netfilter.ir import Table
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.own_python import own_python

_HANDLE = "\x01{}.{}\x01"
"""The placeholder for a rule's handle in a load: the number of the chain's listing, and the rule's number in the
listing."""
Files = dict[str, bytes]
_LENT = ("hairpin.carry.writer", "hairpin.apply.at_deadline")
_WHERE_ENGINES_ARE = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "HOME")


def parcel(tasks: tuple[PlannedStep, ...], made: tuple[Step, ...], network: Network) -> Files:
    """Return the contents of the tasks' files by file name.

    ``made``: the tasks' steps with all their changes of the network.  ``network``: the host's network before the first
    step.  Raises ApplyError for an act that must not be carried out on a host."""
    files: Files = {"count": f"{len(tasks)}\n".encode()}
    for number, (task, step) in enumerate(zip(tasks, made, strict=True)):
        after = _after(step, network)
        files |= _task_files(number, task.step, network, after)
        network = after
    files["programs"] = "".join(f"{each}\n" for each in dict.fromkeys(_programs(tasks))).encode()
    return files | dict(_backup_files(tasks))


def lent_files() -> Files:
    """Return the files by which ``apply.sh`` calls the hairpin of this host: the process that writes files, and the
    process that takes a plan back at its deadline."""
    variables = {name: os.environ[name] for name in _WHERE_ENGINES_ARE if name in os.environ}
    variables["PYTHONPATH"] = str(Path(hairpin.__file__).resolve().parents[1])
    words = ("env", *(f"{name}={value}" for name, value in variables.items()), *own_python(), "-m")
    modules = {f"hairpin.{number}": f"{module}\n".encode() for number, module in enumerate(_LENT, 1)}
    return {"hairpin": _words("lent", words), **modules}


def _programs(tasks: tuple[PlannedStep, ...]) -> Iterator[str]:
    """Yield the programs that the tasks and their undo run."""
    for task in tasks:
        for step in (task.step, *(task.step.undo or ())):
            acts = () if isinstance(step, ReplaceFile) else _yielded(carrying(step))
            with suppress(ApplyError):  # the handles of the new rules are not known yet
                yield from (act.argv[0] for act in acts if isinstance(act, Command))


def _backup_files(tasks: tuple[PlannedStep, ...]) -> Iterator[tuple[str, bytes]]:
    commands, contents = backups_of(tuple(each.step for each in tasks))
    for at, (name, command) in enumerate(commands.items(), 1):
        yield from act_files(f"save.{at}", command)
        yield f"save.{at}.name", _bytes(f"{name}\n")
    for at, (name, content) in enumerate(contents.items(), 1):
        yield from ((f"keep.{at}", _bytes(content)), (f"keep.{at}.name", _bytes(f"{name}\n")))


def _task_files(number: int, step: Step, network: Network, after: Network) -> Files:
    files = dict(_acts_files(f"{number}.do", (step,), network))
    files |= _numbered(f"{number}.probe", (Command(argv) for argv in _probes(step)))
    if step.undo is None:
        return files | {f"{number}.when": b"never\n"}
    files |= dict(_acts_files(f"{number}.undo", step.undo, after))
    words = tuple(_by_words(step.undo))
    files |= _numbered(f"{number}.words", words)
    files |= _numbered(f"{number}.tidy", tuple(_tidying(step)))
    return files | {f"{number}.when": f"{_when_changed(step)}\n".encode()}


def _when_changed(step: Step) -> str:
    """Return whether ``apply.sh`` undoes the task if the probe shows neither the state before the task nor the state
    after it.

    The undo of an entry or a link names this entry or link, so the undo is safe.  A sysctl or a chain that has changed
    since the task stays until hairpin itself has read the host."""
    owned = isinstance(step, LoadRules) or any(isinstance(each, c.SetSysctl | c.ReplaceSysctls) for each in _does(step))
    return "stay" if owned else "undo"


def _does(step: Step) -> tuple[c.Primitive, ...]:
    return () if isinstance(step, ReplaceFile) else tuple(step.does)


def _after(step: Step, network: Network) -> Network:
    try:
        return after_steps((step,), network)
    except ChangeError:
        return network


# ---- acts


def _acts_files(prefix: str, made: tuple[Step, ...], network: Network) -> Iterator[tuple[str, bytes]]:
    number = 0
    for step in made:
        if isinstance(step, LoadRules) and step.dialect == "nft" and not isinstance(step.does[0], c.ReplaceTable):
            number += 1
            yield from _nft_files(f"{prefix}.{number}", step, network)
        else:
            for act in _yielded(carrying(step)):  # yield each act as if all earlier acts had succeeded
                number += 1
                yield from act_files(f"{prefix}.{number}", act, _kind(step))
        network = _after(step, network)


def _kind(step: Step) -> str:
    """Return the kind of the step's commands, by which ``apply.sh`` judges a failure."""
    if isinstance(step, ReplaceFile):
        return "judge"
    return "unit" if isinstance(step, Ask) and isinstance(step.call, SetUnitState) else "command"


def _yielded(acting: Acting) -> Iterator[Act]:
    try:
        act = next(acting)
        while True:
            yield act
            act = acting.send(Done(0))
    except StopIteration as ended:
        if ended.value is not None:
            raise ApplyError(ended.value) from None


def _nft_files(name: str, step: LoadRules, network: Network) -> Iterator[tuple[str, bytes]]:
    """Yield the load with a placeholder for each handle, and the listings in which ``apply.sh`` finds the handles."""
    table = network.namespace(step.netns).ruleset.table(step.family, step.table, "nft")
    handles: dict[str, tuple[str, ...]] = {}
    for number, chain in enumerate(chains_by_handle(step.does), 1):
        count = _length(table, chain)
        handles[chain] = tuple(_HANDLE.format(number, each) for each in range(1, (count or 0) + 1))
        if count is not None:
            yield from act_files(f"{name}.list.{number}", listing_handles(step, chain))
            yield f"{name}.list.{number}.count", f"{count}\n".encode()
    load = nft_load(step.does, handles)
    yield from act_files(name, Command((*step.entering, *load.argv), load.text), kind="nft")


def _length(table: Table | None, chain: str) -> int | None:
    found = table.chain(chain) if table is not None else None
    return len(tool_rules(found.rules)) if found is not None else None


def _numbered(prefix: str, commands: Iterator[Command] | tuple[Command, ...]) -> Files:
    return {name: content for at, each in enumerate(commands, 1) for name, content in act_files(f"{prefix}.{at}", each)}


def act_files(name: str, act: Act, kind: str = "command") -> Iterator[tuple[str, bytes]]:
    """Yield the files of one act: the act's words, its standard input, and the file contents that it compares and
    writes."""
    if isinstance(act, Command):
        refused = why_refused(act)
        if refused is not None:
            raise ApplyError(refused)
        yield name, _words(kind, act.argv)
        if act.text:
            yield f"{name}.text", _bytes(act.text)
        return
    yield name, _words("replace", (act.path, *_mode_and_owner(act)))
    with suppress(UnicodeEncodeError):  # the content is not UTF-8, so ``apply.sh`` replaces the file without hairpin
        yield f"{name}.whole", msgspec.json.encode(act)
    for which, state in (("before", act.before), ("after", act.after)):
        if state is not None:
            yield f"{name}.{which}", _bytes(state.content)


def _mode_and_owner(act: Replace) -> tuple[str, str]:
    state = act.after
    mode = state.mode if state is not None and state.mode is not None else NEW_MODE
    uid, gid = (state.uid or 0, state.gid or 0) if state is not None else (0, 0)
    return f"{mode:o}", f"{uid}:{gid}"


def _words(kind: str, words: Words) -> bytes:
    lines = (f"a {word}".replace("\n", "\n+ ") for word in words)
    return _bytes("".join(f"{line}\n" for line in (f"kind {kind}", *lines)))


def _bytes(text: str) -> bytes:
    if "\0" in text:
        raise ApplyError(message("a word of the plan contains a zero byte, and no program's argument can contain one"))
    return text.encode("utf-8", "surrogateescape")


def _tidying(step: Step) -> Iterator[Command]:
    """Yield the commands that delete the chains that iptables-nft makes for the step."""
    acting = taking_empty_chains(step) if isinstance(step, LoadRules) else None
    for act in _yielded(acting) if acting is not None else ():
        assert isinstance(act, Command)
        yield act


# ---- probes, and undoing rules by their text


def _probes(step: Step) -> Iterator[Words]:
    """Yield the commands that show the state which the step and its undo change.

    A replaced file needs no such command, because the file is compared when it is replaced.  A call to a manager has no
    such command."""
    match step:
        case LoadRules(does=does, entering=entering):
            for words in dict.fromkeys(_listing(edit, step) for edit in does):
                yield (*entering, *words)
        case RunCommands(entering=entering):
            parts = (*_does(step), *(part for back in step.undo or () for part in _does(back)))
            for words in dict.fromkeys(words for part in parts for words in _showing(part)):
                yield (*entering, *words)
        case _:
            return


def _listing(edit: c.RuleEdit, step: LoadRules) -> Words:
    match edit:
        case c.ReplaceTable():
            whole = ("nft", "-s", "list", "table", step.family, step.table)
            return whole if step.dialect == "nft" else (f"{step.program}-save", "-t", step.table)
        case c.DeleteRule(place=place) | c.SetPolicy(place=place):
            return _listing_chain(place.chain, step)
        case c.AddChain(chain=chain) | c.DeleteChain(chain=chain) | c.InsertRule(chain=chain):
            return _listing_chain(chain, step)
        case _:
            assert_never(edit)


def _listing_chain(chain: str, step: LoadRules) -> Words:
    if step.dialect == "nft":
        return ("nft", "-s", "list", "chain", step.family, step.table, chain)
    if step.dialect == "ebtables":
        return ("ebtables", "-t", step.table, "-L", chain)
    return (step.program, "-w", "-t", step.table, "-S", chain)


def _showing(part: c.Primitive) -> Iterator[Words]:
    if isinstance(part, c.RuleEdit | c.ReplaceRuleset | c.Forgotten | c.OfHost | c.Beyond):
        return  # ``_listing`` shows rules; the other parts change no state that a command shows
    match part:
        case c.SetSysctl(path=path):
            yield ("cat", "/".join(("/proc/sys", *path)))
        case c.ReplaceSysctls(values=values):
            yield ("cat", *("/".join(("/proc/sys", *path)) for path, _ in values))
        case c.AddEntry(entry=entry) | c.DeleteEntry(entry=entry) | c.ReplaceEntry(entry=entry):
            yield _listing_entries(entry)
        case c.SetLink(link=link):
            yield from _showing_link(link.name)
        case c.DeleteLink(link=name):
            yield from _showing_link(name)
        case c.RenameLink(link=name, name=new):
            yield from _showing_link(name)
            yield from _showing_link(new)
        case c.SetDormant(family=family, table=table):
            yield ("nft", "-s", "list", "table", family, table)
        case _:
            assert_never(part)


def _listing_entries(entry: Address | Route | PolicyRule | Neighbour | FdbEntry | XfrmPolicy) -> Words:
    match entry:
        case Address(link=link):
            return ("ip", "-o", "addr", "show", "dev", link)
        case Route(version=version, table=table):
            return ("ip", *six(version), "route", "show", "table", str(table))
        case PolicyRule(version=version):
            return ("ip", *six(version), "rule", "show")
        case Neighbour(value=value, version=version, link=link, proxy=proxy):
            shown = ("proxy",) if proxy else ()
            return ("ip", "neigh", "show", *shown, address_text(value, version), "dev", link)
        case FdbEntry(port=port):
            return ("bridge", "fdb", "show", "dev", port)
        case XfrmPolicy():
            return ("ip", "xfrm", "policy", "list")


def _showing_link(name: str) -> Iterator[Words]:
    yield ("ip", "-d", "link", "show", "dev", name)
    yield ("bridge", "-d", "link", "show", "dev", name)
    yield ("tc", "qdisc", "show", "dev", name)
    yield ("tc", "filter", "show", "dev", name)


def _by_words(made: tuple[Step, ...]) -> Iterator[Command]:
    """Yield the commands that undo inserted rules by the rules' text.  The text finds a rule even if other rules were
    inserted before it.  Yield nothing if the undo does more than delete rules and chains and set policies."""
    for step in made:
        if not isinstance(step, LoadRules) or not step.dialect.startswith("iptables"):
            return
    edits = [(step, edit) for step in made if isinstance(step, LoadRules) for edit in step.does]
    if not all(isinstance(edit, c.DeleteRule | c.DeleteChain | c.SetPolicy) for _, edit in edits):
        return
    for step, edit in edits:
        for words, _may_fail in rule_commands(edit, step.program):
            yield Command((*step.entering, *words))
