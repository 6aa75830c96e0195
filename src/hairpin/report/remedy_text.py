"""Writes a repair so that it can be copied: a command begins a line, a file is the command that writes or edits it."""

from hairpin.change.text import all_shown
from hairpin.message import Message, message
from hairpin.remedy.remedy import Remedy
from hairpin.report.paper import Paper
from hairpin.report.words import Words

NOTE = message("note:")
_NOW = message("repair now:")
_LASTING = message("repair that lasts:")
_BY_HAND = message("repair, by hand:")
_ALSO = message("also:")


def write_remedy(remedy: Remedy, words: Words, paper: Paper, noted: set[Message], host: str | None = None) -> None:
    """Write the repair for now, what keeps it after a reboot, and the notes that are not in ``noted`` yet.

    ``host``: the host that it is for, if the question is about several."""
    advice = [each for each in remedy.advice if each not in noted or not remedy.commands]
    if remedy.commands:
        _heading(_NOW, host, words, paper)
        _commands(remedy.commands, paper)
    elif advice:
        _heading(_BY_HAND, host, words, paper)
        paper.prose(words(advice.pop(0)), indent=6)
    if remedy.persist or remedy.persist_commands:
        _heading(_LASTING, host, words, paper)
        _commands(all_shown(remedy.keeping), paper)
    effects = tuple(each.text for each in remedy.side_effects)
    for said in effects:
        if said not in noted:
            paper.prose(words(said), indent=2, first=f"{words(_ALSO)} ")
    for said in advice:
        paper.prose(words(said), indent=2, first=f"{words(NOTE)} ")
    noted.update(effects, remedy.advice)


def _heading(heading: Message, host: str | None, words: Words, paper: Paper) -> None:
    said = heading if host is None else message("on {host}, {heading}", host=host, heading=heading)
    paper.line("  ", (words(said), "strong"))


def _commands(commands: tuple[str, ...], paper: Paper) -> None:
    for command in commands:
        for line in command.split("\n"):
            paper.line("      ", (line, "command"))
