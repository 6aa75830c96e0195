"""Holds the hairpin commands that README and docs/ show against the command line: each parses, and none is of another
version.

``refused`` is called by ``tools/quoted.py``, and carries nothing out.  ``typed`` gives the commands to those who run
them: ``tools/bare`` and ``tests/kernel/test_readme.py``.  Only whole lines of code blocks are looked at, with or
without a prompt, ``sudo`` or a pipe before them.
"""

import re
import shlex
from collections.abc import Iterator

import click

from hairpin.cli import main
from hairpin.errors import HairpinError

LINE = re.compile(
    r"^\s*(?:[#$] )?(?:.*\| *)?(?:sudo )?(?:\.venv/bin/)?(?=hairpin(?: |$))(?P<command>.*)$", re.MULTILINE
)
END = ("|", ">", ">>", ";", "&&")
"""Words of the shell behind which the command ends."""
COMMENT = re.compile(r"\s+#(?:\s.*)?$")


def typed(block: str) -> tuple[str, ...]:
    """Return the commands of a block that shows nothing else, one of each line, without the comments behind them."""
    commands = (COMMENT.sub("", f" {line}").strip() for line in block.splitlines())
    return tuple(each for each in commands if each)


def refused(block: str) -> Iterator[tuple[int, str]]:
    """Yield the index of the line, and why the command line refuses it, for each shown command."""
    for found in LINE.finditer(block):
        reason = _refusal(found["command"])
        if reason:
            yield block.count("\n", 0, found.start("command")), f"shows `{found['command'].strip()}`: {reason}"


def _refusal(line: str) -> str:
    """Return why the command line refuses the line; empty if it takes it."""
    try:
        words = shlex.split(line, comments=True)
        args = words[1 : next((number for number, word in enumerate(words) if word in END), len(words))]
        _parse(main.cli, main.command_first(args))
    except click.exceptions.Exit:  # --help
        return ""
    except click.FileError:
        return ""
    except click.ClickException as error:
        return error.format_message()
    except (HairpinError, ValueError) as error:
        return str(error)
    return ""


def _parse(group: click.Group, args: list[str]) -> None:
    context = click.Context(group)
    name, command, rest = group.resolve_command(context, args)
    assert command is not None
    if isinstance(command, click.Group):
        _parse(command, rest)
    else:
        command.make_context(name, rest, parent=context)
