"""The tools of one Debian suite: this machine's, or those of a suite installed below a directory of the cache.

Nothing of a suite is kept in this repository.  The mirror is the one that this machine's apt is configured with.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.conformance.sources import SourceUnavailableError, mirror

_PACKAGES = "iptables,nftables,ipset,ebtables,iproute2,conntrack"


class Userland(NamedTuple):
    """A suite's name and the directory it is installed in; ``root`` None: this machine itself."""

    suite: str
    root: Path | None

    def argv(self, *command: str) -> tuple[str, ...]:
        """Return the command as this process has to call it, so that the suite's program runs."""
        return command if self.root is None else ("chroot", str(self.root), *command)

    def run(self, *command: str, given: str = "") -> str:
        """Return the standard output of the suite's program; raise ToolRefusedError with its error."""
        try:
            done = subprocess.run(self.argv(*command), input=given, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise ToolRefusedError(f"{command[0]} is not installed") from error
        if done.returncode != 0:
            raise ToolRefusedError(done.stderr.strip().partition("\n")[0] or "failed")
        return done.stdout

    def version_of(self, program: str) -> str:
        """Return the version that a program of iproute2, ipset or conntrack tells: ``6.1.0``."""
        told = self.run(program, "-V" if program in ("ip", "conntrack") else "-v")
        found = re.search(r"\d+(\.\d+)+", told)
        return found[0] if found else told.strip()

    def version(self, program: str) -> str:
        """Return the program's version: ``1.8.9``."""
        return self.run(program, "--version").split()[1].lstrip("v")

    def attach(self) -> None:
        """Mount the folders that the tools read; only in a mount namespace made for the run, which ends with it."""
        if self.root is not None:
            for kind in ("proc", "sysfs"):
                place = self.root / kind.removesuffix("fs")
                subprocess.run(("mount", "-t", kind, kind, str(place)), check=True)


class ToolRefusedError(Exception):
    """A program of the suite is not there or ended with an error; says its first line."""


def here() -> Userland:
    """Return this machine's own tools, by the code name that os-release(5) gives."""
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    named = dict(line.split("=", 1) for line in lines if "=" in line)
    return Userland(named.get("VERSION_CODENAME", named["ID"]).strip('"'), None)


def installed(suite: str, at: Path) -> Userland:
    """Return the suite's tools below ``at``, fetched with debootstrap(8) if they are not there yet."""
    root = at / suite
    if not root.is_dir():
        at.mkdir(parents=True, exist_ok=True)
        partial = at / f"{suite}.partial"
        if partial.exists():
            shutil.rmtree(partial)
        argv = ("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", suite, str(partial), mirror())
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise SourceUnavailableError(f"{suite}: debootstrap is not installed") from error
        if done.returncode != 0:
            raise SourceUnavailableError(f"{suite}: {(done.stdout + done.stderr).strip().rpartition(chr(10))[2]}")
        partial.rename(root)
    return Userland(suite, root)
