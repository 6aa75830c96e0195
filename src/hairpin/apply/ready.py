"""Checks and completes a plan's tasks on the host as it is now, or refuses the plan."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from hairpin.apply.backups import with_owners_files
from hairpin.apply.kept_plan import PlannedStep
from hairpin.carry.act import FileState
from hairpin.carry.files import state_of
from hairpin.change.commands.text import brief_text
from hairpin.change.step import Ask, ReplaceFile, Step, with_file_modes
from hairpin.change.steps import after_steps, refusal_of
from hairpin.errors import ApplyError, ChangeError
from hairpin.host.boot.generated import owner_of_lines
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.message import Message, message
from hairpin.network.network import Network

ReadFile = Callable[[str], FileState | None]


def read_file(path: str) -> FileState | None:
    """Return a file of this host as it is now.  Raises ApplyError if it cannot be read."""
    try:
        return state_of(Path(path))
    except OSError as error:
        raise ApplyError(message("{path} cannot be read: {reason}", path=path, reason=error.strerror)) from error


def made_ready(
    tasks: tuple[PlannedStep, ...], planned: Host, network: Network, read: ReadFile
) -> tuple[PlannedStep, ...]:
    """Return the tasks with mode and owner of each file that they change.

    ``planned``: the host for which the tasks were planned.  ``network``: the same host, just read.  Raises ApplyError
    if the host was rebooted, if its containers changed, or if an expectation of a step is not met."""
    _refuse_other(planned, network.this)
    now = network
    for task in tasks:
        said = refusal_of(task.step, now)
        if said is not None:
            raise _no_longer_fits(task.step, said)
        try:
            now = after_steps((task.step,), now)
        except ChangeError as error:
            raise _no_longer_fits(task.step, error.said) from error
    whole = with_file_modes(tuple(each.step for each in tasks), read)
    for step in whole:
        if isinstance(step, ReplaceFile) and _content(read(step.path)) != _content(step.before):
            if any(isinstance(each, ReplaceFile) and each.path == step.path for each in whole[: whole.index(step)]):
                continue  # an earlier step of the plan writes the content that this step expects
            raise _no_longer_fits(step, message("{path} has changed since it was read", path=step.path))
        _refuse_bytes(step)
        _refuse_owned(step)
    return tuple(
        msgspec.structs.replace(task, step=with_owners_files(_written_down(step), network.this, read))
        for task, step in zip(tasks, whole, strict=True)
    )


def _no_longer_fits(step: Step, said: Message) -> ApplyError:
    """Return the error for a step whose expectation the host no longer meets."""
    return ApplyError(
        message(
            "nothing was done: the host has changed since it was read, and the step `{step}` does not fit any more: "
            "{said}. Run the command again: it plans for the host as it is now",
            step=brief_text(step),
            said=said,
        )
    )


def _written_down(step: Step) -> Step:
    """Return the step for the journal.

    The changes that an owner makes for a call are left out.  The owner's changes were simulated before, and no process
    simulates them again from the journal."""
    return msgspec.structs.replace(step, does=()) if isinstance(step, Ask) else step


def _refuse_bytes(step: Step) -> None:
    """Raise ApplyError for a file that is not UTF-8 text.  The journal is JSON, so such a file could not be restored
    from it."""
    if isinstance(step, ReplaceFile) and any(not _is_text(each) for each in (step.before, step.after)):
        raise ApplyError(message("{path} is not UTF-8 text, so nothing was done", path=step.path))


def _refuse_owned(step: Step) -> None:
    """Raise ApplyError for a file that another program owns.  The file's own comment names this program, and the
    evidence may lack this comment."""
    if not isinstance(step, ReplaceFile) or step.before is None:
        return
    after = step.after.content if step.after is not None else None
    owner = owner_of_lines(ConfigFile(step.path, step.before.content), after)
    if owner is not None:
        raise ApplyError(
            message(
                "{path} says “{owner}”, so nothing was done: make the change in the program that writes the file",
                path=step.path,
                owner=owner,
            )
        )


def _is_text(state: FileState | None) -> bool:
    return state is None or not any("\udc80" <= character <= "\udcff" for character in state.content)


def _content(state: FileState | None) -> str | None:
    return state.content if state is not None else None


def _refuse_other(planned: Host, found: Host) -> None:
    """Raise ApplyError if the host was rebooted, or if its containers or their states changed."""
    if planned.boot_id != found.boot_id:
        raise ApplyError(
            message("nothing was done: the host was started again since the plan was made. Run the command again")
        )
    was, now = ({(each.id, each.status) for each in host.containers()} for host in (planned, found))
    if was != now:
        raise ApplyError(
            message(
                "nothing was done: containers were started, stopped or made since the plan was made. "
                "Run the command again"
            )
        )
    gone = networks_gone(planned, found)
    if gone:
        raise ApplyError(
            message(
                "nothing was done: the network {network} was removed since the plan was made. Run the command again",
                network=gone[0],
            )
        )


def networks_gone(was: Host, now: Host) -> tuple[str, ...]:
    """Return the names of the engines' networks that a host had and has no more.  What belongs to such a network must
    not be put back.  An engine that does not answer now is not asked, and a starting dockerd makes its default networks
    again."""
    there = {(engine.kind, engine.user): {each.id for each in engine.networks} for engine in now.engines}
    return tuple(
        each.name
        for engine in was.engines
        for each in engine.networks
        if each.name not in _DEFAULT_NETWORKS
        and each.id not in (there.get((engine.kind, engine.user)) or {each.id})
    )


_DEFAULT_NETWORKS = ("bridge", "host", "none")
