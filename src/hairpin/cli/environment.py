"""The environment variables that all commands read, as values.  The lab reads two more: TERM and XDG_CACHE_HOME.

Imports the standard library only, since every command starts with this module.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Environment(NamedTuple):
    """The values.  ``locale``: of messages; empty if none is set.  ``plain_terminal``: the terminal knows no escape
    sequences.  ``folders``: for logs and disagreements; the first writable one is used."""

    locale: str
    plain_terminal: bool
    no_colour: bool
    folders: tuple[Path, ...]


def environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Return the values of the variables; those of this process if None.

    Source: locale(7); the NO_COLOR convention; XDG Base Directory Specification.
    """
    found = os.environ if variables is None else variables
    stated = found.get("XDG_STATE_HOME")
    base = Path(stated) if stated else Path(found.get("HOME", "/nonexistent")) / ".local" / "state"
    return Environment(
        locale=next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := found.get(name))), ""),
        plain_terminal=found.get("TERM") == "dumb",
        no_colour=bool(found.get("NO_COLOR")),
        folders=(base / "hairpin", Path(tempfile.gettempdir())),
    )
