"""The tools that build a replica; each is a process that reads standard input."""

import os
import subprocess
from collections.abc import Mapping

from hairpin.replica.plan.blueprint import Load

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_ARGV: Mapping[str, tuple[str, ...]] = {
    "nft": ("nft", "-f", "-"),
    "nft-json": ("nft", "-j", "-f", "-"),
    "ipset": ("ipset", "restore"),
}


_NOT_FOUND = 127
"""A shell's exit status for a missing command."""


def begin(load: Load) -> "Tool":
    """Start to load it in the namespace that the process is in."""
    argv = _ARGV.get(load.tool, (load.tool,))
    if load.tool == "ipset":
        return Tool((*argv, "-exist") if load.again else argv, load.text)
    # iptables-restore commits table by table; without --noflush the next try removes the rules of an earlier one.
    kept = load.tool.startswith("ip") and not load.again
    return Tool((*argv, "--noflush") if kept else argv, load.text)


def run_tool(load: Load) -> str:
    """Load it in the namespace that the process is in; return the tool's complaint, empty if there is none."""
    status, said = begin(load).finish()
    return said or f"status {status}" if status else ""


def run_quietly(argv: tuple[str, ...]) -> None:
    """Run a command and ignore its result."""
    Tool(argv, "").finish()


class Tool:
    """A running tool.  Its input and its complaints are in memory, so that no full pipe blocks it."""

    def __init__(self, argv: tuple[str, ...], text: str) -> None:
        """Start it in the namespace that the process is in."""
        self._said = os.memfd_create("said")
        asked = os.memfd_create("asked")
        with os.fdopen(asked, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            file.flush()
            file.seek(0)
            self._process: subprocess.Popen[bytes] | None = None
            try:
                self._process = subprocess.Popen(
                    argv, stdin=file, stdout=subprocess.DEVNULL, stderr=self._said, env=_ENVIRONMENT
                )
            except FileNotFoundError:
                os.write(self._said, f"{argv[0]} is not installed".encode())

    def finish(self) -> tuple[int, str]:
        """Return exit status and complaints."""
        status = self._process.wait() if self._process is not None else _NOT_FOUND
        with os.fdopen(self._said, "rb") as file:
            file.seek(0)
            return status, file.read().decode("utf-8", "replace").strip()
