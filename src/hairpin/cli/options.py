"""The options that several commands share."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

import click

from hairpin.cli.later import TEXT, later_option

Command = TypeVar("Command", bound=Callable[..., Any])


class Given(NamedTuple):
    """One ``--snapshot`` or ``--host``, as typed."""

    kind: Literal["snapshot", "host"]
    text: str


class EvidenceCommand(click.Command):
    """A command with ``--snapshot`` and ``--host``, which may be repeated and mixed.

    click keeps the order within each option only.  ``sources`` has the values of both in the order given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        rest = super().parse_args(ctx, args)
        snapshots, hosts = iter(ctx.params.pop("snapshot")), iter(ctx.params.pop("host"))
        given: list[Given] = []
        for each in order:
            if each.name == "snapshot":
                given.append(Given("snapshot", next(snapshots)))
            elif each.name == "host":
                given.append(Given("host", next(hosts)))
        ctx.params["sources"] = tuple(given)
        return rest


def evidence_options(command: Command) -> Command:
    """Add ``--snapshot`` and ``--host``: the command, an :class:`EvidenceCommand`, gets ``sources``."""
    command = later_option("--text", TEXT, "[NAME=]FILE")(command)
    command = click.option(
        "--host",
        metavar="[NAME=]USER@HOST",
        multiple=True,
        help="Examine that host over ssh; nothing is installed there.  Repeat it for several hosts.",
    )(command)
    return click.option(
        "--snapshot",
        metavar="[NAME=]FILE",
        multiple=True,
        help="Examine a snapshot instead of this host (-: standard input).  Repeat it for several hosts.",
    )(command)


def all_option(command: Command) -> Command:
    """Add ``--all``: the command gets ``whole``."""
    return click.option(
        "--all", "whole", is_flag=True, help="Read every container, not only those that the question needs."
    )(command)


def after_option(command: Command) -> Command:
    """Add ``--after``: the command gets ``after``, as typed."""
    return click.option(
        "--after",
        metavar="EVENT[@HOST]",
        help="Ask about the time after an event, such as docker-restart or container-restart:web.",
    )(command)


def size_option(command: Command) -> Command:
    """Add ``--size``: the command gets ``size``, in bytes."""
    return click.option(
        "--size",
        metavar="BYTES",
        type=click.IntRange(1, 65000),
        help="Bytes that the sender sends at once.  Default for TCP through a tunnel: full-sized segments.",
    )(command)


def world_options(command: Command) -> Command:
    """Add ``--outside`` and ``--public``: facts about the outside that the user states."""
    command = click.option(
        "--outside",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="What is outside: gateways, peers, upstream rules (docs/outside.md).",
    )(command)
    return click.option(
        "--public",
        "publics",
        metavar="PUBLIC[=PRIVATE][@HOST]",
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
    """Add ``--lang``, the language of answers and errors.  The help, and click's errors about options, stay English."""
    return click.option(
        "--lang",
        type=click.Choice(["en", "zh"]),
        default=None,
        help="Language of answers and errors; else that of the locale.",
    )(command)
