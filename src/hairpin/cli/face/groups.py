"""The help of a command: its options in groups, the seldom ones last.  Each option says its group when it is made.

Imports click only, since every command starts with this module.
"""

from typing import Any, Literal

import click

Group = Literal["Options", "Acting", "Hosts", "Answer", "Seldom"]
GROUPS: tuple[Group, ...] = ("Options", "Acting", "Hosts", "Answer", "Seldom")
"""In the order of the help.  ``Options``: of this command; ``Acting``: how it changes the host."""
_COLUMN = 25
"""Columns of an option's name: the same in all groups."""


class GroupedOption(click.Option):
    """An option that stands in ``group`` of the help."""

    def __init__(self, *names: Any, group: Group, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.group: Group = group


class GroupedCommand(click.Command):
    """A command whose help has its options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, records in grouped_records(self, ctx):
            (name, said), *others = records
            with formatter.section(group):
                formatter.write_dl([(name.ljust(_COLUMN), said), *others], col_max=_COLUMN)


def grouped_records(command: click.Command, ctx: click.Context) -> tuple[tuple[Group, list[tuple[str, str]]], ...]:
    """Return the groups that have options, in order, with each option's name and what the help says of it."""
    of_group: dict[Group, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    for each in command.get_params(ctx):
        record = each.get_help_record(ctx) if isinstance(each, click.Option) else None
        if record is not None:
            of_group[_group(each)].append(record)
    return tuple((group, records) for group, records in of_group.items() if records)


def _group(parameter: click.Parameter) -> Group:
    """Return the option's own group; that of the answer for ``--help``, which click adds."""
    if isinstance(parameter, GroupedOption):
        return parameter.group
    return "Answer" if "--help" in parameter.opts else "Options"
