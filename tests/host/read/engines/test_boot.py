"""How a daemon that does not run is started, and why it does not run, from what the collector wrote down."""

import msgspec
import pytest

from hairpin.evidence.reading import Evidence
from hairpin.host.docker import Boot
from hairpin.host.managers import Unit
from hairpin.host.read.engines.boot import boot
from hairpin.host.read.readings import Readings
from tests.host.fixture_evidence import evidence

UNIT = Unit("docker.service", "failed", "enabled")
INIT, LINK = "/etc/init.d/docker\n", "/etc/rc2.d/S01docker\n"


def read(paths: str, *others: tuple[str, str]) -> Evidence:
    return evidence(("dockerd-boot", "", "…", paths), *((key, "", "…", text) for key, text in others))


CASES: dict[str, tuple[Evidence, tuple[Unit, ...], Boot]] = {
    "nothing starts it": (read(""), (), Boot()),
    "an init script that no runlevel starts": (read(INIT), (), Boot("sysvinit")),
    "a runlevel starts it": (read(INIT + LINK), (), Boot("sysvinit", ("/etc/rc2.d/S01docker",))),
    "OpenRC starts it": (
        read("/etc/runlevels/default/docker\n" + INIT), (), Boot("openrc", ("/etc/runlevels/default/docker",))),
    "a snap": (read("/snap/docker/current\n"), (), Boot("snap")),
    "systemd runs": (read(INIT), (UNIT,), Boot("systemd")),
    "flags and file": (
        read("", ("dockerd-unit", "--host=fd://\n"), ("daemon-json", '{"hosts": ["fd://"], "mtu": 1400}')), (),
        Boot(flags=(("host", "fd://"),), file=("hosts", "mtu"), traces=("e2", "e3"))),
    "its last words": (
        read("", ("dockerd-log", "failed to start daemon: x\n")), (),
        Boot(log=("failed to start daemon: x",), traces=("e2",))),
}  # fmt: skip


@pytest.mark.parametrize(("found", "units", "expected"), CASES.values(), ids=CASES)
def test_boot(found: Evidence, units: tuple[Unit, ...], expected: Boot) -> None:
    assert boot(Readings(found), units) == msgspec.structs.replace(expected, evidence="e1")


def test_a_daemon_that_runs_has_none() -> None:
    assert boot(Readings(evidence(("dockerd-cmdline", "", "/proc/9/cmdline", ""))), ()) is None


def test_a_file_that_is_no_json() -> None:
    found = boot(Readings(read("")), (), malformed=True)
    assert found is not None
    assert found.malformed
