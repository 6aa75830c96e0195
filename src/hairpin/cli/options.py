"""The options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def evidence_options(command: Command) -> Command:
    """Add what says where the evidence comes from."""
    command = click.option(
        "--host", metavar="USER@HOST", help="Examine that host over ssh; nothing is installed there."
    )(command)
    return click.option(
        "--snapshot",
        "snapshots",
        metavar="FILE",
        multiple=True,
        type=click.Path(dir_okay=False),
        help="Examine a snapshot instead of this host.",
    )(command)


def world_options(command: Command) -> Command:
    """Add what the user states about the world outside of the host."""
    command = click.option(
        "--outside",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="What is outside: gateways, peers, upstream rules (docs/outside.md).",
    )(command)
    return click.option(
        "--public",
        "publics",
        metavar="PUBLIC[=PRIVATE]",
        multiple=True,
        help="A public address that a 1:1 NAT gateway maps to this host.",
    )(command)


def show_options(command: Command) -> Command:
    """Add how the answer is shown."""
    command = click.option("-v", "--verbose", is_flag=True, help="Every flow and step; tracebacks too.")(command)
    command = click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour: auto only on a terminal, and not when NO_COLOR is set.",
    )(command)
    command = language_option(command)
    return click.option("--json", "as_json", is_flag=True, help="One JSON document (docs/schema).")(command)


def language_option(command: Command) -> Command:
    """Add the language of answers and errors; the help, and what click says of options, stay English."""
    return click.option(
        "--lang",
        type=click.Choice(["en", "zh"]),
        default=None,
        help="Language of answers and errors; else that of the locale.",
    )(command)
