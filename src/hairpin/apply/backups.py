"""Backups of the rulesets and files that a plan changes, made before its first step.

Most backups are for a person who has only a shell; the undo of a step does not use them.  The rulesets are in a form
that iptables-restore, nft and ebtables-restore can load.

The files that firewalld writes for a call, in its own formatting, are given back: after the undo of the call, hairpin
restores the bytes of these files.  firewalld copies a zone of its package below /etc, rewrites the whole file for each
call, and keeps the previous file as ``NAME.xml.old``.  firewalld notices by itself that a file has changed or was
deleted.

Source: iptables-save(8), nft(8), ebtables(8); firewall/core/io/zone.py zone_writer()
"""

from collections.abc import Callable, Iterator

import msgspec

from hairpin.carry.act import Acting, Command, FileState
from hairpin.change.calls import (
    AddDirectChain,
    AddDirectRule,
    AddRichRule,
    AllowInUfw,
    BindInterface,
    OfFirewalld,
    OpenPort,
    ReloadUfw,
    TrustSource,
)
from hairpin.change.firewalld import package_file, written_paths
from hairpin.change.step import Ask, LoadRules, OwnersFile, ReplaceFile, Step
from hairpin.host.host import Host
from hairpin.host.read.managers.firewalld_xml import says_the_same
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


_Read = Callable[[str], FileState | None]


def with_owners_files(step: Step, host: Host, read: _Read) -> Step:
    """Return the step with the present content of the files that firewalld will write."""
    if not isinstance(step, Ask) or not isinstance(step.call, OfFirewalld) or not step.undo:
        return step
    files = tuple(_as_it_is(path, read) for path in written_paths(step.call, host))
    return msgspec.structs.replace(step, files=files)


def _as_it_is(path: str, read: _Read) -> OwnersFile:
    was = read(path)
    packages, otherwise = package_file(path)
    stock = read(packages) if was is None else None
    copy = f"{path}.old"
    return OwnersFile(path, copy, stock.content if stock is not None else otherwise, was, read(copy))


def give_back(step: Step, read: _Read, carry: Callable[[ReplaceFile], Message | None]) -> None:
    """Restore the files of a call that was undone.  A file that now has other settings than before the call is not
    restored."""
    if not isinstance(step, Ask):
        return
    for file in step.files:
        found = read(file.path)
        meant = file.was.content if file.was is not None else file.meaning
        # ``found == file.was``: a killed process may have restored one of the two files already.
        if found == file.was or (found is not None and says_the_same(found.content, meant)):
            for path, now, was in ((file.path, found, file.was), (file.copy_path, read(file.copy_path), file.copy_was)):
                if now != was:
                    carry(ReplaceFile(host=step.host, path=path, before=now, after=was))
