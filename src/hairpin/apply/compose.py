"""The lines that the plan's repairs need in the compose files of containers.  hairpin proposes these lines, and never
writes a compose file."""

from collections.abc import Callable, Iterator
from difflib import unified_diff

import msgspec

from hairpin.apply.plan import RepairPlan
from hairpin.host.docker import Container, Engine
from hairpin.remedy.boot.compose_file import ComposeEdit, compose_edits, with_edit

FindFiles = Callable[[Engine, Container], tuple[str, ...]]
ReadText = Callable[[str], str | None]


class ComposeProposal(msgspec.Struct, frozen=True):
    """An edit of the compose file that has the service.

    If ``file`` is empty, no compose file with the service was found.  ``lines``: the removed lines with ``-`` and the
    added lines with ``+``.  ``lines`` is empty if the file writes the key in another style."""

    edit: ComposeEdit
    file: str = ""
    lines: tuple[str, ...] = ()


def compose_proposals(plan: RepairPlan, find: FindFiles, read: ReadText) -> tuple[ComposeProposal, ...]:
    """Return a proposal for each edit.  There is no proposal if the compose file has the value already."""
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
    for left in (each for each in plan.left_out if each not in plan.said):
        host = network.host(left.host)
        steps = (*left.remedy.steps, *left.remedy.keeping) if left.why != "instead" else ()
        configured = left.cause.configured if left.cause is not None else None
        for edit in compose_edits(steps, configured, host):
            yield edit, host.engine_of(edit.container)


def _proposal(edit: ComposeEdit, files: tuple[str, ...], read: ReadText) -> ComposeProposal | None:
    """Return the proposal for the last compose file that can be edited, because a later file overrides earlier files.
    If no file can be edited, the proposal has no lines.  Return None if the file to edit has the value already."""
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
