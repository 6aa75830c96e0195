"""Runs in the host: the writer of files, with a moment before and after each system call by which it replaces one."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hairpin.carry.writer import main

_LABELS = Path("/run/labels")


def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return the call with its moments."""

    def watching(*arguments: Any, **named: Any) -> Any:
        _pass_by(f"before a file's {name}")
        found = call(*arguments, **named)
        _pass_by(f"after a file's {name}")
        return found

    return watching


def _pass_by(label: str) -> None:
    if not _LABELS.exists():  # what the last boot has left is settled
        return
    number = len(_LABELS.read_text("utf-8").splitlines())
    with _LABELS.open("a", encoding="utf-8") as labels:
        labels.write(f"{label}\n")
    if number == int(Path("/run/stop-at").read_text("ascii")):
        Path("/run/results/now").write_text("stopped\n", "ascii")
        time.sleep(3600)


if __name__ == "__main__":
    for owner, name in ((os, "fsync"), (os, "ftruncate"), (os, "fchmod"), (Path, "replace"), (Path, "unlink")):
        setattr(owner, name, watched(name, getattr(owner, name)))
    sys.exit(main())
