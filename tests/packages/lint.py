"""What lintian and rpmlint say about the packages: nothing, but for what the packages explain."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.release.pinned import ROOT

RULES = ROOT / "tools" / "release" / "packages" / "rpmlint.toml"


def lintian_faults(package: Path) -> Iterator[str]:
    """Yield lintian's errors, warnings and hints."""
    command = ("lintian", "--allow-root", "--display-info", "--pedantic", "--tag-display-limit", "0", str(package))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    yield from re.findall(r"^[EWIP]: .*$", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 2):
        yield f"lintian ended with {done.returncode}: {done.stderr.strip()[-300:]}"


def rpmlint_faults(package: Path) -> Iterator[str]:
    """Yield rpmlint's errors and warnings."""
    done = subprocess.run(("rpmlint", "-c", str(RULES), str(package)), capture_output=True, text=True, check=False)
    yield from re.findall(r"^\S+: [EWI]: .*$", done.stdout, re.MULTILINE)
    if "1 packages" not in done.stdout:
        yield f"rpmlint looked at no package: {(done.stdout + done.stderr).strip()[-300:]}"
