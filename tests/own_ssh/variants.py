"""How the user came in, where the output goes, and what is killed after the last step."""

import shlex
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
TMUX = "TMUX_TMPDIR=/run/own-ssh tmux"
"""A server of the lab host's own: the machine's sockets below /tmp are seen there, too."""


class Variant(msgspec.Struct, frozen=True):
    """``ends_hairpin``: nobody is left who could tell the switch that all is well.  ``blind``: the host is not read
    anew for the verification, so that the client's acknowledgements alone decide: a plan that the walk does not
    understand."""

    user: str = "root"
    terminal: bool = True
    sudo: bool = False
    multiplexed: bool = False
    to_file: bool = False
    dies: bool = False
    ends_client: bool = False
    blind: bool = False

    @property
    def ends_hairpin(self) -> bool:
        return self.dies or self.ends_client


VARIANTS: dict[str, Variant] = {
    "terminal": Variant(),
    "no terminal": Variant(terminal=False),
    "walk sees nothing": Variant(blind=True),
    "no terminal, walk sees nothing": Variant(terminal=False, blind=True),
    "into a file, walk sees nothing": Variant(terminal=False, to_file=True, blind=True),
    "sudo": Variant(user="admin", sudo=True),
    "tmux after a reconnect": Variant(multiplexed=True),
    "output into a file": Variant(terminal=False, to_file=True),
    "hairpin killed": Variant(dies=True),
    "client killed": Variant(ends_client=True),
}


def in_python(module: str, *words: str) -> tuple[str, ...]:
    """Return the argv that runs a module of this checkout in a lab's host."""
    paths = ":".join(map(str, (ROOT / "src", ROOT)))
    return ("env", f"PYTHONPATH={paths}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m", module, *words)


def program(*words: str) -> tuple[str, ...]:
    """Return the argv of the program that runs in the host."""
    return in_python("tests.own_ssh.inside", *words)


def command(kind: str, folder: str, seconds: float, how: Variant) -> str:
    """Return the command line of the session."""
    ways = (*(("die",) if how.dies else ()), *(("blind",) if how.blind else ()))
    argv = program(kind, folder, f"{seconds}", *ways)
    line = f"cd {shlex.quote(str(ROOT))} && {shlex.join([*(('sudo', '-n') if how.sudo else ()), *argv])}"
    # A shell stays, as where a person has typed it: ssh ends with 255 for a program that a signal ends, too.
    return f"{line} >{folder}/out 2>&1; exit $?" if how.to_file else line if how.multiplexed else f"{line}; exit $?"
