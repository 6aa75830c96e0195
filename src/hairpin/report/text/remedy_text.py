"""Writes a repair so that it can be copied.

Each command begins a line, and a file is shown as the command that writes or edits it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.change.calls import BindInterface, TrustSource
from hairpin.change.commands.text import all_shown
from hairpin.change.step import Ask, Step, nature
from hairpin.diagnose.foreseen import LEFT_STOPPED
from hairpin.message import Message, message, verbatim
from hairpin.remedy.remedy import Remedy
from hairpin.report.paper import Paper
from hairpin.report.unread import NOTE
from hairpin.report.words import Words

if TYPE_CHECKING:
    from hairpin.apply.plan import Why

_NOW = message("repair now:"), message("repair that disrupts connections that work now:")
_OR_NOW = message("or instead:"), message("or instead, which disrupts connections that work now:")
_ONCE_AGREED = message("if the person who decided this agrees:")
_ONCE_PROVEN = message("repair, only if the host turns out to be as assumed:")
_IF_WANTED = message("repair, only if its other effects are wanted:")
_COVERED = message("repair, needless once the repairs above are made:")
_NOT_ALONE = message("repair, which lets no flow pass alone:")
_LEFT: "dict[Why | None, Message]" = {
    "opens": _IF_WANTED, "closes": _IF_WANTED, "diverts": _IF_WANTED, "together": _NOT_ALONE, "covered": _COVERED,
}  # fmt: skip
"""The headings of repairs that the plan of `hairpin fix` leaves out, by the reason."""
_LASTING = message("repair that stays after a reboot:")
_BY_HAND = message("repair, by hand:"), message("repair, by hand, which disrupts connections that work now:")
_OR_BY_HAND = message("or by hand:"), message("or by hand, which disrupts connections that work now:")
"""The headings of further repairs: the first for a repair that does not disrupt, the second for a repair
that disrupts."""
ALSO = message("also:")
_KEPT = message("to prevent this fault:")
_REST = message("… (-v)")


def write_remedy(
    remedy: Remedy,
    words: Words,
    paper: Paper,
    noted: set[Message],
    host: str | None = None,
    *,
    instead: bool = False,
    guarded: bool = False,
    behind: str = "",
    likely: bool = False,
    left: "Why | None" = None,
) -> None:
    """Write the immediate repair, the files or commands that keep it after a reboot, its other effects, and its notes
    that are not in ``noted`` yet.

    ``host``: the host of the repair, if the question is about several hosts.  ``instead``: whether another repair of
    the same cause comes before.  ``guarded``: whether the commands are written such that they may be run twice, which
    makes them longer.  ``behind``: the causes whose repair has to come first.  ``likely``: whether the cause is
    only likely, so that the repair waits for a proof.  ``left``: why the plan of `hairpin fix` leaves out the repair;
    None if the plan makes it."""
    from hairpin.report.text.configured import undoing_text
    from hairpin.report.text.effects_text import effects_told

    typed = set(map(verbatim, remedy.typed))
    advice = [each for each in remedy.advice if each not in typed and (each not in noted or not remedy.commands)]
    if remedy.commands:
        heading = _OR_NOW[remedy.disruptive] if instead else _NOW[remedy.disruptive]
        if behind:
            heading = message("repair, only after {causes} is repaired:", causes=behind)
        elif likely:
            heading = _ONCE_PROVEN
        elif left in _LEFT:
            heading = _LEFT[left]
        _heading(_ONCE_AGREED if remedy.undoes is not None else heading, host, words, paper)
        _commands(all_shown(remedy.steps, guarded=guarded), paper)
    elif advice:
        by_hand = _OR_BY_HAND if instead else _BY_HAND
        _heading(_ONCE_PROVEN if likely else by_hand[remedy.disruptive], host, words, paper)
        paper.prose(words(advice.pop(0)), indent=6)
        _commands(remedy.typed, paper)
    if remedy.persist or remedy.persist_commands:
        _heading(_LASTING, host, words, paper)
        _commands(all_shown(remedy.keeping), paper)
    if remedy.undoes is not None and undoing_text(remedy.undoes) not in noted:
        paper.prose(words(undoing_text(remedy.undoes)), indent=2, style="unsure")
        noted.add(undoing_text(remedy.undoes))
    told = tuple(effects_told(remedy.effects, words)) if remedy.effects is not None else ()
    effects = (*told, *(each.text for each in remedy.side_effects))
    for said in effects:
        if said not in noted:
            paper.prose(words(said), indent=2, first=f"{words(ALSO)} ")
    for said in _walked_words(remedy):
        paper.prose(words(said), indent=2, style="faint")
    for said in advice:
        paper.prose(words(said), indent=2, first=f"{words(NOTE)} ")
    noted.update(effects, remedy.advice)


def is_ahead(cause: CauseAnswer) -> bool:
    """Return whether the cause is latent or an exposure, and also has no repair with steps to take now."""
    return cause.severity in ("latent", "exposure") and not any(each.steps for each in cause.remedies)


def is_option_only(cause: CauseAnswer, answer: Answer) -> bool:
    """Return whether the cause is only a container without a restart policy, and the question is not about an event.

    Most containers are made without a restart policy, so this is no fault.  The report mentions it in one line at its
    end."""
    return cause.id == LEFT_STOPPED and cause.severity == "latent" and answer.event is None


def brief(cause: CauseAnswer) -> Message:
    """Return one line: the cause, and the command that avoids it."""
    commands = [line for remedy in cause.remedies for line in all_shown(remedy.keeping)]
    said: Message = cause.candidate.title
    if commands:
        shown = f"{commands[0]} …" if len(commands) > 1 else commands[0]
        said = message("{cause} (`{command}` avoids this)", cause=said, command=shown)
    return said


def write_keeping(remedies: tuple[Remedy, ...], words: Words, paper: Paper) -> None:
    """Write one line that says how to avoid a latent cause: the first command, or else the advice."""
    for remedy in remedies[:1]:
        commands = all_shown(remedy.keeping)
        if commands:
            line, *more = commands[0].split("\n")
            rest = len(commands) > 1 or bool(more)
            paper.line("  ", (f"{words(_KEPT)} ", "strong"), (line, "command"), f" {words(_REST)}" if rest else "")
        elif remedy.advice:
            paper.prose(words(remedy.advice[0]), indent=2, first=f"{words(_KEPT)} ", first_style="strong")


def not_taken_back(remedy: Remedy) -> Message:
    """Return the sentence about the steps of the remedy that have no undo."""
    made = (*remedy.steps, *remedy.keeping)
    lasting = [each for each in made if nature(each) == "irreversible"]
    if len(lasting) == len(made):
        return message("No command undoes this.")
    named = ", ".join(f"`{line}`" for each in lasting for line in all_shown((each,))[:1])
    return message("No command undoes this: {commands}", commands=named)


def left_by_firewalld(step: Step) -> Message | None:
    """Return the sentence about the chains of a firewalld zone that stay after the step is undone; None if the step
    bound no link or source to a zone at run time.

    Only a reload of firewalld deletes these chains.  firewalld remembers that it made these chains.  If another program
    deletes them, firewalld cannot use the zone any more.  Source: firewalld src/firewall/core/fw_policy.py
    gen_chain_rules(); measured with 1.3.3
    """
    if not isinstance(step, Ask):
        return None
    match step.call:
        case BindInterface(zone=zone, permanent=False):
            pass
        case TrustSource(permanent=False):
            zone = "trusted"
        case _:
            return None
    return message("firewalld keeps its chains for zone {zone} until its next reload, even if it is empty", zone=zone)


def _walked_words(remedy: Remedy) -> Iterator[Message]:
    """Yield sentences about the number of other flows that were walked with the repair, and about the effects on these
    flows."""
    effects = remedy.effects
    if effects is None and remedy.id == "by-hand":
        yield message("This repair was not simulated.")
    if effects is None or not effects.count:
        return
    restored, changed = len(effects.restores), len(effects.found) - len(effects.restores)
    if effects.count == 1:
        yield _walked_alone(restored=bool(restored), changed=bool(changed))
    elif restored and not changed:
        yield message(
            "Besides the asked flows, {count} more flows were checked with this change: {restored} would go from "
            "failing to passing, and the rest stay as they are.",
            count=effects.count,
            restored=restored,
        )
    elif restored:
        yield message(
            "Besides the asked flows, {count} more flows were checked with this change: {restored} would go from "
            "failing to passing, and {changed} would change in another way.",
            count=effects.count,
            restored=restored,
            changed=changed,
        )
    elif changed:
        yield message(
            "Besides the asked flows, {count} more flows were checked with this change: {changed} would change.",
            count=effects.count,
            changed=changed,
        )
    else:
        yield message(
            "Besides the asked flows, {count} more flows were checked with this change: all stay as they are.",
            count=effects.count,
        )
    if effects.left_out:
        yield message("{count} further flows were not checked.", count=effects.left_out)


def _walked_alone(*, restored: bool, changed: bool) -> Message:
    if restored:
        return message(
            "Besides the asked flows, 1 more flow was checked with this change: it fails now and would pass."
        )
    if changed:
        return message("Besides the asked flows, 1 more flow was checked with this change: it would change.")
    return message("Besides the asked flows, 1 more flow was checked with this change: the flow stays as it is.")


def _heading(heading: Message, host: str | None, words: Words, paper: Paper) -> None:
    said = heading if host is None else message("on {host}, {heading}", host=host, heading=heading)
    paper.line("  ", (words(said), "strong"))


def _commands(commands: tuple[str, ...], paper: Paper) -> None:
    for command in commands:
        for line in command.split("\n"):
            paper.line("      ", (line, "command"))
