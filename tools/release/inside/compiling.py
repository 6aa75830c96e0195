"""Compiles modules for the Python that runs this: ``python -I -S compiling.py FOLDER < NAMES``.

A line of NAMES is ``module TAB path below FOLDER``.  Prints MAGIC, then a marshalled table: the compressed code of each
module by its name.
"""

import marshal
import sys
import zlib
from importlib.util import MAGIC_NUMBER
from pathlib import Path


def table(folder: Path, names: list[tuple[str, str]]) -> dict[str, bytes]:
    """Return the compressed code of each module; its file's name in tracebacks is the path below the folder."""
    codes: dict[str, bytes] = {}
    for name, path in names:
        code = compile((folder / path).read_bytes(), path, "exec", dont_inherit=True, optimize=0)
        codes[name] = zlib.compress(marshal.dumps(code), 9)
    return codes


if __name__ == "__main__":
    lines = sys.stdin.read().splitlines()
    found = table(Path(sys.argv[1]), [(name, path) for name, _, path in (each.partition("\t") for each in lines)])
    sys.stdout.buffer.write(MAGIC_NUMBER + marshal.dumps(found))
