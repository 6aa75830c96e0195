"""Runs hairpin as docker has started it: ``docker hairpin 8151``."""

import os
from collections.abc import Callable, Sequence

import click

from hairpin.cli.docker.call import METADATA, metadata, parse_call
from hairpin.cli.docker.completing import COMPLETING, completions
from hairpin.cli.docker.following import follow


def run_for_docker(
    args: list[str],
    group: click.Group,
    first: Callable[[Sequence[str]], list[str]],
    command_of: Callable[[str], click.Command],
) -> int:
    """Run hairpin as docker's plugin, and return the exit status.

    ``group``: all commands.  ``first``: puts the command in front of the words.  ``command_of``: loads a command."""
    from hairpin.cli.face.output import write

    if args[:1] == [METADATA]:
        import json

        write(json.dumps(metadata()))
        return 0
    if args[:1] and args[0] in COMPLETING:
        write(completions(group, args))
        return 0
    call = parse_call(args)
    words = first(call.words)
    reads = words[0] in group.list_commands(click.Context(group)) and _reads_hosts(words, command_of)
    followed = follow(call._replace(words=tuple(words)), os.environ, reads_hosts=reads)
    for name, value in followed.variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    status: object = group.main(
        args=list(followed.words), prog_name="docker hairpin", standalone_mode=False, obj=followed.program
    )
    return status if isinstance(status, int) else 0


def _reads_hosts(words: Sequence[str], command_of: Callable[[str], click.Command]) -> bool:
    """Return whether the command reads hosts, so that ``--host`` can name one."""
    return not {"--help", "-h"}.intersection(words) and any(
        "--host" in each.opts for each in command_of(words[0]).params
    )
