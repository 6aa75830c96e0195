"""A step of a change, as a value: its effect, its expectations, and the steps that undo it.

The undo is complete before the first step runs, so that another process can carry it out: steps go through JSON.

A file is edited as evidence has it, and the edit is made on the whole file of the host.  The collector hides lines that
may hold a secret, each behind a line of its own, and ends every file with a newline.
"""

from collections.abc import Callable
from typing import Literal, assert_never

import msgspec

from hairpin.carry.act import FileState, with_mode_and_owner
from hairpin.change import change as c
from hairpin.change.calls import OwnersCall
from hairpin.change.commands.held import Held
from hairpin.change.commands.words import Words
from hairpin.change.expect import Expectation
from hairpin.errors import ChangeError, reason_of
from hairpin.host.boot.daemon_json import merged_options
from hairpin.host.managers import HIDDEN
from hairpin.host.netns import Netns
from hairpin.message import Message
from hairpin.netfilter.ir import Dialect, Family

Nature = Literal["reversible", "irreversible", "for-a-person"]


class _Base(msgspec.Struct, frozen=True, kw_only=True):
    """The common fields of all steps.

    ``undo``: the steps that restore the network.  None: nothing undoes the step, or the change does not fit the network
    (then the step is refused).
    """

    expects: tuple[Expectation, ...] = ()
    undo: "tuple[Step, ...] | None" = None


class RunCommands(_Base, frozen=True, tag="run"):
    """Commands, in order, in one namespace: ``entering`` is the command that enters it (nsenter)."""

    netns: Netns
    does: tuple[c.Setting | c.Forgotten | c.ContinueProcess | c.HaltProcess | c.LoadModule, ...]
    commands: tuple[Words, ...]
    entering: Words = ()


class LoadRules(_Base, frozen=True, tag="load-rules"):
    """Edits of one table, made at once: all of them or none.

    ``program``: the command of that back end on this host (``iptables``, ``ip6tables-legacy``, ``nft``); ``held``: the
    copies in the table before each edit.

    ``makes``: the built-in chains that iptables-nft makes for these edits, known only on the host: iptables-save lists
    them, made or not.  They are no part of the change, because an empty one does nothing; the undo deletes them.
    """

    netns: Netns
    does: tuple[c.RuleEdit, ...]
    dialect: Dialect
    family: Family
    table: str
    program: str
    held: tuple[Held, ...]
    entering: Words = ()
    makes: tuple[str, ...] = ()


class ReplaceFile(_Base, frozen=True, tag="replace-file"):
    """A file replaced.  ``before``: the required content; ``after``: the new content.  None: no file.

    Evidence has no file modes and owners: :func:`with_file_modes` adds them on the host, before the first step runs.
    """

    host: str
    path: str
    before: FileState | None
    after: FileState | None
    validator: Words = ()
    """A command that validates the new file before the replacement; the path of a copy beside it is added as the last
    argument."""


class OwnersFile(msgspec.Struct, frozen=True):
    """A file that its owner rewrites for a call and for its undo.  ``was`` and ``copy_was``: the file and the owner's
    copy of it, before the call; None: no file.  ``meaning``: without a file, an equivalent text: the package's file."""

    path: str
    copy_path: str
    meaning: str
    was: FileState | None
    copy_was: FileState | None


class Ask(_Base, frozen=True, tag="ask"):
    """A call to the owner of a part of the host; ``does``: the owner's changes of the network.

    ``files``: the files that the owner writes; the undo restores their bytes."""

    host: str
    call: OwnersCall
    does: tuple[c.Primitive, ...] = ()
    files: tuple[OwnersFile, ...] = ()


class Advise(_Base, frozen=True, tag="advise"):
    """A part that only a person can make.  ``said`` is None if the cause's own advice says it."""

    does: tuple[c.Primitive, ...]
    said: Message | None = None


Step = RunCommands | LoadRules | ReplaceFile | Ask | Advise


def nature(step: Step) -> Nature:
    """Return whether a step can be undone, cannot be undone, or is for a person."""
    match step:
        case Advise():
            return "for-a-person"
        case Ask(undo=undo):
            return "reversible" if undo is not None else "irreversible"
        case RunCommands(does=does):
            stays = any(isinstance(part, c.Forgotten | c.LoadModule) for part in does)
            return "irreversible" if stays else "reversible"
        case ReplaceFile(before=before, after=None) if before is not None and not before.is_complete:
            return "irreversible"  # a new file would be readable by all users: see with_file_modes()
        case LoadRules() | ReplaceFile():
            return "reversible"
        case _:
            assert_never(step)


