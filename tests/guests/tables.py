"""The tables of real cases (``tests/tables``) whose kernel has to have what this machine's may lack, in a guest.

``python -m tests.guests.tables [--kernel KERNEL] [WORD …]`` (root) boots a guest of that Debian kernel, 6.1 by default,
and carries out the cases of ``ipvlan`` there, or those whose names have a word.
"""

import shlex
import sys

from tests.guests.booting import ROOT, in_guest
from tests.guests.mesh import BOOT
from tests.tables import ipvlan
from tests.tables.__main__ import carry_out


def main(words: list[str]) -> int:
    """Boot a guest and judge there."""
    if words[:1] == ["--inside"]:
        return carry_out(ipvlan.CASES, words[1:])
    name = "6.1"
    if words[:1] == ["--kernel"]:
        name, words = words[1], words[2:]
    assert __spec__ is not None
    command = BOOT.format(root=shlex.quote(str(ROOT)), python=shlex.quote(sys.executable), module=__spec__.name)
    command = f"{command.rstrip()} {shlex.join(words)}\n"
    in_guest(name, command, limit_s=3000)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
