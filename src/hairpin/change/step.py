"""A step of a change, as a value: its effect, its expectations, and the steps that undo it.

The steps of the undo are complete before the first step runs.  Steps can be written as JSON.  Another process can then
carry out the undo.

An edit of a file is computed from the text in the evidence, and is then made on the whole file of the host.  The text
in the evidence may differ from the file: the collector replaces each line that may hold a secret by another line, and
ends every text with a newline.
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

    ``undo``: the steps that restore the network.  ``undo`` is None if no step undoes this step, or if the change does
    not fit the network and the step is refused.
    """

    expects: tuple[Expectation, ...] = ()
    undo: "tuple[Step, ...] | None" = None


class RunCommands(_Base, frozen=True, tag="run"):
    """Step: run commands in order in one namespace.  ``entering`` is the command that enters the namespace
    (nsenter)."""

    netns: Netns
    does: tuple[c.Setting | c.Forgotten | c.ContinueProcess | c.HaltProcess | c.LoadModule, ...]
    commands: tuple[Words, ...]
    entering: Words = ()


class LoadRules(_Base, frozen=True, tag="load-rules"):
    """Step: make several edits of one table at once, either all edits or none.

    ``program``: the command that edits rules of the dialect on this host (``iptables``, ``ip6tables-legacy``, ``nft``).
    ``held``: the copies of each edit's rule in the table before the edit.

    ``makes``: the built-in chains that iptables-nft makes for the edits.  The chains in ``makes`` are known only on the
    host, because iptables-save also lists built-in chains that do not exist.  The chains are no part of the change,
    because an empty chain has no effect.  The undo deletes them.
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
    """Step: replace a file.

    ``before``: the content that the file must have.  ``after``: the new content.  If ``before`` or ``after`` is None,
    the file does not exist before or after the step.

    Evidence has no file modes and owners: :func:`with_file_modes` adds them on the host, before the first step runs.
    """

    host: str
    path: str
    before: FileState | None
    after: FileState | None
    validator: Words = ()
    """The command that validates the new content before the file is replaced.  The path of a copy with the new content
    is added as the last argument."""


class OwnersFile(msgspec.Struct, frozen=True):
    """A file that its owner writes when a call is made and when the call is undone.

    ``was`` and ``copy_was``: the file and the owner's backup copy of the file, before the call.  None means that the
    file does not exist.  ``meaning``: the text of the package's file, which counts while the file does not exist."""

    path: str
    copy_path: str
    meaning: str
    was: FileState | None
    copy_was: FileState | None


class Ask(_Base, frozen=True, tag="ask"):
    """Step: call the owner of a part of the host.  ``does``: the changes that the owner then makes to the network.

    ``files``: the files that the owner writes.  The undo restores the bytes of these files."""

    host: str
    call: OwnersCall
    does: tuple[c.Primitive, ...] = ()
    files: tuple[OwnersFile, ...] = ()


class Advise(_Base, frozen=True, tag="advise"):
    """Step: advise a person to make a part that only a person can make.  ``said`` is None if the cause's advice already
    says the same."""

    does: tuple[c.Primitive, ...]
    said: Message | None = None


Step = RunCommands | LoadRules | ReplaceFile | Ask | Advise


def nature(step: Step) -> Nature:
    """Return the nature of the step: reversible, irreversible, or only for a person."""
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
    """Return the steps that undo the given steps, the last step first.  Steps that cannot be undone are left out."""
    return tuple(back for step in reversed(made) for back in step.undo or ())


def with_file_modes(made: tuple[Step, ...], read: Callable[[str], FileState | None]) -> tuple[Step, ...]:
    """Return the steps with the mode and the owner of each changed file, as ``read`` finds them now on the host.  The
    undo then restores mode and owner, and a deletion can be undone.

    If evidence has only a part of a file, the whole file is edited.  The step of a file with unexpected content is
    returned unchanged, and the runner later refuses it.
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
    """Return the new content of the whole file; None if the file is deleted, or if the host's file is not the file that
    was read."""
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


def stays_on_host(step: Step) -> bool:
    """Return whether the step changes nothing inside of a container, because it edits only rules or sysctls of the
    host's own namespace.

    Steps of every other kind may reach a container.  An engine restarts containers, and a link of the host has its peer
    in a container."""
    match step:
        case LoadRules(netns=netns):
            return netns.is_host
        case RunCommands(netns=netns, does=does):
            return netns.is_host and all(isinstance(part, c.SetSysctl | c.RuleEdit) for part in does)
        case ReplaceFile() | Ask() | Advise():
            return False
        case _:
            assert_never(step)


def for_replica(step: Step) -> Step:
    """Return the step for a replica.  The replica's runner is already in the right namespace, so the command that
    enters it is removed.  Rules of the replica have other handles than rules of the host, but handles are looked up
    only when the step is carried out."""
    back = tuple(for_replica(each) for each in step.undo) if step.undo is not None else None
    if isinstance(step, RunCommands | LoadRules):
        return msgspec.structs.replace(step, entering=(), undo=back)
    return msgspec.structs.replace(step, undo=back)


def steps_to_json(made: tuple[Step, ...]) -> bytes:
    """Return the steps as JSON."""
    return msgspec.json.encode(made)


def steps_from_json(text: bytes) -> tuple[Step, ...]:
    """Return the steps that are encoded in the text; raises ChangeError if the text encodes no steps."""
    try:
        return msgspec.json.decode(text, type=tuple[Step, ...])
    except msgspec.DecodeError as error:
        raise ChangeError(reason_of(error)) from None


def edited_whole(found: str, before: str, after: str) -> str | None:
    """Return the host's file after the edit that turns ``before`` into ``after``.  Return None if ``before`` was not
    read from a file with the content ``found``.

    Lines that the collector hid keep their text on the host.  A newline that is missing at the file's end stays
    missing."""
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
            return None  # hairpin cannot tell which hidden line of the host is meant
        else:
            made += wanted[first:last]
    return "\n".join(made)


def _is_read_as(line: str, read: str) -> bool:
    return line == read or _is_hidden(read)


def _is_hidden(line: str) -> bool:
    return line.endswith(HIDDEN)
