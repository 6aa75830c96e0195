"""The basis of an answer: assumptions, questions to the user, missing readings, and the time at which the hosts were
read."""

from hairpin.answer.answer import REPLICA, Answer
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.places import Places
from hairpin.report.questions import deciding, write_questions
from hairpin.report.text.cause_text import SEVERITIES
from hairpin.report.text.summary import is_conditional
from hairpin.report.unread import NOTE, left_undecided
from hairpin.report.verdicts import FEW, groups
from hairpin.report.words import Words

_RULES = message("the rules")
_BOTH = message("which containers run, and the rules")
_INSIDE = message("the rules, and the inside of containers")


def write_grounds(
    answer: Answer, words: Words, paper: Paper, places: Places, *, verbose: bool, as_root: str = ""
) -> None:
    """Write the assumptions, the questions, the parts that could not be read or rebuilt in a replica, and the notes.

    ``as_root``: the command that reads all; empty if it is not known."""
    assumed = dict.fromkeys(words(said) for flow in answer.flows for said in flow.trace.assumed)
    if assumed:
        paper.gap()
        paper.prose(words(message("assumed: {what}", what="; ".join(assumed))), first=f"{words(NOTE)} ")
    if not is_conditional(answer):
        unexplained = (answer.flows[each.numbers[0]].ref for each in groups(answer.flows) if not each.causes)
        written = {each.ref for flow in unexplained for each in deciding(answer, flow)}
        write_questions(answer, words, paper, without=written)
    if verbose or not answer.is_partly_read:
        _write_missing(answer, words, paper, places, verbose=verbose)
    if answer.is_partly_read:
        write_without_root(answer, as_root, words, paper)
    _write_not_replayed(answer, words, paper, verbose=verbose)
    paper.gap()
    for cause in answer.causes:
        if cause.severity == "advice" and cause.line is not None:
            kind = words(SEVERITIES["advice"])
            paper.prose(words(cause.line), first=f"{kind}[{places.on(cause.id, cause.host)}]: ")
    for said in answer.notes:
        paper.prose(words(said), first=f"{words(NOTE)} ")
    paper.gap()


def source_of(answer: Answer) -> Message:
    """Return the sentence that says when the hosts were read, and whether a replica agrees."""
    flows = answer.flows
    agreed = flows and all(flow.replayed == "replicated" and flow.verdict != "depends" for flow in flows)
    agreed = agreed and not answer.disputes
    if answer.has_several_hosts:
        read = (host for host in answer.network.hosts if host.was_read)
        hosts = ", ".join(f"{host.name} ({host.taken_at or '-'})" for host in read)
        if agreed and not any(flow.trace.bounds for flow in flows):
            return message("Read on {hosts}; confirmed by replaying the packets on this kernel.", hosts=hosts)
        return message("Read on {hosts}; simulated: no packet was sent.", hosts=hosts)
    host = answer.network.this
    here = {"host": host.name or "-", "time": host.taken_at or "-"}
    if agreed and any(flow.trace.rests_on_grant for flow in flows):
        return message(
            "Read on {host} at {time}; confirmed by replaying the packets on this kernel, if the answer to the "
            "question is yes.",
            **here,
        )
    if agreed and any(flow.trace.bounds for flow in flows):
        return message(
            "Read on {host} at {time}; one packet of each flow was replayed on this kernel, which shows nothing about "
            "the limits over time.",
            **here,
        )
    if agreed:
        return message("Read on {host} at {time}; confirmed by replaying the packets on this kernel.", **here)
    return message("Read on {host} at {time}; simulated: no packet was sent.", **here)


def _write_missing(answer: Answer, words: Words, paper: Paper, places: Places, *, verbose: bool) -> None:
    missing = tuple(each for each in answer.unread if each.key != REPLICA)
    if not missing:
        return
    paper.gap()
    paper.prose(words(message("Not read, so undecided:")), style="unsure")
    for each in missing if verbose else missing[:FEW]:
        said = message(
            "{what}: {origin} in {netns}: {reason}",
            what=left_undecided(each),
            origin=each.origin,
            netns=places.netns(each.netns or each.host or answer.network.this.name, each.host),
            reason=each.reason,
        )
        paper.prose(words(said), indent=2, first="· ")
    if len(missing) > FEW and not verbose:
        paper.prose(words(message("and {count} more (-v lists them)", count=len(missing) - FEW)), indent=4)


def _write_not_replayed(answer: Answer, words: Words, paper: Paper, *, verbose: bool) -> None:
    """Write which verdicts the replica contradicts, and which verdicts it could not confirm.

    A verdict without a confirmation is still decided by the walk.

    Each flow through a part that was not rebuilt has its own reason, so there may be many reasons.  Without ``verbose``
    only the first reason is written, and at most ``FEW`` disagreements."""
    shown = answer.disputes if verbose else answer.disputes[:FEW]
    for dispute in shown:
        paper.gap()
        told = words(dispute.said())
        paper.prose(told, first=f"{words(message('not confirmed by the kernel:'))} ", first_style="unsure")
    if len(answer.disputes) > len(shown):
        paper.prose(words(message("and {count} more (-v lists them)", count=len(answer.disputes) - FEW)), indent=4)
    reasons = tuple(dict.fromkeys(each.reason for each in answer.unread if each.key == REPLICA))
    for reason in reasons if verbose or len(reasons) == 1 else ():
        paper.gap()
        paper.prose(words(message("Not replayed: {reason}", reason=reason)), style="faint")
    if len(reasons) > 1 and not verbose:
        more = message("and {count} more (-v lists them)", count=len(reasons) - 1)
        paper.gap()
        paper.prose(words(message("Not replayed: {reason}; {more}", reason=reasons[0], more=more)), style="faint")


def write_without_root(answer: Answer, as_root: str, words: Words, paper: Paper) -> None:
    """Write the line.  ``as_root``: the command that reads all; empty if it is not known.

    The line is not wrapped, because people copy the command."""
    undecided = any(each.supposed for each in answer.flows) or not answer.flows
    what = _unread_parts(answer)
    if undecided:
        said = message("Undecided without root: {what}.", what=what)
    else:
        said = message("Not read without root, and assumed to be as usual: {what}.", what=what)
    paper.gap()
    if as_root:
        paper.line((words(said), "unsure"), f" {words(message('To read everything:'))} ", (as_root, "command"))
    else:
        paper.line((f"{words(said)} {words(message('Run hairpin as root to read this.'))}", "unsure"))


def _unread_parts(answer: Answer) -> Message:
    """Return a few words that name the parts that could not be read."""
    hosts = [host for host in answer.network.hosts if host.is_partly_read]
    containers = any(each.state == "unreadable" for host in hosts for each in host.contacts)
    inside = any(each.netns.startswith("container:") for host in hosts for each in host.unread)
    if containers:
        return _BOTH
    return _INSIDE if inside else _RULES
