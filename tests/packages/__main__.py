"""``python -m tests.packages DIST``: each package of the release in clean roots (root).

Exit: 0 all right, 1 faults, 2 not root.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.machine.run import tell
from tests.packages.debian import SUITES, faults_in_suite
from tests.packages.lint import lintian_faults, rpmlint_faults
from tests.packages.rpms import faults_of_rpm
from tools.release.packages.deb import deb_version
from tools.release.packages.rpm import rpm_version
from tools.release.pinned import ARCHITECTURES

_INSIDE = "HAIRPIN_PACKAGES_INSIDE"
Trial = tuple[str, Callable[[], "tuple[str, ...] | Iterator[str]"]]


def trials(made: Path, suites: tuple[str, ...]) -> Iterator[Trial]:
    """Yield each trial with its name."""
    for machine, architecture in ARCHITECTURES.items():
        deb = made / f"hairpin_{deb_version()}_{architecture}.deb"
        rpm = made / f"hairpin-{rpm_version()}.{machine}.rpm"
        yield f"lintian {deb.name}", partial(lintian_faults, deb)
        yield f"rpmlint {rpm.name}", partial(rpmlint_faults, rpm)
        if machine == os.uname().machine:
            for suite in suites:
                yield f"Debian {suite}: {deb.name}", partial(faults_in_suite, suite, deb)
            yield f"a root of rpm: {rpm.name}", partial(faults_of_rpm, rpm, made)


def main(made: Path, suites: tuple[str, ...], only: str = "") -> int:
    """Try each package, and return the exit status.  ``only``: a word in the names of the trials that are wanted."""
    if os.geteuid():
        print("this needs root: it installs packages in throw-away roots")
        return 2
    if _INSIDE not in os.environ:  # all mounts end with this process
        own = ("unshare", "--mount", "--propagation", "private", sys.executable, "-m", "tests.packages")
        return subprocess.run((*own, *sys.argv[1:]), env={**os.environ, _INSIDE: "1"}, check=False).returncode
    found = ((name, tuple(trial())) for name, trial in trials(made.resolve(), suites) if only in name)
    return tell(found, _lines, lambda each: len(each[1]) > 0)


def _lines(found: tuple[str, tuple[str, ...]]) -> Iterator[str]:
    name, faults = found
    yield f"{'WRONG' if faults else 'right'}  {name}"
    yield from (f"       {each}" for each in faults)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="python -m tests.packages", description=__doc__)
    arguments.add_argument("folder", type=Path, help="the folder that `make dist` has written")
    arguments.add_argument("--suites", nargs="*", default=SUITES, help="suites of Debian")
    arguments.add_argument("--only", default="", help="a word in the names of the wanted trials")
    given = arguments.parse_args()
    sys.exit(main(given.folder, tuple(given.suites), given.only))
