"""hairpin as a checkout, as an installed wheel and as one file: how long each takes to start and to answer."""

import compileall
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tools.release.pinned import ROOT

_ASKED = ("check", "8151", "--snapshot", str(ROOT / "tests/fixtures/hosts/eth0-forwarding.hairpin"), "--no-replica")
_RUNS = 7


class OfForm(msgspec.Struct, frozen=True):
    """The processor time, in seconds, of ``--help`` and of one answer about a recorded host."""

    name: str
    help: float
    check: float


def of_forms() -> Iterator[OfForm]:
    """Yield each form of this commit, the checkout first.  They run in turn, so that a busy machine is so for all."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run((sys.executable, "-m", "tools.release", str(folder / "made")), cwd=ROOT, check=True)
        wheel, one_file = next((folder / "made").glob("*.whl")), folder / "made" / "hairpin.pyz"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "site")
        for each in (ROOT / "src", folder / "site"):
            compileall.compile_dir(each, quiet=1)
        _without_bytecode(one_file, folder / "plain.pyz")
        module = (sys.executable, "-m", "hairpin")
        forms: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
            "a checkout": (module, {"PYTHONPATH": str(ROOT / "src")}),
            "the wheel, installed": (module, {"PYTHONPATH": str(folder / "site")}),
            "`hairpin.pyz`": ((sys.executable, str(one_file)), {}),
            "`hairpin.pyz` without bytecode for this Python": ((sys.executable, str(folder / "plain.pyz")), {}),
        }
        spent: dict[str, list[tuple[float, float]]] = {each: [] for each in forms}
        for _ in range(_RUNS):
            for form, (command, around) in forms.items():
                spent[form].append((_spent((*command, "--help"), around), _spent((*command, *_ASKED), around)))
    for form, times in spent.items():
        yield OfForm(form, min(start for start, _ in times), min(whole for _, whole in times))


def _without_bytecode(one_file: Path, plain: Path) -> None:
    with zipfile.ZipFile(one_file) as whole, zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as copy:
        for each in whole.namelist():
            if not each.startswith("bytecode/"):
                copy.writestr(each, whole.read(each))


def _spent(command: tuple[str, ...], around: Mapping[str, str]) -> float:
    """Return the processor time of the command and of what it starts."""
    before = os.times()
    subprocess.run(command, env=os.environ | around, stdout=subprocess.DEVNULL, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
