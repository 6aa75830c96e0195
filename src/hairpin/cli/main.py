"""Starts the commands.

This module imports only click and the standard library.  The modules that a command needs are imported when the command
runs.

Exit status: 0 delivered or leaving, 1 a blocking cause or a flow that is not delivered, 2 usage error, 3 could not
decide, 4 a bug in hairpin, 130 interrupted.
"""

import errno
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from hairpin import __version__
from hairpin.errors import (
    ApplyError,
    CollectError,
    EvidenceError,
    HairpinError,
    LabError,
    ParseError,
    ReplicaError,
    UnknownNameError,
    UsageError,
    WrongPathError,
)
from hairpin.message import Message, message, verbatim

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, str] = {
    "check": "Why does a port not answer?  Its proven cause, and the repair.",
    "fix": "The plan that repairs it; --apply carries it out, and verifies.",
    "undo": "Take back what `fix --apply` or `restore --apply` has changed.",
    "snapshot": "Read this host, or another one over ssh, into one file.",
    "diff": "What changed since a snapshot, and which change matters?",
    "explain": "What does an error or a log mean, and is it true here?",
    "restore": "Put back the rules that the engine has lost, without a restart.",
    "events": "Which flows still pass after docker-restart, reboot, a flush?",
    "expect": "Does what must be reachable still hold, and nothing else?",
    "guard": "Watch the host: what broke just now, and who did it?",
    "story": "What happened to this host, in order of time, and through whom?",
    "ask": "The commands for a host without hairpin; check --text reads them.",
    "walk": "One flow, every step of request and reply, no diagnosis.",
    "prove": "The flow on a replica of the network: does the kernel agree?",
    "mcp": "The commands that only read, as tools for agents (MCP).",
    "plugin": "Make `docker hairpin` a command of docker, or remove it again.",
    "lab": "Broken Docker hosts on demand, in namespaces.",
    "demo": "The whole story on a lab host in a minute.",
}
"""The name of each command, which is also the name of its module in this folder, and the command's line in the help.
The most used commands come first."""
FIRST = 6
"""The number of commands that the help lists before the heading *More*."""
DEFAULT = "check"
INTERRUPTED = 130
_OBJECTS_BETWEEN_COLLECTIONS = 500_000
"""The number of new objects between two runs of the garbage collector.

hairpin's values are immutable and refer to each other without cycles, so the garbage collector finds hardly any
garbage.  Python's default of 700 objects took a tenth of a command's time.  So many objects take about ten
megabytes."""
_COMPLETE = "_HAIRPIN_COMPLETE"
"""The environment variable by which a shell asks click for completion."""
_FOR_MONITORS = ("--brief", "--nagios", "--prom")
"""The options by which a monitor reads the answer.  With these options a monitor gets a line or metrics even if the
call fails."""
PLUGIN = "docker-hairpin"
"""The name of the link by which docker starts hairpin as its plugin."""
_METADATA = "docker-cli-plugin-metadata"
_COLUMN = max(map(len, COMMANDS))
_STATUS: tuple[tuple[type[HairpinError], int], ...] = (
    (UsageError, 2),
    (WrongPathError, 2),
    (ApplyError, 3),
    (CollectError, 3),
    (EvidenceError, 3),
    (ParseError, 3),
    (LabError, 3),
    (ReplicaError, 3),
)

_SHORTAGES = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EIO,
)  # fmt: skip
"""Errors that mean a shortage of the machine's resources, and no bug of hairpin."""


class Commands(click.Group):
    """The group of all commands.

    The group imports a command's module when the command is called.  ``hairpin`` without a command is ``hairpin
    check``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        return _command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and not args:  # a shell is completing the first word, which may be a command
            return super().parse_args(ctx, args)
        return super().parse_args(ctx, command_first(args))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        told = [(name.ljust(_COLUMN), said) for name, said in COMMANDS.items()]
        for title, some in (("Commands", told[:FIRST]), ("More", told[FIRST:])):
            with formatter.section(title):
                formatter.write_dl(some)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():  # docker calls it `docker hairpin`
            formatter.write_text((self.epilog or "").replace("`hairpin ", f"`{ctx.command_path} "))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Return the commands that begin with ``incomplete``, and the completions of ``check``.  A user may omit the
        name ``check``."""
        found = super().shell_complete(ctx, incomplete)
        if not incomplete:
            return found
        check = _command(DEFAULT)
        below = click.Context(check, parent=ctx, info_name=DEFAULT, resilient_parsing=True)
        if incomplete.startswith("-"):
            known = {each.value for each in found}
            return [*found, *(each for each in check.shell_complete(below, incomplete) if each.value not in known)]
        (targets,) = (each for each in check.params if each.name == "targets")
        return [*found, *targets.shell_complete(below, incomplete)]


