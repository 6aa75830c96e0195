"""The environment variables that all commands read, as values.  The lab also reads TERM and XDG_CACHE_HOME itself.

Imports the standard library only, since every command starts with this module.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Environment(NamedTuple):
    """The values of the environment variables.

    ``locale``: the locale of messages; empty if no locale is set.  ``ascii_locale``: whether the locale is C or POSIX,
    which has only ASCII characters.  ``plain_terminal``: whether the terminal knows no escape sequences.  ``folders``:
    the folders for logs and disagreements.  The first writable folder is used."""

    locale: str
    ascii_locale: bool
    plain_terminal: bool
    no_colour: bool
    folders: tuple[Path, ...]


def environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Return the values of the given environment variables.

    If None is given, return the values of this process's environment variables.

    Source: locale(7); the NO_COLOR convention; XDG Base Directory Specification.
    """
    found = os.environ if variables is None else variables
    stated = found.get("XDG_STATE_HOME")
    base = Path(stated) if stated else Path(found.get("HOME", "/nonexistent")) / ".local" / "state"
    return Environment(
        locale=next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := found.get(name))), ""),
        ascii_locale=_is_ascii(found),
        plain_terminal=found.get("TERM") == "dumb",
        no_colour=bool(found.get("NO_COLOR")),
        folders=(base / "hairpin", Path(found.get("TMPDIR") or "/tmp")),  # noqa: S108 - mkstemp(3) makes the file
    )


def _is_ascii(variables: Mapping[str, str]) -> bool:
    """Return whether the locale of characters is C or POSIX.

    LC_ALL decides.  If LC_ALL is not set, LC_CTYPE decides, and if neither is set, LANG decides.

    In the C locale, Python itself sets LC_CTYPE to C.UTF-8, so this value of LC_CTYPE is ignored and LANG decides.
    Source: PEP 538."""
    stated = (variables.get("LC_ALL"), variables.get("LC_CTYPE"), variables.get("LANG"))
    whole, of_characters, base = (each or "" for each in stated)
    if whole or of_characters not in ("", "C.UTF-8", "C.utf8", "UTF-8"):
        return (whole or of_characters) in ("C", "POSIX")
    return base in ("C", "POSIX")
