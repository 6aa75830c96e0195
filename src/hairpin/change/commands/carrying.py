"""Steps as acts for the bare runner: commands with their input, and files to replace.

Nothing is run here: a generator yields each act, and its caller sends the act's result back to the generator.  The same
generator runs on a host, in a replica and in a test.  Expectations are not checked here.  The caller checks the
expectations first, on a network that was just read: :func:`hairpin.change.steps.refusal_of`.
"""

import json
from collections.abc import Iterator, Sequence
from typing import assert_never

from hairpin.carry.act import Acting, Command, Replace, ended_with
from hairpin.change.calls import SetUnitState, call_argv
from hairpin.change.change import DeleteRule, InsertRule, ReplaceTable, RuleEdit
from hairpin.change.commands.loading import ebtables_commands, iptables_load, nft_load, replacing
from hairpin.change.commands.words import Words
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, RunCommands, Step
from hairpin.errors import ChangeError
from hairpin.message import message


def carrying(step: Step) -> Acting:
    """Carry out the step until an act fails, and return the error text of that act."""
    match step:
        case RunCommands(commands=commands, entering=entering):
            return (yield from _all(Command((*entering, *argv)) for argv in commands))
        case LoadRules():
            try:
                return (yield from _load(step))
            except ChangeError as error:
                return error.said
        case ReplaceFile(path=path, before=before, after=after):
            said = yield from _judging(step)
            if said is not None:
                return said
            done = yield Replace(path, before, after)
            return done.complaint
        case Ask(call=SetUnitState(verb="start", by="systemd") as call):
            return (yield from _starting(call))
        case Ask(call=call):
            return (yield from _all([Command(call_argv(call))]))
        case Advise():
            return message("no command can do this; a person has to do it")
        case _:
            assert_never(step)


def carrying_all(made: Sequence[Step]) -> Acting:
    """Carry out the steps in order until one fails, and return its error text."""
    for step in made:
        complaint = yield from carrying(step)
        if complaint is not None:
            return complaint
    return None


def _judging(step: ReplaceFile) -> Acting:
    """Let the program that reads the file validate a copy of the new file, and return the program's error text.  Return
    None if the step names no validating program, or if the host lacks the program."""
    if not step.validator or step.after is None:
        return None
    folder, _, name = step.path.rpartition("/")
    copy = f"{folder}/.{name}.hairpin-new"  # if this process is killed, carry/files.py deletes files of this name later
    done = yield Replace(copy, None, step.after)
    if done.complaint is not None:
        return done.complaint
    command = Command((*step.validator, copy))
    judged = yield command
    yield Replace(copy, step.after, None)
    if judged.status in (0, _NOT_INSTALLED):
        return None
    return judged.complaint or ended_with(command, judged.status)


_NOT_INSTALLED = 127
"""The exit status by which a shell and carry/run.py say that a program is not installed."""


def _starting(call: SetUnitState) -> Acting:
    """Start the unit, and return the error text if it fails.  The program's last log line is added, because systemd
    says only that the unit's program ended."""
    complaint = yield from _all([Command(call_argv(call))])
    if complaint is None:
        return None
    unit = f"{call.unit.removesuffix('.service')}.service"
    done = yield Command(("journalctl", f"_SYSTEMD_UNIT={unit}", "-b", "-n", "1", "-o", "cat", "--no-pager"))
    line = done.printed.strip()
    if done.status or not line:
        return complaint
    return message("{complaint} Its last line: {line}", complaint=complaint, line=line)


def taking_empty_chains(step: LoadRules) -> Acting:
    """Delete the built-in chains that iptables-nft made for the step, and return None.

    Errors are ignored, because iptables-nft refuses to delete a chain that has got rules or a DROP policy since.

    Source: iptables(8) ``-X``; measured with iptables 1.8.9"""
    for chain in dict.fromkeys(step.makes):
        yield Command((*step.entering, step.program, "-w", "-t", step.table, "-X", chain))
    return None


def _all(commands: Iterator[Command] | Sequence[Command]) -> Acting:
    for command in commands:
        done = yield command
        if done.status:
            return done.complaint or ended_with(command, done.status)
    return None


def _load(step: LoadRules) -> Acting:
    """Load the step's edits.  For nft, list the present handles of the rules first."""
    first = step.does[0]
    if isinstance(first, ReplaceTable):
        return (yield from _all(_entered([replacing(first)], step.entering)))
    if step.dialect == "ebtables":
        return (yield from _all(_entered(ebtables_commands(step.does), step.entering)))
    if step.dialect != "nft":
        load = iptables_load(step.does, step.dialect, step.family, step.table)
        return (yield from _all(_entered([load], step.entering)))
    handles: dict[str, tuple[int, ...]] = {}
    for chain in chains_by_handle(step.does):
        done = yield listing_handles(step, chain)
        document = json.loads(done.printed or '{"nftables": []}')
        handles[chain] = tuple(item["rule"]["handle"] for item in document["nftables"] if "rule" in item)
    return (yield from _all(_entered([nft_load(step.does, handles)], step.entering)))


def _entered(commands: Iterator[Command] | Sequence[Command], entering: Words) -> Iterator[Command]:
    for command in commands:
        yield Command((*entering, *command.argv), command.text)


def chains_by_handle(edits: Sequence[RuleEdit]) -> tuple[str, ...]:
    """Return the chains whose rules nft has to name by their handles."""
    return tuple(dict.fromkeys(_named_chains(edits)))


def _named_chains(edits: Sequence[RuleEdit]) -> Iterator[str]:
    for edit in edits:
        if isinstance(edit, DeleteRule):
            yield edit.place.chain
        elif isinstance(edit, InsertRule):
            yield edit.chain


def listing_handles(step: LoadRules, chain: str) -> Command:
    """Return the command that lists a chain of the step's table with the handles of its rules."""
    return Command((*step.entering, "nft", "-j", "list", "chain", step.family, step.table, chain))
