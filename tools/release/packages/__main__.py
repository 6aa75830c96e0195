"""Makes the packages of what ``make dist`` has written: ``python -m tools.release.packages FOLDER``."""

import argparse
from pathlib import Path

from tools.release.__main__ import commit_time, sums
from tools.release.packages.contents import MACHINES
from tools.release.packages.deb import write_deb
from tools.release.packages.rpm import write_rpm


def write_packages(made: Path, epoch: int) -> tuple[Path, ...]:
    """Write a package of each kind for each machine that has an executable file in the folder; return the files."""
    machines = [each for each in MACHINES if (made / f"hairpin-{each}").exists()]
    return tuple(write(each, made, epoch) for each in machines for write in (write_deb, write_rpm))


def main(made: Path) -> int:
    """Make the packages, and list them in SHA256SUMS; return the exit status."""
    written = write_packages(made, commit_time())
    (made / "SHA256SUMS").write_text(sums(made), encoding="utf-8")
    for each in written:
        print(f"{each}: {each.stat().st_size / 1e6:.1f} MB")
    if not written:
        print(f"{made} has no executable file hairpin-MACHINE: no packages")
    return int(not written)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="python -m tools.release.packages", description=__doc__)
    arguments.add_argument("folder", type=Path, help="the folder that `make dist` has written")
    raise SystemExit(main(arguments.parse_args().folder))
