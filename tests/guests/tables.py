"""The tables of real cases (``tests/tables``) whose kernel has to have what this machine's may lack, in a guest.

``python -m tests.guests.tables [--kernel KERNEL] [WORD …]`` (root) boots a guest of that Debian kernel, 6.1 by default,
and carries out the cases of ``ipvlan`` there, or those whose names have a word.
"""

import shlex
import sys
import tempfile
from pathlib import Path

from tests.fidelity.kernels.machine import run
from tests.guests.mesh import BOOT
from tests.guests.packages import cache_folder, install_programs, kernel
from tests.tables import ipvlan
from tests.tables.__main__ import carry_out

ROOT = Path(__file__).resolve().parents[2]


def main(words: list[str]) -> int:
    """Boot a guest and judge there."""
    if words[:1] == ["--inside"]:
        return carry_out(ipvlan.CASES, words[1:])
    name = "6.1"
    if words[:1] == ["--kernel"]:
        name, words = words[1], words[2:]
    install_programs()
    assert __spec__ is not None
    command = BOOT.format(root=shlex.quote(str(ROOT)), python=shlex.quote(sys.executable), module=__spec__.name)
    command = f"{command.rstrip()} {shlex.join(words)}\n"
    with tempfile.TemporaryDirectory() as results:
        run(kernel(name, cache_folder()), command, Path(results), limit_s=3000, look=_nothing)
    return 0


def _nothing() -> None:
    pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
