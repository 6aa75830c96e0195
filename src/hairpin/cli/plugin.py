"""``hairpin plugin``: makes ``docker hairpin`` a command of docker, for this user, and removes it."""

import os
from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options

if TYPE_CHECKING:
    from pathlib import Path

    from hairpin.message import Message


@click.group(no_args_is_help=True)
def plugin() -> None:
    """Make `docker hairpin` a command of docker, by one link in ~/.docker/cli-plugins.

    If DOCKER_CONFIG is set, the link is in $DOCKER_CONFIG/cli-plugins.  The packages for Debian and RPM bring the link
    for all users.
    """


@plugin.command("install")
@options.language
def install_(lang: str | None) -> int:
    """Link this hairpin as docker's plugin.  A file of this name that hairpin has not made stays as it is.

    Exit: 0 the link is there, 2 it could not be made.
    """
    from hairpin.cli.docker.link import install, this_file

    return _print(install(_folder(), this_file()), lang)


@plugin.command("remove")
@options.language
def remove_(lang: str | None) -> int:
    """Remove the link that `hairpin plugin install` has made.

    Exit: 0 there is none any more, 2 it could not be removed.
    """
    from hairpin.cli.docker.link import remove

    return _print(remove(_folder()), lang)


def _folder() -> "Path":
    from hairpin.cli.docker.engine import config_folder

    return config_folder(os.environ) / "cli-plugins"


def _print(done: "Message", lang: str | None) -> int:
    from hairpin.cli.face.output import words, write

    write(words(lang)(done))
    return 0