def command_first(args: Sequence[str]) -> list[str]:
    """Return the arguments with the command moved to the front.  A user may write options before the command.

    If no command is given, the command is ``check``, and a word that is not the name of a command is a target."""
    if args and args[0] in (*COMMANDS, "--help", "-h", "--version"):
        return list(args)
    for number, word in enumerate(args):
        if word == "--":
            break
        if word in COMMANDS and _are_options(args[:number], word):
            return [word, *args[:number], *args[number + 1 :]]
    return [DEFAULT, *args]


def _are_options(words: Sequence[str], name: str) -> bool:
    """Return whether all words before the command are options of the command, with their values."""
    command = _command(name)
    options = [each for each in command.params if isinstance(each, click.Option)]
    known = {word for each in options for word in (*each.opts, *each.secondary_opts)}
    with_value = {word for each in options if not (each.is_flag or each.count) for word in each.opts}
    is_value = False
    for word in words:
        option = word.partition("=")[0] if word.startswith("--") else word[:2]
        if not (is_value or option in known):
            return False
        is_value = not is_value and word in with_value  # `--from=lan` and `-oFILE` contain their values
    return not is_value


def _command(name: str) -> click.Command:
    command: click.Command = getattr(importlib.import_module(f"hairpin.cli.{name}"), name)
    return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="",
    subcommand_metavar="[COMMAND] [TARGET]...",
    epilog="`hairpin COMMAND --help` says more.  Without a command it is `check`: `hairpin 8151`.\n\n"
    "As an image, on Docker or Podman: docker run --rm --pid=host --net=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE "
    "--cap-add NET_ADMIN --security-opt apparmor=unconfined localhost/hairpin 8151",
)
@click.version_option(__version__, "--version", message="hairpin %(version)s")
def cli() -> None:
    """Tell hairpin a port: it finds why clients cannot reach the port, proves the cause, and repairs it."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    args = list(sys.argv[1:] if arguments is None else arguments)
    _occupy_standard_streams()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # SIGINT is ignored in a background job of a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)
    status = run(args, by_docker=arguments is None and os.path.basename(sys.argv[0]) == PLUGIN)  # noqa: PTH119 - quick
    # Python's own handling of the signal would print a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN if status == INTERRUPTED else signal.SIG_DFL)
    sys.exit(status)


def run(args: list[str], *, by_docker: bool = False) -> int:
    """Run the command line and return the exit status.  An error is reported as one sentence on standard error.

    ``by_docker``: whether docker has started hairpin as its plugin."""
    try:
        return _run(args, by_docker=by_docker or args[:1] == [_METADATA])
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED


def _run(args: list[str], *, by_docker: bool) -> int:
    # These modules are imported where they are used, because `hairpin --help` does not need them.
    try:
        _require_output()
        if _COMPLETE in os.environ:
            from hairpin.cli.face.completion import register

            register()
        if by_docker:
            from hairpin.cli.docker.running import run_for_docker

            return run_for_docker(args, cli, command_first, _command)
        status: object = cli.main(args=args, prog_name="hairpin", standalone_mode=False)
    except click.Abort:
        raise
    except click.ClickException as error:
        from hairpin.cli.face.output import complain_of_usage

        complain_of_usage(error, stated_language(args))
        return _tell_monitor(verbatim(error.format_message()), args, 2)
    except HairpinError as error:
        from hairpin.cli.face.output import complain

        said = _or_command(error, args)
        complain(said, stated_language(args), error.mark)
        return _tell_monitor(said, args, next((status for kind, status in _STATUS if isinstance(error, kind)), 4))
    except Exception as error:  # noqa: BLE001 - the process ends here, and only here the error can still be logged
        return _end_of(error, args)
    return status if isinstance(status, int) else 0


def _require_output() -> None:
    """Raise UsageError if the caller has closed standard output."""
    if sys.stdout is None:
        raise UsageError(message("standard output is closed, so the answer cannot be written"))


def _end_of(error: Exception, args: list[str]) -> int:
    """Report the error that ended the command, and return the exit status."""
    from hairpin.cli.face.output import complain, drop_output

    if isinstance(error, OSError) and drop_output():  # such as the help, which click itself writes
        complain(message("standard output cannot be written: {reason}", reason=error.strerror), stated_language(args))
        return 2
    refused = _refusal(error)
    if refused is None:
        _confess(stated_language(args), verbose="-v" in args or "--verbose" in args)
        return _tell_monitor(message("this is a bug in hairpin: {last}", last=type(error).__name__), args, 4)
    complain(refused, stated_language(args))
    return _tell_monitor(refused, args, 3)


def _tell_monitor(said: Message, args: list[str], status: int) -> int:
    """Tell a monitor, if one reads the answer, that the command ended without an answer; return the exit status."""
    options = args[: args.index("--")] if "--" in args else args
    if not any(each.startswith(_FOR_MONITORS) for each in options):
        return status
    from hairpin.cli.face.asked import Shown
    from hairpin.cli.face.watched import tell_failure

    name, *rest = command_first(args)
    command = _command(name)
    if not any("--nagios" in each.opts for each in command.params):
        return status
    context = command.make_context(name, list(rest), resilient_parsing=True)
    shown: Shown = context.params["shown"]
    # click parses no word behind a wrong one
    shown = shown._replace(brief=shown.brief or "--brief" in options, nagios=shown.nagios or "--nagios" in options)
    return tell_failure(name, context.params["asked"], shown, said, status) if shown.is_watched else status


def _refusal(error: Exception) -> Message | None:
    """Return the message about a failure of the machine, or None if the error is a bug of hairpin."""
    if isinstance(error, MemoryError):
        return message("this machine does not have enough memory for the answer")
    if isinstance(error, OSError) and error.errno in _SHORTAGES:
        where = f"{error.filename}: " if error.filename else ""
        return message(
            "this machine reported an error, and hairpin stopped: {reason}", reason=f"{where}{error.strerror}"
        )
    return None


def _occupy_standard_streams() -> None:
    """Open the null device for each standard stream that is closed.  If a standard stream stayed closed, a file could
    get the stream's descriptor."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _or_command(error: HairpinError, args: Sequence[str]) -> Message:
    """Return the error's message.  If the first word resembles a command's name, the message proposes this command."""
    if not isinstance(error, UnknownNameError) or not args or args[0] != error.name:
        return error.said
    from hairpin.question.suggest import close

    near = close(error.name, tuple(COMMANDS))
    if not near:
        return error.said
    return message("{said}; or did you mean the command {names}?", said=error.said, names=", ".join(near))


