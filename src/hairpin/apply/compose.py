"""What the plan means for the compose files of its containers: lines to propose, which hairpin never writes."""

import json
from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path

import msgspec

from hairpin.apply.plan import RepairPlan
from hairpin.carry.act import Command
from hairpin.carry.run import do
from hairpin.host.docker import Container, Engine
from hairpin.remedy.compose_file import ComposeEdit, compose_edits, with_edit

_FILES = ("com.docker.compose.project.config_files", "io.podman.compose.project.config_files")
"""Labels in which Compose puts the project's files, in the order in which they are read."""
FindFiles = Callable[[Engine, Container], tuple[str, ...]]
ReadText = Callable[[str], str | None]


class ComposeProposal(msgspec.Struct, frozen=True):
    """An edit for the compose file that has the service; ``file`` empty: it was not found.  ``lines``: those that go
    and come, with their sign; none if the file says the key in another form."""

    edit: ComposeEdit
    file: str = ""
    lines: tuple[str, ...] = ()


def compose_proposals(plan: RepairPlan, find: FindFiles, read: ReadText) -> tuple[ComposeProposal, ...]:
    """Return a proposal for each edit; none where the file has the value already."""
    found: dict[ComposeEdit, ComposeProposal | None] = {}
    for edit, engine in _edits(plan):
        if edit not in found:
            found[edit] = _proposal(edit, find(engine, edit.container), read)
    return tuple(each for each in found.values() if each is not None)


def _edits(plan: RepairPlan) -> Iterator[tuple[ComposeEdit, Engine]]:
    network = plan.answer.network
    for each in plan.repairs:
        host = network.host(each.host)
        configured = each.cause.configured if each.cause is not None else None
        for edit in compose_edits((*each.remedy.steps, *each.remedy.keeping), configured, host):
            yield edit, host.engine_of(edit.container)
    for left in plan.left_out:
        host = network.host(left.cause.host)
        steps = (*left.remedy.steps, *left.remedy.keeping) if left.why != "instead" else ()
        for edit in compose_edits(steps, left.cause.configured, host):
            yield edit, host.engine_of(edit.container)


def _proposal(edit: ComposeEdit, files: tuple[str, ...], read: ReadText) -> ComposeProposal | None:
    """Return the proposal for the last file that has the service: it overrides those before it."""
    for file in reversed(files):
        before = read(file)
        after = with_edit(before, edit) if before is not None else None
        if before is None or after is None:
            continue
        if before == after:
            return None
        changed = unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=0)
        signed = (line for line in changed if line[:1] in "+-" and not line.startswith(("+++", "---")))
        return ComposeProposal(edit, file, tuple(f"{line[0]} {line[1:]}" for line in signed))
    return ComposeProposal(edit, files[-1] if files else "")


def compose_files(engine: Engine, container: Container) -> tuple[str, ...]:
    """Return the files of the container's project on this host, as its engine has noted them."""
    if engine.user:  # this user's engine does not know it
        return ()
    asked = ("inspect", "--type", "container", "--format", "{{json .Config.Labels}}", container.id)
    done = do(Command((engine.kind, *asked)))
    try:
        labels = json.loads(done.printed) if not done.status else None
    except ValueError:
        labels = None
    told = (str(labels[each]) for each in _FILES if labels.get(each)) if isinstance(labels, dict) else ()
    return tuple(each for each in next(iter(told), "").split(",") if each.startswith("/"))


def read_text(path: str) -> str | None:
    """Return the text of a file; None if it cannot be read."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
