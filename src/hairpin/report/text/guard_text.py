"""What the guard saw, for people and for the journal: a block for each round that tells something.  Also whether one
runs.  ``guard_history`` writes what guards have kept."""

from collections.abc import Iterable

from hairpin.guard.change import Culprit, GuardState, SeenChange
from hairpin.guard.round import Round
from hairpin.message import Message, message, verbatim
from hairpin.report.paper import Paper
from hairpin.report.text.expectations import again_text, write_alike, write_promise
from hairpin.report.words import Words, time_text

PARTS: dict[str, Message] = {
    "rules": message("the rules"),
    "links": message("a link"),
    "addresses": message("an address"),
    "routes": message("a route or a routing rule"),
    "sysctls": message("a setting of the kernel"),
    "files": message("a file that is loaded later"),
    "conntrack": message("how full conntrack's table is"),
    "containers": message("a container or a network of an engine"),
    "services": message("a service, or firewalld's settings"),
    "unseen": message("more than the kernel could tell"),
}
_MOST = 5
"""The most culprits of one burst that are named."""


def started_text(found: Round, blind: Iterable[Message], words: Words, paper: Paper) -> str:
    """Return the first block: what is watched, what is not, and what is broken already."""
    count = len(found.held.each) if found.held is not None else 0
    paper.prose(words(message("{time}: watching {count} expectations", time=time_text(found.at_s), count=count)))
    for each in blind:
        paper.prose(words(message("blind: {said}", said=each)), indent=2)
    _write_states(found, words, paper)
    return paper.text()


def round_text(found: Round, words: Words, paper: Paper) -> str:
    """Return the block of a burst; empty if it tells nothing."""
    if not found.is_told:
        return ""
    parts = dict.fromkeys(each.part for each in found.changes)
    changed = ", ".join(words(PARTS.get(each, message("something"))) for each in parts)
    paper.prose(words(message("{time}: changed: {parts}", time=time_text(found.at_s), parts=changed)), style="strong")
    for each in found.culprits[:_MOST]:
        said = culprit_said(each)
        is_own = each in found.own
        paper.prose(words(message("{said}, as hairpin's own heal", said=said) if is_own else said), indent=2)
    if len(found.culprits) - len(found.own) > 1:
        paper.prose(words(message("one of these, or several of them")), indent=2)
    if found.is_by_unknown or not found.culprits:
        paper.prose(words(_unknown(found.changes)), indent=2)
    _write_states(found, words, paper)
    return paper.text()


def _write_states(found: Round, words: Words, paper: Paper) -> None:
    if found.failed is not None:
        paper.prose(words(found.failed), first="? ", first_style="unsure")
    write_alike(found.broke, words, paper)
    for promise in found.lost:
        paper.gap()
        write_promise(promise, words, paper)
    for promise in found.kept_again:
        paper.prose(words(again_text(promise)), first="✓ ", first_style="good")
    for each in found.mended:
        said = message("{what} from {origin} holds again", what=each.expectation.what, origin=each.expectation.origin)
        paper.prose(words(said), first="✓ ", first_style="good")
    for done in found.healed:
        paper.prose(words(healed_said(done.repairs, done.plan)), first="✓ ", first_style="good")
    for left in found.not_healed:
        what = ", ".join(dict.fromkeys(each.what for each in left.expectations))
        paper.prose(words(not_healed_said(what, left.reason)), first="! ", first_style="unsure")


def healed_said(repairs: Iterable[str], plan: str) -> Message:
    """Return what was repaired, and how it is taken back."""
    return message("healed: {repairs}. `hairpin undo {plan}` takes it back", repairs=", ".join(repairs), plan=plan)


def not_healed_said(what: str, reason: Message | str) -> Message:
    """Return what is left broken, and why."""
    said = reason if isinstance(reason, Message) else verbatim(reason)
    return message("{what} is not healed: {reason}", what=what, reason=said)


def culprit_said(culprit: Culprit) -> Message:
    """Return who made a change, as far as it is known."""
    said = message("by {name}", name=culprit.name)
    if culprit.pid:
        said = message("by {name} (process {pid})", name=culprit.name, pid=culprit.pid)
    if culprit.command:
        said = message("by {name} (process {pid}): {command}", name=culprit.name, pid=culprit.pid,
                       command=culprit.command)  # fmt: skip
    if culprit.parents:
        said = message("{said}, started by {parents}", said=said, parents=" < ".join(culprit.parents))
    if culprit.unit:
        said = message("{said}, in {unit}", said=said, unit=culprit.unit)
    if culprit.job:
        said = message("{said}, a job of {job}", said=said, job=culprit.job)
    if culprit.login is not None:
        said = message("{said}, from the login of user {user}", said=said, user=culprit.login)
    if culprit.session:
        said = message("{said} ({session})", said=said, session=culprit.session)
    return said


def _unknown(changes: tuple[SeenChange, ...]) -> Message:
    if any(each.detail == "iptables-legacy" for each in changes):
        return message("by whom is not known: the kernel does not tell who writes tables of iptables-legacy")
    return message("by whom is not known")


def status_text(state: GuardState | None, words: Words, paper: Paper) -> str:
    """Return whether a guard runs, what it watches, and what it cannot see."""
    if state is None:
        paper.prose(words(message("no guard has run on this host")))
        return paper.text()
    said = (
        message("A guard runs (process {pid}) since {time}.", pid=state.process, time=time_text(state.started_s))
        if state.lives
        else message("No guard runs. The last one (process {pid}) was heard at {time}.", pid=state.process,
                     time=time_text(state.beat_s))
    )  # fmt: skip
    paper.prose(words(said), first="✓ " if state.lives else "✗ ", first_style="good" if state.lives else "bad")
    if state.lives:
        paper.prose(words(message("it last said so at {time}", time=time_text(state.beat_s))), indent=2)
    counts = message("{broken} of {count} expectations of {file} are broken", broken=state.broken,
                     count=state.expectations, file=state.file)  # fmt: skip
    paper.prose(words(counts), indent=2)
    for each in state.blind:
        paper.prose(words(message("blind: {said}", said=each)), indent=2)
    for lost in state.undelivered:
        said = message("{count} alerts could not be delivered ({way}); the last one at {time}: {reason}",
                       count=lost.number, way=lost.way, time=time_text(lost.at_s), reason=lost.reason)  # fmt: skip
        paper.prose(words(said), indent=2, first="✗ ", first_style="bad")
    return paper.text()