def stated_language(args: Sequence[str]) -> str | None:
    """Return the value of ``--lang`` on the command line; if the option occurs several times, the last value counts, as
    in click.  This separate search for ``--lang`` is needed because errors may occur before click has parsed the
    options."""
    options = args[: args.index("--")] if "--" in args else args
    stated: str | None = None
    for number, word in enumerate(options):
        if word == "--lang":
            stated = next(iter(options[number + 1 :]), None)
        elif word.startswith("--lang="):
            stated = word.removeprefix("--lang=")
    return stated


def _confess(lang: str | None, *, verbose: bool) -> None:
    """Write the traceback to a log file, and name this file on standard error."""
    # These modules are imported here, because `hairpin --help` does not need them.
    import tempfile
    import time
    import traceback

    from hairpin.cli.face.environment import environment
    from hairpin.cli.face.output import complain

    told = traceback.format_exc()
    if verbose and sys.stderr is not None:
        sys.stderr.write(told)
    last = told.strip().splitlines()[-1]
    complain(message("this is a bug in hairpin: {last}", last=last), lang)
    for folder in environment().folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Every user may write into the last folder.  The file's name is random, because another user could put a
            # link at a predictable name.
            name = time.strftime("hairpin-error-%Y%m%dT%H%M%SZ-", time.gmtime())
            descriptor, path = tempfile.mkstemp(prefix=name, suffix=".log", dir=folder)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"hairpin {__version__}, python {sys.version}\n{told}")
        except OSError:
            continue
        complain(message("details are in {path}", path=path), lang)
        return
