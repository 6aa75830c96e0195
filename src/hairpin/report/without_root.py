"""Writes the line that says which parts a user without root could not read, and which command reads these parts."""

from hairpin.answer.answer import Answer
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.words import Words

_RULES = message("the rules")
_BOTH = message("which containers run, and the rules")
_INSIDE = message("the rules, and the inside of containers")


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
