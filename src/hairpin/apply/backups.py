"""What a plan touches, as it was before the first step, for a person who has nothing but a shell: the rulesets in the
words of the tools that load them again, and the files.

The undo of each step in the journal does not need it.  Source: iptables-save(8), nft(8), ebtables(8)
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from hairpin.apply.task import Undertaking
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
from hairpin.errors import JournalError
from hairpin.message import Message, message

_PREFIX = "before-"
_WHOLE = (("iptables-save",), ("ip6tables-save",), ("nft", "list", "ruleset"))
_OF_FIREWALL = (OpenPort, AddRichRule, BindInterface, TrustSource, AddDirectRule, AddDirectChain, AllowInUfw, ReloadUfw)


Carries = Callable[[Acting], Message | None]


def backup_folder(folder: Path, plan: str) -> Path:
    """Return where the backups of a plan are, below the journal's folder."""
    return folder / f"{_PREFIX}{plan}"


def keep_backups(folder: Path, plan: Undertaking, carrier: Carries) -> None:
    """Write what the plan will touch into a folder of its own, mode 0700, its files 0600.  Raises JournalError if that
    fails."""
    steps = tuple(each.step for each in plan.tasks)
    texts = {_name(command): printed_by(command, carrier) for command in saving_commands(steps)}
    texts |= {
        each.path.strip("/").replace("/", "_"): each.before.content
        for each in steps
        if isinstance(each, ReplaceFile) and each.before is not None
    }
    own = backup_folder(folder, plan.id)
    try:
        for name, text in texts.items():
            if text:
                own.mkdir(mode=0o700, exist_ok=True)
                _write(own / name, text)
    except OSError as error:
        said = message(
            "what was there before cannot be written to {folder}: {reason}", folder=own, reason=error.strerror
        )
        raise JournalError(said) from error


def forget_backups(folder: Path, kept: frozenset[str]) -> None:
    """Delete the backups of plans that the journal no longer has."""
    for each in folder.glob(f"{_PREFIX}*"):
        if each.name.removeprefix(_PREFIX) not in kept:
            shutil.rmtree(each, ignore_errors=True)


def saving_commands(steps: Iterable[Step]) -> tuple[Command, ...]:
    """Return the commands that print the rulesets which the steps will change."""
    return tuple(dict.fromkeys(command for step in steps for command in _saving(step)))


def _saving(step: Step) -> Iterator[Command]:
    """Yield the commands that print what the step will change, so that it can be loaded again."""
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
    """Return what the command prints; None if it fails, as where the host has no such command."""
    found: list[str] = []

    def asking() -> Acting:
        done = yield command
        found.append(done.printed)
        return done.complaint

    return None if carrier(asking()) is not None else "".join(found)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
