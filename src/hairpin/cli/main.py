"""Starts the commands.  Imports click and the standard library only; what a command needs is imported when it runs.

Exit status: 0 delivered or leaving, 1 a blocking cause or a flow that is not delivered, 2 usage error, 3 could not
decide, 4 a bug in hairpin, 130 interrupted.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from hairpin import __version__
from hairpin.errors import (
    CollectError,
    EvidenceError,
    HairpinError,
    LabError,
    ParseError,
    ReplicaError,
    UnknownNameError,
    UsageError,
)

if TYPE_CHECKING:
    from hairpin.message import Message

COMMANDS: dict[str, str] = {
    "check": "Why does a port not answer?  Walks the flows, names the proven cause, says the repair.",
    "walk": "One flow, every step, request and reply, no diagnosis.",
    "prove": "The flow on a replica of the network in throw-away namespaces: does the kernel agree?",
    "snapshot": "Read this host (or another over ssh) into one file.",
    "lab": "Broken Docker hosts on demand, in namespaces.",
    "demo": "The whole story on a lab host in a minute.",
}
"""Each command's module beside this one, and its line in the help."""
LATER = ("--after", "--live", "--text")
"""Options that are not in this version."""
PROMISED = ("fix", "undo", "events", "explain", "story", "diff", "ask", "restore", "guard")
"""Commands that are not in this version (``cli/not_yet.py``): their names are no targets."""
DEFAULT = "check"
_WITH_VALUE = ("--snapshot", "--host", "--lang", "--color", "--public", "--outside", "--from", "--size")
_STATUS: tuple[tuple[type[HairpinError], int], ...] = (
    (UsageError, 2),
    (CollectError, 3),
    (EvidenceError, 3),
    (ParseError, 3),
    (LabError, 3),
    (ReplicaError, 3),
)


class Commands(click.Group):
    """Loads a command's module when the command is called; ``hairpin`` without a command is ``hairpin check``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"hairpin.cli.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, command_first(args))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def command_first(args: Sequence[str]) -> list[str]:
    """Return the arguments with the command first.  Options may stand before it; without a command it is ``check``.
    A word that is no command is a target."""
    if args and args[0] in (*COMMANDS, *PROMISED, "--help", "-h", "--version"):
        return list(args)
    for number, word in enumerate(args):
        if word == "--":
            break
        if not word.startswith("-") and (number == 0 or args[number - 1] not in _WITH_VALUE):
            if word not in (*COMMANDS, *PROMISED):
                break
            return [word, *args[:number], *args[number + 1 :]]
    return [DEFAULT, *args]


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`hairpin COMMAND --help` says more.  Without a command it is `hairpin check`: `hairpin 8151`.",
)
@click.version_option(__version__, "--version", message="hairpin %(version)s")
def cli() -> None:
    """Tell it a port; it tells you why nobody can reach it, proves it, and repairs it."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    args = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(args))


def run(args: list[str]) -> int:
    """Run the command line and return its exit status; an error is one sentence on standard error."""
    if (ordered := command_first(args))[0] in PROMISED and ordered[0] not in COMMANDS:
        return _refuse(ordered[0], args)
    try:
        status: object = cli.main(args=args, prog_name="hairpin", standalone_mode=False)
    except click.ClickException as error:
        from hairpin.cli.output import complain_of_usage

        if isinstance(error, click.NoSuchOption) and error.option_name in LATER:
            return _refuse(error.option_name, args)
        complain_of_usage(error, stated_language(args))
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except HairpinError as error:
        # Imported here, since `hairpin --help` does without it.
        from hairpin.cli.output import complain

        complain(_or_command(error, args), stated_language(args))
        return next((status for kind, status in _STATUS if isinstance(error, kind)), 4)
    except Exception:  # noqa: BLE001 - the process ends here, and only here the error can still be logged
        _confess(stated_language(args), verbose="-v" in args or "--verbose" in args)
        return 4
    return status if isinstance(status, int) else 0


def _refuse(word: str, args: Sequence[str]) -> int:
    """Say that the command or option is not in this version, and what does its job now; return the exit status."""
    from hairpin.cli.not_yet import not_yet
    from hairpin.cli.output import complain

    complain(not_yet(word), stated_language(args))
    return 2


def _or_command(error: HairpinError, args: Sequence[str]) -> "Message":
    """Return what the error says, and the command that was meant if its first word is like one."""
    if not isinstance(error, UnknownNameError) or not args or args[0] != error.name:
        return error.said
    from hairpin.message import message
    from hairpin.question.suggest import close

    near = close(error.name, (*COMMANDS, *PROMISED))
    if not near:
        return error.said
    return message("{said}; or did you mean the command {names}?", said=error.said, names=", ".join(near))


def stated_language(args: Sequence[str]) -> str | None:
    """Return the value of ``--lang``, the last one as click does.  Errors may occur before click has parsed it."""
    options = args[: args.index("--")] if "--" in args else args
    stated: str | None = None
    for word, following in zip(options, [*options[1:], None], strict=True):
        if word == "--lang":
            stated = following
        elif word.startswith("--lang="):
            stated = word.removeprefix("--lang=")
    return stated


def _confess(lang: str | None, *, verbose: bool) -> None:
    """Write the traceback to a log file, and say on standard error which file it is."""
    # Imported here, since `hairpin --help` does without them.
    import time
    import traceback

    from hairpin.cli.environment import environment
    from hairpin.cli.output import complain
    from hairpin.message import message

    told = traceback.format_exc()
    if verbose:
        sys.stderr.write(told)
    last = told.strip().splitlines()[-1]
    complain(message("this is a bug in hairpin: {last}", last=last), lang)
    for folder in environment().folders:
        path = folder / time.strftime(f"hairpin-error-%Y%m%dT%H%M%SZ-{os.getpid()}.log", time.gmtime())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(f"hairpin {__version__}, python {sys.version}\n{told}", encoding="utf-8")
        except OSError:
            continue
        complain(message("details are in {path}", path=path), lang)
        return
