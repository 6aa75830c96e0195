"""The options ``--live [N]`` and ``--probe-from``, and the commands that have them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from hairpin.cli.face.options import HairpinCommand, option
from hairpin.errors import UsageError
from hairpin.message import message

Command = TypeVar("Command", bound=Callable[..., Any])
USUAL, MOST = 10, 100
"""How many probes of a flow are sent, and the most that may be asked for."""
_NUMBER = re.compile(r"\d{1,2}|100")


class LiveCommand(HairpinCommand):
    """A command with ``--live [N]``.  A word behind it that is no number from 1 to 100 is the command's TARGET."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, list(_with_number(args)))
        _refuse_wrong(ctx.params)
        return rest


def _with_number(args: list[str]) -> Iterator[str]:
    for number, each in enumerate(args):
        follows = args[number + 1] if number + 1 < len(args) else ""
        yield f"{each}={USUAL}" if each == "--live" and _NUMBER.fullmatch(follows) is None else each


def _refuse_wrong(given: dict[str, Any]) -> None:
    """Raise UsageError if the options do not fit: real packets exist only on this host, and now."""
    asked = given["asked"]
    if given["live"] is None:
        if given["probe_from"] is not None:
            raise UsageError(message("--probe-from {value}: say --live, too", value=given["probe_from"]))
        return
    for each in asked.sources:
        if each.kind == "host":
            raise UsageError(
                message(
                    "--live sends packets from the host on which hairpin runs, so --host {text} does not fit; run it "
                    "there: `ssh {text} hairpin check --live`",
                    text=each.text.rpartition("=")[2],
                )
            )
        raise UsageError(
            message(
                "--live sends real packets, and --{kind} {text} is only what was read of a host; leave --live out, or "
                "run it on that host",
                kind=each.kind, text=each.text,
            )
        )  # fmt: skip
    if asked.after is not None:
        raise UsageError(
            message(
                "--live sends packets now, so --after {event} does not fit; ask for one of the two", event=asked.after
            )
        )


def live(command: Command) -> Command:
    """Add ``--live [N]`` and ``--probe-from``: the command gets ``live``, a number or None, and ``probe_from``."""
    command = option(
        "Options", "--probe-from", metavar="USER@HOST", default=None, help="With --live: also from there, over ssh."
    )(command)
    return option(
        "Options", "--live", "live", metavar="[N]", is_flag=False, flag_value=USUAL, default=None,
        type=click.IntRange(1, MOST), help="Send N real packets of each flow (10).",
    )(command)  # fmt: skip
