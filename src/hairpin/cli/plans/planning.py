"""Makes plans for ``hairpin fix`` and ``hairpin restore``, refuses options that do not go together, and finds the
compose files of a container's project on this host."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hairpin.carry.act import Command
from hairpin.carry.run import do
from hairpin.cli.face.asked import Acting, Asked, Given
from hairpin.errors import ApplyError, UsageError
from hairpin.host.docker import Container, Engine
from hairpin.message import message

if TYPE_CHECKING:
    from hairpin.apply.compose import ComposeProposal
    from hairpin.apply.plan import RepairPlan
    from hairpin.apply.restoring import RestorePlan


def refuse_options(acting: Acting, sources: tuple[Given, ...], *, latent: bool = False) -> None:
    """Raise UsageError for options that do not go together, and ApplyError if this user may not change the host."""
    if not acting.applying:
        if acting.try_s:
            raise UsageError(
                message("--try limits how long a repair of --apply stays without your confirmation: add --apply")
            )
        return
    given = next((each.kind for each in sources if each.kind != "host"), None)
    if given is not None:
        raise UsageError(
            message("--apply changes this host, but a plan from {option} can only be printed", option=f"--{given}")
        )
    if latent and not acting.persist:
        raise UsageError(message("--latent --apply needs --persist: only changed files prevent these future faults"))
    if not (acting.yes or acting.try_s or sys.stdin.isatty()):
        raise UsageError(message("--apply asks before it changes anything, and there is no terminal; add --yes"))
    if os.geteuid() != 0 and not sources:
        raise ApplyError(message("only root can change this host; run it with sudo"))


def proposals_of(plan: "RepairPlan", sources: tuple[Given, ...]) -> "tuple[ComposeProposal, ...]":
    """Return the plan's proposals for compose files.  Compose files are read on this host only, and are never
    written."""
    from hairpin.apply.compose import compose_proposals

    here = not sources
    return compose_proposals(plan, compose_files if here else lambda _engine, _container: (), read_text)


def make_plan(asked: Asked, chosen: tuple[str, ...], lang: str | None, *, with_latent: bool) -> "RepairPlan":
    """Return the plan for the hosts as they are now."""
    from hairpin.apply.plan import plan_of
    from hairpin.cli.answering import answer_question, second_judge

    answer = answer_question(asked.question(), asked._replace(whole=True), lang, second_judge())
    return plan_of(answer, chosen, with_latent=with_latent)


def make_restore_plan(asked: Asked, chosen: tuple[str, ...], lang: str | None) -> "RestorePlan":
    """Return the plan that restores the lost rules of the first host's engines."""
    from hairpin.apply.restoring import restore_plan
    from hairpin.cli.answering import answer_question

    answer = answer_question(asked.question(), asked._replace(whole=True), lang, depth="flows")
    return restore_plan(answer, chosen)


_FILES = ("com.docker.compose.project.config_files", "io.podman.compose.project.config_files")
"""The labels in which Compose names the project's files, in the order in which these labels are read."""


def compose_files(engine: Engine, container: Container) -> tuple[str, ...]:
    """Return the paths of the project's files on this host, from the container's labels."""
    if engine.user:  # the command below would ask root's engine, which does not have the container
        return ()
    asked = ("inspect", "--type", "container", "--format", "{{json .Config.Labels}}", container.id)
    done = do(Command((engine.kind, *asked)))
    try:
        labels = msgspec.json.decode(done.printed, type=dict[str, str] | None) if not done.status else None
    except msgspec.DecodeError:
        labels = None
    told = (labels[each] for each in _FILES if labels is not None and labels.get(each))
    return tuple(each for each in next(iter(told), "").split(",") if each.startswith("/"))


def read_text(path: str) -> str | None:
    """Return the text of a file; None if it cannot be read."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
