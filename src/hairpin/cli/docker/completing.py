"""Answers docker's completion: ``docker-hairpin __complete hairpin WORDS… INCOMPLETE``.

Source: docker/cli cli-plugins/manager/cobra.go AddPluginCommandStubs(); spf13/cobra completions.go ShellCompDirective
"""

from collections.abc import Sequence

import click
from click.shell_completion import ShellComplete

from hairpin.cli.docker.call import NAME

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
