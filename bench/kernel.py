"""Rules in a private network namespace of this machine's kernel, for timing iptables-save itself."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager

SAVE, RESTORE = "iptables-nft-save", "iptables-nft-restore"
LIST, LOAD = ("nft", "-j", "list", "ruleset"), ("nft", "-f", "-")


def unable() -> str:
    """Return why rules cannot be loaded here; empty when they can."""
    if os.geteuid() != 0:
        return "not root"
    absent = [tool for tool in (SAVE, RESTORE, "nft", "unshare", "nsenter") if shutil.which(tool) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


@contextmanager
def loaded(rules: str, load: tuple[str, ...] = (RESTORE,)) -> Generator[tuple[str, ...]]:
    """Load the rules into a new network namespace; yield the argv prefix that runs a command there."""
    holder = subprocess.Popen(
        ("unshare", "--net", "sh", "-c", "echo ready; exec cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()
        enter = ("nsenter", f"--net=/proc/{holder.pid}/ns/net")
        subprocess.run((*enter, *load), input=rules.encode(), check=True)
        yield enter
        holder.stdin.close()


def saved(enter: tuple[str, ...], save: tuple[str, ...] = (SAVE, "-c")) -> str:
    """Return what iptables-save (or nft) prints there."""
    return subprocess.run((*enter, *save), capture_output=True, text=True, check=True).stdout
