"""The options that several commands share."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

import click

from hairpin.cli import completion
from hairpin.cli.groups import Group, GroupedCommand, GroupedOption
from hairpin.cli.later import TEXT, later_option

Command = TypeVar("Command", bound=Callable[..., Any])


class Given(NamedTuple):
    """One ``--snapshot`` or ``--host``, as typed."""

    kind: Literal["snapshot", "host"]
    text: str


class EvidenceCommand(GroupedCommand):
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


def group_option(group: Group, *names: str, **attributes: Any) -> Callable[[Command], Command]:
    """Add an option that stands in this group of the help."""
    return click.option(*names, cls=GroupedOption, group=group, **attributes)


def evidence_options(command: Command) -> Command:
    """Add ``--snapshot`` and ``--host``: the command, an :class:`EvidenceCommand`, gets ``sources``."""
    command = later_option("--text", TEXT, "[NAME=]FILE")(command)
    command = group_option(
        "Hosts",
        "--snapshot",
        metavar="[NAME=]FILE",
        shell_complete=completion.files,
        multiple=True,
        help="A snapshot (-: standard input); may be repeated.",
    )(command)
    return group_option(
        "Hosts",
        "--host",
        metavar="[NAME=]USER@HOST",
        multiple=True,
        help="Examine that host over ssh; may be repeated.",
    )(command)


def origin_option(*, required: bool = False) -> Callable[[Command], Command]:
    """Add ``--from``: the command gets ``origin``, as typed."""
    return group_option(
        "Options",
        "--from",
        "origin",
        metavar="WHERE",
        required=required,
        shell_complete=completion.origins,
        help="The sender: ADDRESS, host, lan, container:NAME.",
    )


def all_option(command: Command) -> Command:
    """Add ``--all``: the command gets ``whole``."""
    return group_option("Seldom", "--all", "whole", is_flag=True, help="Read every container, needed or not.")(command)


def after_option(command: Command) -> Command:
    """Add ``--after``: the command gets ``after``, as typed."""
    return group_option(
        "Options",
        "--after",
        metavar="EVENT[@HOST]",
        shell_complete=completion.events,
        help="After an event, such as docker-restart.",
    )(command)


def try_option(command: Command) -> Command:
    """Add ``--try``: the command gets ``try_s``, in seconds."""
    return group_option(
        "Acting",
        "--try",
        "try_s",
        metavar="SECONDS",
        type=click.IntRange(5, 86400),
        help="Take it back after that time.",
    )(command)


def size_option(command: Command) -> Command:
    """Add ``--size``: the command gets ``size``, in bytes."""
    return group_option(
        "Seldom", "--size", metavar="BYTES", type=click.IntRange(1, 65000), help="What the sender sends at once."
    )(command)


def world_options(command: Command) -> Command:
    """Add ``--outside`` and ``--public``: facts about the outside that the user states."""
    command = group_option(
        "Seldom",
        "--outside",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="What is outside of it (docs/outside.md).",
    )(command)
    return group_option(
        "Seldom",
        "--public",
        "publics",
        metavar="PUBLIC[=PRIVATE]",
        multiple=True,
        help="An address that a 1:1 NAT gateway maps to it.",
    )(command)


def show_options(command: Command) -> Command:
    """Add how the answer is shown."""
    command = group_option("Answer", "-v", "--verbose", is_flag=True, help="Every flow and step; tracebacks too.")(
        command
    )
    command = colour_option(command)
    command = language_option(command)
    return json_option(command)


def json_option(command: Command) -> Command:
    """Add ``--json``: the command gets ``as_json``."""
    return group_option("Answer", "--json", "as_json", is_flag=True, help="One JSON document (docs/schema).")(command)


def colour_option(command: Command) -> Command:
    """Add ``--color``."""
    return group_option(
        "Answer",
        "--color",
        metavar="WHEN",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="auto, always or never; auto heeds NO_COLOR.",
    )(command)


def language_option(command: Command) -> Command:
    """Add ``--lang``, the language of answers and errors.  The help, and click's errors about options, stay English."""
    return group_option(
        "Answer",
        "--lang",
        type=click.Choice(["en", "zh"]),
        default=None,
        help="Of answers and errors; else the locale's.",
    )(command)
