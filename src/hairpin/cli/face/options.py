"""The options that several commands share, and the groups in which a command's help lists its options.

Rarely used options come last.  Each option names its group.

Imports click only, since every command starts with this module.
"""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click

from hairpin.cli.face import completion
from hairpin.cli.face.asked import Acting, Asked, Given, Kind, Shown

Command = TypeVar("Command", bound=Callable[..., Any])
Group = Literal["Options", "Acting", "Hosts", "Answer", "Seldom"]
GROUPS: tuple[Group, ...] = ("Options", "Acting", "Hosts", "Answer", "Seldom")
"""The groups of options, in the order of the help.  ``Options``: options of one command only.  ``Acting``: options that
say how the command changes the host."""
_COLUMN = 25
"""The number of columns for an option's name.  The column for names is equally wide in all groups."""


class GroupedOption(click.Option):
    """An option that the help lists in ``group``."""

    def __init__(self, *names: Any, group: Group, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.group: Group = group


class GroupedCommand(click.Command):
    """A command whose help lists the options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, records in grouped_records(self, ctx):
            (name, said), *others = records
            with formatter.section(group):
                formatter.write_dl([(name.ljust(_COLUMN), said), *others], col_max=_COLUMN)


def grouped_records(command: click.Command, ctx: click.Context) -> tuple[tuple[Group, list[tuple[str, str]]], ...]:
    """Return the groups that have options, in order, with each option's name and help text."""
    of_group: dict[Group, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    for each in command.get_params(ctx):
        record = each.get_help_record(ctx) if isinstance(each, click.Option) else None
        if record is not None:
            of_group[_group(each)].append(record)
    return tuple((group, records) for group, records in of_group.items() if records)


def _group(parameter: click.Parameter) -> Group:
    """Return the option's group.  The option ``--help``, which click adds, belongs to the group ``Answer``."""
    if isinstance(parameter, GroupedOption):
        return parameter.group
    return "Answer" if "--help" in parameter.opts else "Options"


_KINDS: tuple[Kind, ...] = ("snapshot", "text", "bundle", "host")
"""The options that name hosts."""


class HairpinCommand(GroupedCommand):
    """A command that gets its shared options as the values ``asked``, ``shown`` and ``acting``.

    A command gets each of the three values only if it has an option that belongs to the value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = self._parsed(ctx, args)
        for name, made in (("asked", Asked), ("shown", Shown), ("acting", Acting)):
            held = {each: ctx.params.pop(each) for each in made._fields if each in ctx.params}
            if held:
                ctx.params[name] = made(**held)
        if ctx.obj is not None and "asked" in ctx.params:  # called by docker
            ctx.params["asked"] = ctx.params["asked"]._replace(program=ctx.obj)
        return rest

    def _parsed(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments.  ``--snapshot`` and ``--host`` may be repeated and mixed.  click keeps only the order of
        the values of one option, so ``sources`` collects the values of both options in the order on the command
        line."""
        if not any(each.name == "snapshot" for each in self.params):
            return super().parse_args(ctx, args)
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        rest = super().parse_args(ctx, args)
        values = {kind: iter(ctx.params.pop(kind)) for kind in _KINDS}
        given = [Given(kind, next(values[kind])) for each in order for kind in _KINDS if each.name == kind]
        ctx.params["sources"] = tuple(given)
        return rest


def option(group: Group, *names: str, **attributes: Any) -> Callable[[Command], Command]:
    """Add an option that the help lists in the given group."""
    return click.option(*names, cls=GroupedOption, group=group, **attributes)


def targets(command: Command) -> Command:
    """Add the argument for any number of targets."""
    return click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=completion.targets)(command)


def target(*, required: bool) -> Callable[[Command], Command]:
    """Add the argument for one target.  The command gets the single target in ``targets`` as well."""

    def several(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
        del ctx, parameter
        return () if value is None else (value,)

    return click.argument(
        "targets", metavar="TARGET" if required else "[TARGET]", required=required, callback=several,
        shell_complete=completion.targets,
    )  # fmt: skip


def evidence(command: Command) -> Command:
    """Add ``--snapshot``, ``--text``, ``--bundle`` and ``--host``: the command, a :class:`HairpinCommand`, gets
    ``asked.sources``."""
    command = option(
        "Hosts",
        "--bundle",
        metavar="[NAME=]PATH",
        shell_complete=completion.files,
        multiple=True,
        help="A support bundle, as of sos; may be repeated.",
    )(command)
    command = option(
        "Hosts",
        "--text",
        metavar="[NAME=]FILE",
        shell_complete=completion.files,
        multiple=True,
        help="Pasted outputs (-: standard input); repeatable.",
    )(command)
    command = option(
        "Hosts",
        "--snapshot",
        metavar="[NAME=]FILE",
        shell_complete=completion.files,
        multiple=True,
        help="A snapshot (-: standard input); may be repeated.",
    )(command)
    return option(
        "Hosts",
        "--host",
        metavar="[NAME=]USER@HOST",
        multiple=True,
        help="Examine that host over ssh; may be repeated.",
    )(command)


def origin(*, required: bool = False) -> Callable[[Command], Command]:
    """Add ``--from``: the command gets ``asked.origin``."""
    return option(
        "Options",
        "--from",
        "origin",
        metavar="WHERE",
        required=required,
        shell_complete=completion.origins,
        help="ADDRESS, outside, host, lan, NAME or netns:NAME.",
    )


def fresh(command: Command) -> Command:
    """Add ``--fresh``.  ``guarding/client.py`` heeds it, before a command begins."""
    return click.option(
        "--fresh",
        cls=GroupedOption,
        group="Seldom",
        is_flag=True,
        expose_value=False,
        help="Read the host anew, guard or not.",
    )(command)


def everything(command: Command) -> Command:
    """Add ``--all``: the command gets ``asked.whole``."""
    return option("Seldom", "--all", "whole", is_flag=True, help="Read every container, needed or not.")(command)


def after(command: Command) -> Command:
    """Add ``--after``: the command gets ``asked.after``."""
    return option(
        "Options",
        "--after",
        metavar="EVENT[@HOST]",
        shell_complete=completion.events,
        help="After an event, such as docker-restart.",
    )(command)


def for_seconds(command: Command) -> Command:
    """Add ``--try``: the command gets ``acting.try_s``, in seconds."""
    return option(
        "Acting",
        "--try",
        "try_s",
        metavar="SECONDS",
        type=click.IntRange(5, 86400),
        help="Take it back after that time.",
    )(command)


def size(command: Command) -> Command:
    """Add ``--size``: the command gets ``asked.size``, in bytes."""
    return option(
        "Seldom", "--size", metavar="BYTES", type=click.IntRange(1, 65000), help="What the sender sends at once."
    )(command)


def world(command: Command) -> Command:
    """Add ``--outside`` and ``--public``: facts about the outside that the user states."""
    command = option(
        "Seldom",
        "--outside",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="What is outside of it (docs/outside.md).",
    )(command)
    return option(
        "Seldom",
        "--public",
        "publics",
        metavar="PUBLIC[=PRIVATE]",
        multiple=True,
        help="An address that a 1:1 NAT gateway maps to it.",
    )(command)


def page(command: Command) -> Command:
    """Add ``--html``: the answer is also written as a page.  The hidden option ``--document-fd`` also writes the JSON
    document; only ``hairpin mcp`` gives it."""
    command = click.option("--document-fd", type=click.IntRange(3), hidden=True, default=None)(command)
    return option(
        "Answer", "--html", metavar="FILE", shell_complete=completion.files,
        help="Also as one page (-: only that, printed).",
    )(command)  # fmt: skip


def monitor(command: Command) -> Command:
    """Add ``--brief``, ``--nagios`` and ``--prom``: the answer for a monitor; the command gets ``shown``."""
    command = option(
        "Answer", "--prom", metavar="FILE", shell_complete=completion.files,
        help="Also as Prometheus metrics (-: only that).",
    )(command)  # fmt: skip
    command = option("Answer", "--nagios", is_flag=True, help="As --brief, with a plugin's exit status, 0 to 3.")(
        command
    )
    return option("Answer", "--brief", is_flag=True, help="One line: the state, the summary, figures.")(command)


def answer(command: Command) -> Command:
    """Add the options of the output; the command gets ``shown``."""
    command = option("Answer", "-v", "--verbose", is_flag=True, help="Every flow and step; tracebacks too.")(command)
    command = colour(command)
    command = language(command)
    return json(command)


def json(command: Command) -> Command:
    """Add ``--json``: the command gets ``shown.as_json``."""
    return option("Answer", "--json", "as_json", is_flag=True, help="One JSON document (docs/schema).")(command)


def colour(command: Command) -> Command:
    """Add ``--color``."""
    return option(
        "Answer",
        "--color",
        metavar="WHEN",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="auto, always or never; auto heeds NO_COLOR.",
    )(command)


def language(command: Command) -> Command:
    """Add ``--lang``, the language of answers and errors.  The help, and click's errors about options, stay English."""
    return option(
        "Answer",
        "--lang",
        type=click.Choice(["en", "zh"]),
        default=None,
        help="Of answers and errors; else the locale's.",
    )(command)
