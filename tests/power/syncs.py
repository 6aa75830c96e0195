"""The moments of a power cut: before and after each sync(1) of the program, which stands before each step, and each
system call by which a file is replaced.  What has not reached the disk by then is lost."""

from pathlib import Path
from typing import Literal

import msgspec

import hairpin.apply.hands
import hairpin.apply.program.outpost_ground
import hairpin.cli.plans.hosts
from hairpin.apply.program.outpost import Outpost, here
from hairpin.apply.program.parcel import Files, lent_files
from hairpin.cli.face.asked import Given
from hairpin.collect.run import LocalRunner
from hairpin.collect.snapshot import take
from hairpin.host.read.parse import parse
from hairpin.network.network import Network

ROOT = Path(__file__).resolve().parents[2]
Way = Literal["fix", "try", "there"]
"""Carried out here, with --try and its confirmation, or as another host's."""
HOST = (Given("host", "here"),)
_SYNC = """#!/bin/sh
label() {
    number=$(wc -l </run/labels) || number=0
    echo "$1 the sync of ${2:-all}" >>/run/labels
    if [ "$number" = "$(cat /run/stop-at)" ]; then
        echo stopped >/run/results/now
        exec sleep 3600
    fi
}
for last; do :; done
: >>/run/labels
label before "${last##*/}"
/usr/bin/sync "$@"
status=$?
label after "${last##*/}"
exit "$status"
"""


def outpost(way: Way) -> Outpost:
    """Return this host, as the way has it."""
    return Outpost(LocalRunner(), "here") if way == "there" else here()


def _outpost_there(_source: Given) -> Outpost:
    return outpost("there")


def _look(label: str, _destination: str = "") -> Network:
    return Network((parse(msgspec.structs.replace(take(), label=label)),))


def be_another_host() -> None:
    """Let the commands of this process find this host behind ``--host``."""
    setattr(hairpin.cli.plans.hosts, "outpost_of", _outpost_there)  # noqa: B010
    setattr(hairpin.apply.hands, "look_at", _look)  # noqa: B010


def stop_at(number: int) -> None:
    """Stop at the moment of this number, and say so; -1: never."""
    program = Path("/usr/local/bin/sync")
    program.write_text(_SYNC, "utf-8")
    program.chmod(0o755)
    Path("/run/stop-at").write_text(f"{number}\n", "ascii")
    Path("/run/labels").write_text("", "ascii")
    setattr(hairpin.apply.program.outpost_ground, "lent_files", _lent_files)  # noqa: B010


def _lent_files() -> Files:
    """Return the files that lend a hairpin whose writer of files has moments, too."""
    files = lent_files()
    lent = files["hairpin"].replace(b"a PYTHONPATH=", f"a PYTHONPATH={ROOT}:".encode())
    return files | {"hairpin": lent, "hairpin.1": b"tests.power.writer\n"}


def labels() -> list[str]:
    """Return the moments of this boot."""
    return Path("/run/labels").read_text("utf-8").splitlines()
