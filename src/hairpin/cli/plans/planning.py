"""Makes plans for ``hairpin fix`` and ``hairpin restore``, and refuses options that do not go together."""

import os
import sys
from typing import TYPE_CHECKING

from hairpin.cli.face.asked import Acting, Asked, Given
from hairpin.errors import ApplyError, UsageError
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
    from hairpin.cli.plans.compose_files import compose_files, read_text

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
