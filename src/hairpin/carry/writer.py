"""Replaces one file for ``apply.sh``.  A rename by a shell would lose the file's metadata, or separate its hard links.

``python -m hairpin.carry.writer`` reads the act as JSON from standard input.  Exit status: 0 if the file was replaced;
3 if it is unchanged, and then standard error says why.
"""

import sys

import msgspec

from hairpin.carry.act import Replace
from hairpin.carry.files import replace_file

_REFUSED = 3


def main() -> int:
    """Replace the file that standard input names; return the exit status."""
    complaint = replace_file(msgspec.json.decode(sys.stdin.buffer.read(), type=Replace))
    if complaint is None:
        return 0
    sys.stderr.write(f"{complaint}\n")
    return _REFUSED


if __name__ == "__main__":
    sys.exit(main())