def undo(made: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps that undo these, the last one first; steps that cannot be undone are left out."""
    return tuple(back for step in reversed(made) for back in step.undo or ())


def with_file_modes(made: tuple[Step, ...], read: Callable[[str], FileState | None]) -> tuple[Step, ...]:
    """Return the steps with the mode and the owner of each file that they change, as ``read`` finds them now, so that
    the undo restores them and a deletion becomes reversible.

    If evidence has only a part of a file, the whole file is edited.  A file with unexpected content is left unchanged:
    the runner refuses it.
    """
    known: dict[str, FileState | None] = {}
    return tuple(_completed(step, known, read) if isinstance(step, ReplaceFile) else step for step in made)


def _completed(
    step: ReplaceFile, known: dict[str, FileState | None], read: Callable[[str], FileState | None]
) -> ReplaceFile:
    found = known[step.path] if step.path in known else read(step.path)
    wanted = _wanted(step, found)
    if wanted is None and (step.after is not None or not _is_read(found, step.before)):
        return step
    after = with_mode_and_owner(wanted, found) if wanted is not None else None
    known[step.path] = after
    back = ReplaceFile(host=step.host, path=step.path, before=after, after=found, undo=())
    return msgspec.structs.replace(step, before=found, after=after, undo=(back,))


def _wanted(step: ReplaceFile, found: FileState | None) -> FileState | None:
    """Return the new content of the whole file; None if it is deleted, or is not the file that was read."""
    if step.after is None or _is_read(found, step.before):
        return step.after
    if found is None or step.before is None:
        return None
    edited = merged_options if step.path.endswith(".json") else edited_whole
    content = edited(found.content, step.before.content, step.after.content)
    return msgspec.structs.replace(step.after, content=content) if content is not None else None


def _is_read(found: FileState | None, before: FileState | None) -> bool:
    return (found.content if found is not None else None) == (before.content if before is not None else None)


def done_by(step: Step) -> tuple[c.Primitive, ...]:
    """Return the primitives that the step makes."""
    if isinstance(step, ReplaceFile):
        return (c.WriteFile(step.host, step.path, step.after.content if step.after is not None else None),)
    return step.does


def for_replica(step: Step) -> Step:
    """Return the step for a replica, whose runner is in the right namespace already.  Its rules' handles differ from
    the host's and are looked up when the step is carried out."""
    back = tuple(for_replica(each) for each in step.undo) if step.undo is not None else None
    if isinstance(step, RunCommands | LoadRules):
        return msgspec.structs.replace(step, entering=(), undo=back)
    return msgspec.structs.replace(step, undo=back)


def steps_to_json(made: tuple[Step, ...]) -> bytes:
    """Return the steps as JSON."""
    return msgspec.json.encode(made)


def steps_from_json(text: bytes) -> tuple[Step, ...]:
    """Return the encoded steps; raises ChangeError for any other text."""
    try:
        return msgspec.json.decode(text, type=tuple[Step, ...])
    except msgspec.DecodeError as error:
        raise ChangeError(reason_of(error)) from None


def edited_whole(found: str, before: str, after: str) -> str | None:
    """Return the host's file with the edit from ``before`` to ``after``; None if ``before`` is no reading of it.

    Hidden lines and the missing newline at the end stay as they are on the host."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - a file is edited when a plan is carried out

    if before.endswith("\n") and not found.endswith("\n"):
        before, after = before.removesuffix("\n"), after.removesuffix("\n")
    whole, read, wanted = (each.split("\n") for each in (found, before, after))
    if len(whole) != len(read) or not all(map(_is_read_as, whole, read)):
        return None
    made: list[str] = []
    for kind, start, end, first, last in SequenceMatcher(None, read, wanted, autojunk=False).get_opcodes():
        if kind == "equal":
            made += whole[start:end]
        elif any(map(_is_hidden, wanted[first:last])):
            return None  # which of the hidden lines it is cannot be told
        else:
            made += wanted[first:last]
    return "\n".join(made)


def _is_read_as(line: str, read: str) -> bool:
    return line == read or _is_hidden(read)


def _is_hidden(line: str) -> bool:
    return line.endswith(HIDDEN)
