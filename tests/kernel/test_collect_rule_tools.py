"""What the collector reads of the tools that make rules, under three shells: the trial of iptables, the lock, dockerd's
path."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse as host_of
from tests.waiting import HANG_S

BUSYBOX = shutil.which("busybox") or "busybox"
SHELLS = {"dash": ("dash",), "bash": ("bash",), "busybox": (BUSYBOX, "sh")}

# A program that says it is this version, and whose -C finds each rule, or only the ones that are there.
IPTABLES = """#!/bin/sh
[ "$1" = -V ] && {{ echo 'iptables v{version}'; exit; }}
[ "$1" = -C ] && exec {check}
exec iptables-nft "$@"
"""
CONFUSING, SOUND = "true", 'iptables-nft "$@"'


def program(folder: Path, name: str, text: str) -> None:
    """Write an executable script."""
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)


def collected(folder: Path, *shell: str, before: str = "") -> Evidence:
    """Return what the collector reads with these programs first on its path, in namespaces of its own in which
    nf_tables is in use."""
    ready = f"mount -t tmpfs run /run; iptables-nft -N READY; {before}\nexec {' '.join(shell)} -s"
    done = subprocess.run(
        ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "sh", "-c", ready),
        input=script(),
        capture_output=True,
        check=True,
        timeout=HANG_S,
        env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
    )
    return parse(done.stdout, hairpin="test", source="here")


TRIALS: dict[str, tuple[str, str, str | None]] = {
    "it finds each rule": ("1.8.11 (nf_tables)", CONFUSING, "taken for equal\n"),
    "it finds its own": ("1.8.11 (nf_tables)", SOUND, "told apart\n"),
    "another version is not tried": ("1.8.9 (nf_tables)", CONFUSING, None),
    "the legacy back end is not tried": ("1.8.11 (legacy)", CONFUSING, None),
}


@pytest.mark.parametrize(("version", "check", "text"), TRIALS.values(), ids=TRIALS)
@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_the_trial_of_iptables(
    tmp_path: Path, shell: tuple[str, ...], version: str, check: str, text: str | None
) -> None:
    program(tmp_path, "iptables", IPTABLES.format(version=version, check=check))
    evidence = collected(tmp_path, *shell)
    reading = evidence.find("iptables-check", "")
    assert (reading.text if reading is not None else None) == text
    saved = evidence.find("iptables-nft-save4", "host")
    assert saved is not None
    assert "-N T" not in saved.text  # the trial was not made here
    assert ":T " not in saved.text


HELD = """
: >/run/xtables.lock
flock /run/xtables.lock sleep 600 </dev/null >/dev/null 2>&1 &
while flock -n /run/xtables.lock true; do sleep 0.01; done
flock /run/xtables.lock true </dev/null >/dev/null 2>&1 &
until grep -q -- "-> .* $! " /proc/locks; do sleep 0.01; done
"""


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_the_holder_of_the_lock_and_who_waits_for_it(tmp_path: Path, shell: tuple[str, ...]) -> None:
    users = host_of(collected(tmp_path, *shell, before=HELD)).rule_tools.lock
    assert [(each.process, each.waits) for each in users] == [("flock", False), ("flock", True)]
    assert all(0 <= each.age_s < HANG_S for each in users)


def test_a_lock_that_nobody_holds(tmp_path: Path) -> None:
    evidence = collected(tmp_path, "dash", before=": >/run/xtables.lock")
    reading = evidence.find("xtables-lock", "")
    assert reading is not None
    assert host_of(evidence).rule_tools.lock == ()
    assert collected(tmp_path, "dash").find("xtables-lock", "") is None


# A process of the name of dockerd, with this path.
DOCKERD = (
    'cp "$(command -v sleep)" /run/dockerd; PATH={path} SECRET=hunter2 /run/dockerd 600 </dev/null >/dev/null 2>&1 & '
    "while ! grep -qs dockerd /proc/$!/comm; do sleep 0.01; done"
)


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_each_iptables_on_the_path_of_dockerd(tmp_path: Path, shell: tuple[str, ...]) -> None:
    own = Path(shutil.which("iptables-nft") or "").parent
    (tmp_path / "own").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "own" / "iptables").symlink_to(own / "iptables-nft")
    program(tmp_path / "other", "iptables", IPTABLES.format(version="1.4.21", check=SOUND))
    path = f"{tmp_path}/empty:{tmp_path}/other:{tmp_path}/own:{tmp_path}/own"
    evidence = collected(tmp_path, *shell, before=DOCKERD.format(path=path))
    found = host_of(evidence).rule_tools.programs
    assert found is not None
    first, second = found.found
    assert (first.path, first.version) == (f"{tmp_path}/other/iptables", "iptables v1.4.21")
    assert (second.path, second.target) == (f"{tmp_path}/own/iptables", str((own / "iptables-nft").resolve()))
    assert "(nf_tables)" in second.version
    assert not any("hunter2" in each.text or "hunter2" in each.origin for each in evidence.readings)


def test_a_single_iptables_is_not_run(tmp_path: Path) -> None:
    program(tmp_path, "iptables", "#!/bin/sh\n: >>$0.ran\n")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "iptables").symlink_to(tmp_path / "iptables")
    before = DOCKERD.format(path=f"{tmp_path}:{tmp_path}/link")
    found = host_of(collected(tmp_path / "none", "dash", before=before)).rule_tools.programs
    assert found is not None
    assert [(each.path, each.version) for each in found.found] == [(f"{tmp_path}/iptables", "")]
    assert not (tmp_path / "iptables.ran").exists()
