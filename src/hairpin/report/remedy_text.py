"""Writes a repair so that it can be copied: a command is a line of its own, a file is the command that writes it."""

import difflib
import shlex
from collections.abc import Iterator

from hairpin.message import Message, message
from hairpin.remedy.remedy import PersistFile, Remedy
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
        for file in remedy.persist:
            _file(file, words, paper)
        _commands(remedy.persist_commands, paper)
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
        paper.line("      ", (command, "command"))


def _file(file: PersistFile, words: Words, paper: Paper) -> None:
    """Write a new file as the command that makes it, and a change of an existing file as a diff."""
    if file.before is None:
        for line in _writing(file):
            paper.line("      ", (line, "command"))
        return
    paper.line("      ", words(message("in {file}:", file=file.file)))
    for line in _changed(file.before, file.content):
        paper.line("      ", (line, "bad" if line.startswith("-") else "good"))


def _writing(file: PersistFile) -> Iterator[str]:
    lines = file.content.rstrip("\n").split("\n")
    if len(lines) == 1:
        yield f"echo {shlex.quote(lines[0])} > {shlex.quote(file.file)}"
        return
    yield f"cat > {shlex.quote(file.file)} <<'EOF'"
    yield from lines
    yield "EOF"


def _changed(before: str, after: str) -> Iterator[str]:
    """Yield the lines that are removed (``-``) and added (``+``)."""
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0):
        if line[:1] in "+-" and not line.startswith(("+++", "---")):
            yield line
