"""What the folder of a release is stamped with: the time of the commit, and the sums of its files."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

from tools.release.pinned import ROOT


def commit_time() -> int:
    """Return SOURCE_DATE_EPOCH, or else when the commit was made, in seconds since 1970."""
    stated = os.environ.get("SOURCE_DATE_EPOCH")
    command = ("git", "log", "-1", "--format=%ct")
    return int(stated or subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS, which ``sha256sum -c`` reads, with each file in the folder."""
    files = sorted(each for each in folder.rglob("*") if each.is_file() and each.name != "SHA256SUMS")
    lines = (f"{sha256(each.read_bytes()).hexdigest()}  {each.relative_to(folder)}\n" for each in files)
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
