"""The man pages: one for hairpin and one for each command, made from click's own description of them.

Source: man(7), groff_char(7)
"""

import re
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from hairpin import __version__
from hairpin.cli.face.options import grouped_records
from hairpin.cli.main import cli

_SPECIAL = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
_EXIT = "Exit: "


def pages(epoch: int) -> dict[str, str]:
    """Return the text of each page by its file's name, such as ``hairpin-check.1``.  ``epoch``: its date, in seconds
    since 1970."""
    day = datetime.fromtimestamp(epoch, UTC).date().isoformat()
    return {
        f"{_page_name(context)}.1": _page(context, day) for context in contexts(click.Context(cli, info_name="hairpin"))
    }


def contexts(context: click.Context) -> Iterator[click.Context]:
    """Yield the context of a command, and those of all commands below it."""
    yield context
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from contexts(click.Context(below, parent=context, info_name=name))


def _page_name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _page(context: click.Context, day: str) -> str:
    name = _page_name(context)
    told = (context.command.help or "").split("\n\n")
    exits = [each.strip() for each in told if each.strip().startswith(_EXIT)]
    prose = [each for each in told if each.strip() not in exits]
    epilog = [context.command.epilog] if context.command.epilog else []
    parts = [
        f'.TH {_roff(name.upper())} 1 {day} "hairpin {__version__}" "hairpin manual"',
        *_section("NAME", _wrapped(f"{name} - {_summary(context)}")),
        *_section("SYNOPSIS", f"\\fB{_roff(context.command_path)}\\fR {_roff(' '.join(_usage(context)))}"),
        *_section("DESCRIPTION", *_paragraphs([*prose, *epilog])),
        *_section("OPTIONS", *_options(context)),
        *_section("COMMANDS", *_commands(context)),
        *_section("EXIT STATUS", *_paragraphs([each.removeprefix(_EXIT) for each in exits])),
        *_section("SEE ALSO", *_others(context)),
    ]
    return "\n".join(parts) + "\n"


def _summary(context: click.Context) -> str:
    return context.command.get_short_help_str(limit=200).rstrip(".")


def _usage(context: click.Context) -> list[str]:
    return context.command.collect_usage_pieces(context)


def _section(title: str, *lines: str) -> tuple[str, ...]:
    return (f".SH {title}", *lines) if lines else ()


def _paragraphs(texts: list[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number:
            yield ".PP"
        yield _wrapped(text)


def _options(context: click.Context) -> Iterator[str]:
    """Yield the options in the groups of the help.  The first group, the command's own, needs no heading."""
    for group, records in grouped_records(context.command, context):
        if group != "Options":
            yield f".SS {group}"
        for names, help_ in records:
            yield ".TP"
            yield ", ".join(_option(name) for name in names.split(", "))
            yield _wrapped(help_)


def _option(text: str) -> str:
    """Return ``--from WHERE`` with the option in bold and its value in italics."""
    name, _, value = text.partition(" ")
    return f"\\fB{_roff(name)}\\fR" + (f" \\fI{_roff(value)}\\fR" if value else "")


def _commands(context: click.Context) -> Iterator[str]:
    for below in _below(context):
        yield ".TP"
        yield f"\\fB{_roff(_page_name(below))}\\fR(1)"
        yield _wrapped(_summary(below) + ".")


def _others(context: click.Context) -> Iterator[str]:
    near = [context.parent] if context.parent else []
    named = [f"\\fB{_roff(_page_name(each))}\\fR(1)" for each in (*near, *_below(context))]
    yield ",\n".join(named)


def _below(context: click.Context) -> list[click.Context]:
    return [each for each in contexts(context) if each.parent is context]


def _wrapped(text: str) -> str:
    """Return prose as lines of roff: none is long, none begins as a request."""
    words = _roff(re.sub(r"\s+", " ", text.replace("\b", "")).strip())
    lines = textwrap.wrap(words, 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in lines)


def _roff(text: str) -> str:
    return "".join(_SPECIAL.get(each, each if each.isascii() else f"\\[u{ord(each):04X}]") for each in text)
