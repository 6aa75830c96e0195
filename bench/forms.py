"""Each form of hairpin: its size, and how long it takes to start and to answer."""

import compileall
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from hairpin.lab.build import running_lab
from hairpin.lab.node import Node
from hairpin.lab.plan import LabPlan
from tests.forms.__main__ import MACHINE, forms_of, in_image
from tools.release.pinned import ARCHITECTURES, ROOT

_ASKED = ("check", "8151", "--snapshot", str(ROOT / "tests/fixtures/hosts/eth0-forwarding.hairpin"), "--no-replica")
_RUNS = 7
CHECKOUT = "a checkout"
WHEEL = "the wheel, installed"
PYZ = "`hairpin.pyz`"
FILE = "the executable file"
PLUGIN = "`docker hairpin`, by the executable file"
IMAGE = "the image"


class OfForm(msgspec.Struct, frozen=True):
    """The cost of a form.  ``help``, ``check``: the processor time, in seconds, of ``--help`` and of one answer about a
    recorded host.

    ``live_help``, ``live_check``: the elapsed seconds of both on a lab host, without the replica; None for a form that
    was not started.  ``size``: in bytes; 0 if it is not one file."""

    name: str
    size: int
    help: float | None
    check: float | None
    live_help: float | None = None
    live_check: float | None = None


def of_forms() -> Iterator[OfForm]:
    """Yield each form of this commit, the checkout first.  They run in turn, so that a busy machine is so for all."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = folder / "made"
        subprocess.run((sys.executable, "-m", "tools.release", str(made)), cwd=ROOT, check=True)
        spent = _recorded(made, folder)
        files = forms_of(made, folder / "installed")
        lived = dict(_live(files, made / f"hairpin-image-{MACHINE}.tar"))
        sizes = {
            WHEEL: next(made.glob("*.whl")), PYZ: made / "hairpin.pyz", FILE: made / f"hairpin-{MACHINE}",
            IMAGE: made / f"hairpin-image-{MACHINE}.tar",
            "the package for Debian": next(made.glob(f"*_{ARCHITECTURES[MACHINE]}.deb")),
            "the package for RPM": next(made.glob(f"*.{MACHINE}.rpm")),
        }  # fmt: skip
        for form in dict.fromkeys((*spent, *lived, *sizes)):
            size = sizes[form].stat().st_size if form in sizes else 0
            yield OfForm(form, size, *spent.get(form, (None, None)), *lived.get(form, (None, None)))


def _live(files: Mapping[str, tuple[str, ...]], image: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the elapsed seconds of each form on a lab host with ten containers."""
    with running_lab(LabPlan(fillers=9)) as lab:
        lab.host.run(("docker", "load", "-q", "-i", str(image)))
        started = {
            CHECKOUT: (sys.executable, "-m", "hairpin"), FILE: files["file"], PLUGIN: files["plugin"],
            IMAGE: in_image(lab.host, "docker"),
        }  # fmt: skip
        spent: dict[str, list[tuple[float, float]]] = {each: [] for each in started}
        for _ in range(_RUNS):
            for form, start in started.items():
                asked = (("--help",), ("check", "8151", "--from", "192.0.2.10", "--no-replica"))
                help_, check = (_elapsed(lab.host, (*start, *words)) for words in asked)
                spent[form].append((help_, check))
    yield from _least(spent).items()


def _least(spent: Mapping[str, list[tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """Return the least time of each form's starts, and of its answers."""
    return {form: (min(start for start, _ in times), min(whole for _, whole in times)) for form, times in spent.items()}


def _elapsed(host: Node, words: tuple[str, ...]) -> float:
    began = time.monotonic()
    host.run(("env", f"PYTHONPATH={ROOT / 'src'}", *words), timeout_s=60)
    return time.monotonic() - began


def _recorded(made: Path, folder: Path) -> dict[str, tuple[float, float]]:
    """Return the processor time of each form that is started by a command."""
    wheel, one_file = next(made.glob("*.whl")), made / "hairpin.pyz"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    for each in (ROOT / "src", folder / "site"):
        compileall.compile_dir(each, quiet=1)
    _without_bytecode(one_file, folder / "plain.pyz")
    module = (sys.executable, "-m", "hairpin")
    forms: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
        CHECKOUT: (module, {"PYTHONPATH": str(ROOT / "src")}),
        WHEEL: (module, {"PYTHONPATH": str(folder / "site")}),
        PYZ: ((sys.executable, str(one_file)), {}),
        "`hairpin.pyz` without bytecode for this Python": ((sys.executable, str(folder / "plain.pyz")), {}),
        FILE: ((str(made / f"hairpin-{MACHINE}"),), {}),
    }
    spent: dict[str, list[tuple[float, float]]] = {each: [] for each in forms}
    for _ in range(_RUNS):
        for form, (command, around) in forms.items():
            spent[form].append((_spent((*command, "--help"), around), _spent((*command, *_ASKED), around)))
    return _least(spent)


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
