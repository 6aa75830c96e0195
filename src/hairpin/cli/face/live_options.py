"""The options ``--live [N]`` and ``--probe-from``, and the commands that have them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import click

from hairpin.cli.face.asked import Asked
from hairpin.cli.face.options import HairpinCommand, option
from hairpin.errors import UsageError
from hairpin.message import message

Command = TypeVar("Command", bound=Callable[..., Any])
USUAL, MOST = 10, 100
"""How many probes of a flow are sent, and the most that may be asked for."""
_NUMBER = re.compile(r"\d{1,2}|100")


class Live(NamedTuple):
    """The options of real packets.  ``number``: how many of each flow.  ``probe_from``: the machine that sends those of
    clients outside; empty if none does."""

    number: int
    probe_from: str = ""


class LiveCommand(HairpinCommand):
    """A command with ``--live [N]``.  A word behind it that is no number from 1 to 100 is the command's TARGET."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, list(_with_number(args)))
        count, probe_from = ctx.params["live"], ctx.params.pop("probe_from")
        _refuse_wrong(ctx.params["asked"], count, probe_from)
        ctx.params["live"] = Live(count, probe_from or "") if count is not None else None
        return rest


def _with_number(args: list[str]) -> Iterator[str]:
    for number, each in enumerate(args):
        follows = args[number + 1] if number + 1 < len(args) else ""
        yield f"{each}={USUAL}" if each == "--live" and _NUMBER.fullmatch(follows) is None else each


def _refuse_wrong(asked: Asked, count: int | None, probe_from: str | None) -> None:
    """Raise UsageError if the options do not fit: real packets exist only on this host, and now."""
    if count is None:
        if probe_from is not None:
            raise UsageError(message("--probe-from {value}: say --live, too", value=probe_from))
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


class _Number(click.IntRange):
    """A number of packets; the help names no bounds, which have no room there."""

    def _describe_range(self) -> str:
        return ""


def live_options(command: Command) -> Command:
    """Add ``--live [N]`` and ``--probe-from``: the command, a :class:`LiveCommand`, gets ``live``; None without
    ``--live``."""
    command = option(
        "Options", "--probe-from", metavar="USER@HOST", default=None, help="With --live: also from there, over ssh."
    )(command)
    return option(
        "Options", "--live", "live", metavar="[N]", is_flag=False, flag_value=USUAL, default=None,
        type=_Number(1, MOST), help="Also N real packets of each flow (10).",
    )(command)  # fmt: skip
