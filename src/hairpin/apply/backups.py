"""Backups of the rulesets and files that a plan changes, made before its first step.

The backups are for a person who has only a shell.  The rulesets are in a form that iptables-restore, nft and
ebtables-restore can load.

The undo of a step does not use these backups.  Source: iptables-save(8), nft(8), ebtables(8)
"""

from collections.abc import Callable, Iterator

from hairpin.carry.act import Acting, Command
from hairpin.change.calls import (
    AddDirectChain,
    AddDirectRule,
    AddRichRule,
    AllowInUfw,
    BindInterface,
    OpenPort,
    ReloadUfw,
    TrustSource,
)
from hairpin.change.step import Ask, LoadRules, ReplaceFile, Step
from hairpin.message import Message

_WHOLE = (("iptables-save",), ("ip6tables-save",), ("nft", "list", "ruleset"))
_OF_FIREWALL = (OpenPort, AddRichRule, BindInterface, TrustSource, AddDirectRule, AddDirectChain, AllowInUfw, ReloadUfw)


Carries = Callable[[Acting], Message | None]


def backups_of(steps: tuple[Step, ...]) -> tuple[dict[str, Command], dict[str, str]]:
    """Return the commands that print the rulesets which the steps will change, and the contents of the files which they
    will change.  Commands and contents are keyed by the name of the backup."""
    commands = {_name(command): command for step in steps for command in _saving(step)}
    files = {
        each.path.strip("/").replace("/", "_"): each.before.content
        for each in steps
        if isinstance(each, ReplaceFile) and each.before is not None and each.before.content
    }
    return commands, files


def _saving(step: Step) -> Iterator[Command]:
    """Yield the commands that print the rulesets which the step will change, in a form that can be loaded again."""
    match step:
        case LoadRules(dialect="nft", entering=entering):
            yield Command((*entering, "nft", "list", "ruleset"))
        case LoadRules(dialect="ebtables", entering=entering):
            yield Command((*entering, "ebtables-save"))
        case LoadRules(program=program, table=table, entering=entering):
            yield Command((*entering, f"{program}-save", "-t", table))
        case Ask(call=call) if isinstance(call, _OF_FIREWALL):
            yield from map(Command, _WHOLE)
        case _:
            return


def _name(command: Command) -> str:
    return "-".join(each.strip("-").replace("/", "_") for each in command.argv)


def printed_by(command: Command, carrier: Carries) -> str | None:
    """Return the command's output; None if it fails or is not installed."""
    found: list[str] = []

    def asking() -> Acting:
        done = yield command
        found.append(done.printed)
        return done.complaint

    return None if carrier(asking()) is not None else "".join(found)
