"""Runs hairpin as docker has started it: ``docker hairpin 8151``.  Answers docker's completion:
``docker-hairpin __complete hairpin WORDS… INCOMPLETE``.

Source: docker/cli cli-plugins/manager/cobra.go AddPluginCommandStubs(); spf13/cobra completions.go ShellCompDirective
"""

import os
from collections.abc import Callable, Sequence

import click
from click.shell_completion import ShellComplete

from hairpin.cli.docker.call import METADATA, NAME, metadata, parse_call
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


COMPLETING = ("__complete", "__completeNoDesc")
_NO_FILES, _FILES = 4, 0
"""The directives for docker's shell script if no word fits: do nothing, or complete the names of files."""


def completions(cli: click.Command, arguments: Sequence[str]) -> str:
    """Return the lines that docker's shell script reads: first a line for each word with its description, then a
    directive."""
    with_descriptions, words = arguments[0] == COMPLETING[0], list(arguments[2:])
    found = ShellComplete(cli, {}, NAME, "").get_completions(words[:-1], words[-1] if words else "")
    lines = [
        f"{each.value}\t{each.help}" if each.help and with_descriptions else str(each.value)
        for each in found
        if each.type == "plain"
    ]
    return "\n".join((*lines, f":{_FILES if any(each.type != 'plain' for each in found) else _NO_FILES}"))
