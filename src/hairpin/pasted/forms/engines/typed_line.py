"""Command lines of an engine that somebody typed: behind a prompt, alone in a line, or between backticks in a
sentence."""

import re
import shlex
from typing import NamedTuple

from hairpin.pasted.form import Command, Paste
from hairpin.sought import Sought

_ENGINE = r"(?:docker|podman|nerdctl)\s+"
BEGINNING = (
    r"\s*(?:(?:[-*\u2022]|\d+[.)])\s+)?(?:[$#>]\s*)?(?:sudo\s+(?:-\w+\s+)?)?(?:\S+=\S+\s+)?(?:/usr/bin/)?" + _ENGINE
)
"""The beginning of a line that is only a command."""
QUOTED = rf".*`\s*(?:[$#>]\s+)?(?:sudo\s+)?(?P<command>(?:/usr/bin/)?{_ENGINE}"
"""The beginning of a command in a sentence.  The pattern has to end with the backtick behind the command."""
_LEAST_TO_WRAP = 20
_RIGHT_PROMPT = Sought(r"\s{8,}\d\d:\d\d:\d\d\s*$")
"""Matches the time that zsh prints at the right end of a command line."""


class Called(NamedTuple):
    """The patterns of a command: anywhere in a line, with the group ``engine`` and up to the command's first argument;
    alone in a line; and in a sentence."""

    anywhere: Sought
    alone: Sought
    quoted: Sought


class TypedLine(NamedTuple):
    """A command line: its engine, the words behind the command, and the index of the line after it."""

    engine: str
    words: list[str]
    end: int


def line_at(paste: Paste, start: int, called: Called) -> TypedLine | None:
    """Return the command line that begins at this line of the text; None if none does."""
    line = _RIGHT_PROMPT.sub("", paste.lines[start])
    typed = paste.commands.get(start)
    quoted = called.quoted.match(line)
    end = start + 1
    if (typed is not None and _is_behind_prompt(line, typed)) or called.alone.match(line) is not None:
        text, end = _whole_line(paste, start)
    elif quoted is not None:
        text = quoted["command"]
    else:
        return None
    found = called.anywhere.match(text)
    if found is None:
        return None
    return TypedLine("podman" if found["engine"] == "podman" else "docker", _words(text[found.end() :]), end)


def _is_behind_prompt(line: str, typed: Command) -> bool:
    """Return whether the line is only a prompt and the command.  A single ``#`` is no prompt, because it may begin a
    heading."""
    prompt = line.rstrip().removesuffix(typed.text).strip() if line.rstrip().endswith(typed.text) else ""
    return prompt not in ("", "#") and typed.words[0] in ("docker", "podman", "nerdctl")


def _words(text: str) -> list[str]:
    """Return the words of the command up to the next command of the line."""
    try:
        found = shlex.split(text)
    except ValueError:
        found = text.split()
    end = next((number for number, word in enumerate(found) if word in ("&&", "||", ";", "|", ">", "2>&1")), len(found))
    return found[:end]


def _whole_line(paste: Paste, start: int) -> tuple[str, int]:
    r"""Return the command line with the lines that continue it, and the index after them.

    A line continues if it ends with a backslash (on Windows ``^`` or a backtick), even if pasting has added a blank
    line after it.  A line also continues if the next line begins with an option, because the line was wrapped."""
    text = _RIGHT_PROMPT.sub("", paste.lines[start].strip())
    end = start + 1
    while end < len(paste.lines):
        following = paste.lines[end].strip()
        open_end = text.endswith(("\\", " ^", " `"))
        if open_end and not following and end + 1 < len(paste.lines) and paste.lines[end + 1].strip():
            end += 1
            continue
        if open_end and following:
            following = re.sub(r"^>\s+", "", following)  # the shell's prompt for a continued line
            text = text[:-1].rstrip() + " " + following
        elif re.match(r"--?[a-z]", following) and len(text) > _LEAST_TO_WRAP and end not in paste.commands:
            text += " " + following
        else:
            break
        end += 1
    return text.rstrip("\\"), end
