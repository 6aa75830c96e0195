"""Words and options of commands that are announced but do not exist yet.

Their error names the present alternative.  When such an option is implemented, its call of ``later_option`` is removed.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from hairpin.errors import UsageError
from hairpin.message import Message, message

Command = TypeVar("Command", bound=Callable[..., Any])

LIVE = message(
    "`hairpin prove` sends a test packet through a copy of this host's network; `tcpdump -ni any port PORT` shows real "
    "packets"
)


def refuse(name: str, instead: Message) -> UsageError:
    """Return the error which says that the command or option does not exist yet, and names the present alternative."""
    return UsageError(message("`{name}` is not in this version; {instead}", name=name, instead=instead))


def later_option(name: str, instead: Message, metavar: str = "") -> Callable[[Command], Command]:
    """Add an option whose use raises the error that it does not exist yet.  ``metavar``: the name of the option's
    value; empty for a flag."""

    def refused(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
        del ctx, parameter
        if value:
            raise refuse(name, instead)

    return click.option(
        name,
        metavar=metavar or None,
        is_flag=not metavar,
        hidden=True,
        expose_value=False,
        is_eager=True,
        callback=refused,
    )
