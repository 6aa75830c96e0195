"""``hairpin mcp``: serves the reading commands as tools for agents."""

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from hairpin.cli.face import completion, options
from hairpin.cli.face.asked import Shown
from hairpin.message import Message, message

NEEDED = 2
"""The major version of the SDK whose interface the server uses."""


@click.command(cls=options.HairpinCommand)
@options.option(
    "Options",
    "--files",
    "folders",
    metavar="FOLDER",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    shell_complete=completion.files,
    help="Read files below it only (else the current folder); may be repeated.",
)
@options.language
def mcp(shown: Shown, folders: tuple[Path, ...]) -> int:
    """Serve check, walk, explain, events, diff, story and prove as tools, by the Model Context Protocol.

    An agent starts this command and talks to it by standard input and output.  The tools read only: none of them
    changes a host, and none repairs.  Hosts, snapshots, texts and bundles are arguments of the tools; hosts are read
    with the ssh configuration of this user.  The command needs the Python package mcp.

    Exit: 0 the client has closed standard input, 2 usage error.
    """
    import signal

    from hairpin.cli.face.output import words

    require_sdk()
    from hairpin.cli.tools.server import serve

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that running commands are ended, too
    allowed = tuple(each.resolve() for each in folders or (Path.cwd(),))
    stated = () if shown.lang is None else (f"--lang={shown.lang}",)
    serve(allowed, words(shown.lang), stated)
    return 0


def require_sdk() -> None:
    """Raise UsageError if the protocol's SDK is not installed, or has another interface."""
    from importlib.metadata import PackageNotFoundError, version

    from hairpin.errors import UsageError

    try:
        found = version("mcp")
    except PackageNotFoundError:
        found = ""
    if found.partition(".")[0] == str(NEEDED):
        return
    ways = _ways(f"'mcp>={NEEDED},<{NEEDED + 1}'")
    if not found:
        raise UsageError(message("`hairpin mcp` needs the package mcp, which is not installed; {ways}", ways=ways))
    raise UsageError(
        message("`hairpin mcp` needs version {needed} of the package mcp, and {found} is installed; {ways}",
                needed=NEEDED, found=found, ways=ways)
    )  # fmt: skip


def _ways(package: str) -> Message:
    """Return how to install the package: for the Python that runs hairpin, if this Python has pip, or with hairpin."""
    anew = message("install it together with hairpin, in a checkout, with `pipx install '.[mcp]'`")
    if find_spec("pip") is None:
        return anew
    python = shlex.quote(sys.executable)
    return message(
        "install it with `{python} -m pip install {package}`, or {anew}", python=python, package=package, anew=anew
    )
