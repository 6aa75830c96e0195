"""The command that the user typed, with sudo, in a form that sudo can find.

sudo sets PATH anew (``secure_path``).  On some distributions, the new PATH lacks /usr/local.  So if sudo does not find
a program that pipx or pip has installed, the program is named by its path.  sudo also drops the variables that name an
engine.

Imports the standard library only, since every command starts with this folder.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_FOUND_BY_SUDO = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""The folders that each distribution's ``secure_path`` has.  Source: sudoers of Debian, Fedora and RHEL."""
_ENGINE = ("DOCKER_HOST", "CONTAINER_HOST")
"""The variables that name an engine.  A docker context needs no variable, because the collector looks up the user who
called sudo."""


def command_as_root(
    argv: Sequence[str] | None = None, variables: Mapping[str, str] | None = None, python: str | None = None
) -> str:
    """Return the command, quoted for a shell.  ``python``: the path of the interpreter.

    Without arguments, return this process's own command."""
    own, *arguments = sys.argv if argv is None else argv
    environ = os.environ if variables is None else variables
    named = [f"{name}={environ[name]}" for name in _ENGINE if environ.get(name)]
    program = _program(own, sys.executable if python is None else python, environ)
    kept = [*named, *(word for word in program if "=" in word)]
    words = [word for word in program if "=" not in word]
    return shlex.join(("sudo", *(("env", *kept) if kept else ()), *words, *arguments))


def _program(own: str, python: str, environ: Mapping[str, str]) -> list[str]:
    """Return the words that start hairpin again, with the variables that they need before them."""
    path = Path(own)
    if path.name == "__main__.py":  # python -m hairpin
        source = environ.get("PYTHONPATH")
        return [*([f"PYTHONPATH={source}"] if source else []), _found(python), "-m", path.parent.name]
    if path.suffix == ".pyz":
        return [_found(python), str(path.absolute())]
    return [_found(own)]


def _found(program: str) -> str:
    """Return the program's name if sudo finds it by its name; else its path."""
    whole = program if "/" in program else shutil.which(program) or program
    folder, name = os.path.split(whole)
    if folder in _FOUND_BY_SUDO or not folder:
        return name
    return str(Path(whole).absolute())
