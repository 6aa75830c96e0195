"""What the process was started with, as values: the only place that reads environment variables.

The standard library only: every command starts with it.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Environment(NamedTuple):
    """``locale``: the one that messages are wanted in, empty where none is set.  ``plain_terminal``: it knows no escape
    sequences.  ``folders``: where a file goes that nobody named, the first that takes it."""

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
