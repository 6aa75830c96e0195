"""The tools that build a replica.  Each tool is a process that reads standard input.

The input of these tools may come from an untrusted snapshot.  iproute2 and ipset can run programs and write files, and
iptables runs ``--modprobe``.  For safety, hairpin replaces a line that does not make a link, a rule or a set by a line
that the tool refuses.
"""

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence

from hairpin.carry.run import SEARCH_PATH, names_program
from hairpin.replica.plan.blueprint import Load

_ENVIRONMENT = {"PATH": SEARCH_PATH, "LC_ALL": "C"}
_ARGV: Mapping[str, tuple[str, ...]] = {
    "nft": ("nft", "-f", "-"),
    "nft-json": ("nft", "-j", "-f", "-"),
    "ipset": ("ipset", "restore"),
}
_NO_BATCH_LINE = re.compile(r"""[\n\r\0#]|\\$|(?:^|\s)["']""")
"""The characters that end a line, begin a comment, or quote.  Source: iproute2 lib/utils.c getcmdline(), makeargs()"""
_UNWRITABLE = "unwritable"
_FAILED_LINE = re.compile(r"^Command failed -:(\d+)", re.MULTILINE)
_SET_LINE = re.compile(r"\s*(?:#.*|(?:create|add) .*)?")
_OPTION = re.compile(r"(?:^|\s)-")
_QUOTED = re.compile(r'"[^"]*"')

_NOT_FOUND = 127
"""A shell's exit status for a missing command."""


def begin(load: Load) -> "Tool":
    """Start the tool for a load in the process's present namespace."""
    argv = _ARGV.get(load.tool, (load.tool,))
    if load.tool == "ipset":
        return Tool((*argv, "-exist") if load.again else argv, _only(load.text, _is_of_a_set))
    # iptables-restore commits table by table; without --noflush a second load removes the rules of the first load.
    kept = load.tool.startswith("ip") and not load.again
    text = load.text if load.tool.startswith("nft") else _only(load.text, lambda line: not names_program(line))
    return Tool((*argv, "--noflush") if kept else argv, text)


def _only(text: str, is_sound: Callable[[str], bool]) -> str:
    return "\n".join(line if is_sound(line) else f"--{_UNWRITABLE}" for line in text.split("\n"))


def _is_of_a_set(line: str) -> bool:
    """Return whether the line makes a set or an element.  Other commands of ipset, and its options, can write files."""
    return _SET_LINE.fullmatch(line) is not None and _OPTION.search(_QUOTED.sub("", line)) is None


def run_tool(load: Load) -> str:
    """Run the tool for a load in the process's present namespace; return the tool's error output, empty if the load
    succeeded."""
    status, said = begin(load).finish()
    return said or f"status {status}" if status else ""


def run_quietly(argv: tuple[str, ...]) -> None:
    """Run a command and ignore its result."""
    Tool(argv, "").finish()


class Tool:
    """A running tool.  The tool's input and error output are in memory.  Therefore no full pipe blocks the tool."""

    def __init__(self, argv: tuple[str, ...], text: str) -> None:
        """Start the tool in the process's present namespace."""
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
        """Wait for the tool; return its exit status and its error output."""
        status = self._process.wait() if self._process is not None else _NOT_FOUND
        with os.fdopen(self._said, "rb") as file:
            file.seek(0)
            return status, file.read().decode("utf-8", "replace").strip()


class Batch:
    """A running ``ip -batch`` or ``bridge -batch``, which continues after a refused line."""

    def __init__(self, program: tuple[str, ...], lines: Sequence[str]) -> None:
        """Start the batch in the process's present namespace."""
        text = "\n".join(_UNWRITABLE if _NO_BATCH_LINE.search(line) else line for line in lines)
        self._tool = Tool((*program, "-force", "-batch", "-"), f"{text}\n")

    def refused(self) -> list[tuple[int, str]]:
        """Return the number and the error message of each failed line, which the tool prints as ``complaint\\nCommand
        failed -:NUMBER``."""
        status, said = self._tool.finish()
        found: list[tuple[int, str]] = []
        start = 0
        for match in _FAILED_LINE.finditer(said) if status else ():
            complaint = " ".join(said[start : match.start()].split())
            if f'"{_UNWRITABLE}"' in complaint:
                complaint = "no batch of iproute2 can hold this name"
            found.append((int(match[1]), complaint.removeprefix("RTNETLINK answers: ").removeprefix("Error: ")))
            start = match.end()
        return found
