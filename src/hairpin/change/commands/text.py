"""The commands of steps as a person would type them.  The text is made from steps and is never parsed."""

import shlex
from collections.abc import Iterable
from typing import assert_never

import msgspec

from hairpin.change.calls import AddDirectRule, OwnersCall, call_argv
from hairpin.change.change import Change
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, RunCommands, Step
from hairpin.change.steps import steps
from hairpin.message import Message
from hairpin.network.network import Network


def command_lines(step: Step, *, guarded: bool = True) -> tuple[str, ...]:
    """Return the step as shell commands in order.

    The result is empty if only a person can do the step.  If ``guarded`` is true, the commands may be run twice."""
    match step:
        case RunCommands(commands=commands, entering=entering):
            return tuple(shlex.join((*entering, *argv)) for argv in commands)
        case LoadRules():
            from hairpin.change.commands.rules_text import rules_commands  # noqa: PLC0415 - few repairs load rules

            return tuple(rules_commands(step, guarded=guarded))
        case ReplaceFile(path=path, before=before, after=after):
            from hairpin.change.commands.file_text import file_commands  # noqa: PLC0415 - few repairs write files

            held, wanted = (each.content if each is not None else None for each in (before, after))
            return tuple(file_commands(path, held, wanted))
        case Ask(call=call):
            return (call_text(call),)
        case Advise():
            return ()
        case _:
            assert_never(step)


def brief_text(step: Step) -> str:
    """Return the step in one line: the path of the replaced file, or otherwise the first command.

    The line is empty if only a person can do the step."""
    if isinstance(step, ReplaceFile):
        return step.path
    return next(iter(command_lines(step, guarded=False)), "").split("\n")[0]


def all_shown(made: Iterable[Step], *, guarded: bool = True) -> tuple[str, ...]:
    """Return the commands of all steps."""
    return tuple(line for step in made for line in command_lines(step, guarded=guarded))


def in_one_line(change: Change, network: Network) -> str:
    """Return the commands of the change as a sentence quotes them."""
    return "; ".join(all_shown(steps(change, network), guarded=False))


def advice(made: Iterable[Step]) -> tuple[Message, ...]:
    """Return the advice for the parts that no command of hairpin makes."""
    return tuple(step.said for step in made if isinstance(step, Advise) and step.said is not None)


def call_text(call: OwnersCall) -> str:
    """Return the command of a call as a person types it.  The iptables arguments of a direct rule are quoted only where
    a shell needs it."""
    if isinstance(call, AddDirectRule):
        from hairpin.change.commands.rules_text import words_for_shell  # noqa: PLC0415 - few repairs load rules

        without = msgspec.structs.replace(call, words="")
        return f"{shlex.join(call_argv(without))} {words_for_shell(call.words)}"
    return shlex.join(call_argv(call))
