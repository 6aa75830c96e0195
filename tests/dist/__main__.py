"""``python -m tests.dist FILE``: the answers of the executable file in clean roots, byte for byte
beside the checkout's."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.dist.places import PLACES, Place, around, start
from tests.dist.roots import SUITES, roots
from tools.release.pinned import ROOT

HOSTS = tuple(sorted((ROOT / "tests" / "fixtures" / "hosts").glob("*.hairpin")))[1::4][:20]
ALL = (*SUITES, "busybox", "musl")
_FEW = 3
"""So many hosts are asked about under each condition; about all of them in each root as it is."""


def question(snapshot: str) -> tuple[str, ...]:
    return ("check", "8151", "--from", "192.0.2.10", "--snapshot", snapshot, "--no-replica", "--json")


def of_checkout(host: Path) -> tuple[int, bytes, bytes]:
    """Return status, output and errors of the checkout, which is asked by the same relative path."""
    command = (sys.executable, "-m", "hairpin", *question(f"hosts/{host.name}"))
    environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=host.parents[1], env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def differing(root: Path, place: Place, work: Path, told: dict[Path, tuple[int, bytes, bytes]]) -> list[str]:
    """Return a line for each host about which the file says something else."""
    found: list[str] = []
    (root / "inside").mkdir(exist_ok=True)
    for host, expected in told.items():
        command = start(root, place, question(f"hosts/{host.name}"))
        done = subprocess.run(command, env=around(work), capture_output=True, check=False)
        if (done.returncode, done.stdout, done.stderr) != expected:
            found.append(f"  {host.name}: exit {done.returncode} {done.stderr.decode(errors='replace')[:300]}")
    return found


def emulated(file: Path, work: Path, told: dict[Path, tuple[int, bytes, bytes]]) -> list[str]:
    """Return a line for each host about which the file for another machine says something else, emulated."""
    emulator = shutil.which("qemu-aarch64-static")
    if emulator is None:
        return ["  qemu-aarch64-static is missing (Debian: qemu-user-static)"]
    found: list[str] = []
    for host, expected in told.items():
        command = (emulator, str(file), *question(f"hosts/{host.name}"))
        done = subprocess.run(command, cwd=work, env=around(work), capture_output=True, check=False)
        if (done.returncode, done.stdout, done.stderr) != expected:
            found.append(f"  {host.name}: exit {done.returncode} {done.stderr.decode(errors='replace')[:300]}")
    return found


def main(dist: Path, wanted: tuple[str, ...]) -> int:
    """Try the files of the folder; return the exit status."""
    told = {host: of_checkout(host) for host in HOSTS}
    few = dict(list(told.items())[:_FEW])
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        work.chmod(0o755)
        shutil.copytree(
            HOSTS[0].parent, work / "hosts", ignore=lambda _, names: {n for n in names if n.endswith(".json")}
        )
        shutil.copy(dist / f"hairpin-{os.uname().machine}", work / "hairpin")
        (work / "root").mkdir()
        for root_name, root in roots(wanted):
            for place in PLACES:
                asked = told if place == PLACES[0] else few
                lines = differing(root, place, work, asked)
                wrong += len(lines)
                print(
                    f"{root_name}, {place.name}: {len(asked) - len(lines)} of {len(asked)} the same",
                    *lines,
                    sep="\n",
                    flush=True,
                )
        lines = emulated(dist / "hairpin-aarch64", work, told)
        wrong += len(lines)
        print(f"aarch64, emulated: {len(told) - len(lines)} of {len(told)} the same", *lines, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="python -m tests.dist", description=__doc__)
    arguments.add_argument("--dist", type=Path, default=ROOT / "dist", help="the folder that `make dist` made")
    arguments.add_argument("--roots", default=",".join(ALL), help="some of the roots, separated by commas")
    given = arguments.parse_args()
    sys.exit(main(given.dist, tuple(given.roots.split(","))))
