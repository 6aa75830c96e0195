"""``python -m tests.fidelity.kernels [--kernels 5.10,6.1] [--pairs N] [--seed S]`` (root): ``make fidelity-kernels``.

One guest after the other; what each came to is written into docs/fidelity-kernels.md as it ends.
"""

import argparse
import shlex
import sys
import tempfile
from pathlib import Path
from secrets import randbelow

import msgspec

from tests.fidelity.kernels.hunt import Judging
from tests.fidelity.kernels.machine import GuestError, run
from tests.fidelity.kernels.packages import SUITES, Kernel, PackageError, cache_folder, install_programs, kernel
from tests.fidelity.kernels.replicas import Replicas
from tests.fidelity.kernels.report import Figures, hunt_of, store

ROOT = Path(__file__).resolve().parents[3]
_RESULTS = "/run/results"
FLOWS = 300
"""Flows of a network: more than in the hunt on the machine's own kernel, since emulated, building one takes longer."""


def main() -> int:
    """Judge the kernels; the exit status is 1 when something differs, 2 when a kernel could not be asked."""
    arguments = _arguments()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    status = 0
    try:
        install_programs()
        for name in arguments.kernels.split(","):
            sys.stdout.write(f"kernel {name}, seed {seed}\n")
            found = _judge(kernel(name, cache_folder(), arguments.mirror), seed, arguments)
            sys.stdout.write(f"kernel {name}: {_summary(found)}\n")
            status |= _differs(found)
            store(found, tuple(SUITES))
    except (PackageError, GuestError) as error:
        sys.stdout.write(f"{error}\n")
        return 2
    return status


def _judge(booted: Kernel, seed: int, arguments: argparse.Namespace) -> Figures:
    """Boot the kernel, run what was asked for, and return the figures."""
    python = f"cd {shlex.quote(str(ROOT))} && PYTHONPATH=src {shlex.quote(str(Path(sys.executable)))} -m"
    keep = arguments.keep / booted.name if arguments.keep is not None else None
    commands: list[str] = []
    if arguments.pairs:
        commands.append(f"{python} tests.fidelity.kernels.asking {_RESULTS} {seed} {arguments.flows}")
    if arguments.replicas:
        commands.append(f"{python} tests.fidelity.kernels.replicas {_RESULTS}/replicas.json")
    with tempfile.TemporaryDirectory(prefix="hairpin-kernel-") as folder:
        results = keep if keep is not None else Path(folder)
        results.mkdir(parents=True, exist_ok=True)
        replicas = results / "replicas.json"
        replicas.unlink(missing_ok=True)
        judging = Judging(results, seed, arguments.pairs, arguments.shrink, arguments.minutes * 60)
        run(booted, "\n".join(commands) + "\n", results, limit_s=arguments.limit * 60, look=judging.look)
        return Figures(
            booted.name,
            booted.release,
            hunt_of(judging.run, tuple(sorted(judging.links))) if arguments.pairs else None,
            msgspec.json.decode(replicas.read_bytes(), type=Replicas) if replicas.exists() else None,
        )


def _differs(found: Figures) -> int:
    hunt, replicas = found.hunt, found.replicas
    return int(bool((hunt is not None and hunt.differing) or (replicas is not None and replicas.differing)))


def _summary(found: Figures) -> str:
    words: list[str] = []
    if found.hunt is not None:
        words.append(f"{found.hunt.pairs} pairs, {found.hunt.differing} of {found.hunt.networks} networks disagree")
    if found.replicas is not None:
        proven = found.replicas
        words.append(f"{len(proven.differing)} of {proven.hosts} replicas disagree, {len(proven.undecided)} undecided")
    return "; ".join(words) or "nothing came back"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hold the walk against Debian's kernels.")
    parser.add_argument("--kernels", default=",".join(SUITES), help="which, by comma")
    parser.add_argument("--pairs", type=int, default=20000, help="(packet, network) pairs on each; 0: no hunt")
    parser.add_argument("--flows", type=int, default=FLOWS, help="flows of each network")
    parser.add_argument("--replicas", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--shrink", type=int, default=1, help="shrink so many of the networks that disagree")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop a hunt sooner, after so many minutes")
    parser.add_argument("--limit", type=float, default=60, help="minutes that one guest may take")
    parser.add_argument("--keep", type=Path, default=None, help="folder for what the guests print and shrink")
    parser.add_argument("--mirror", default=None, help="a Debian archive, where this machine's apt knows none")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
