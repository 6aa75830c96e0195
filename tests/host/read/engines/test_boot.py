"""How a daemon that does not run is started, and why it does not run, from what the collector wrote down."""

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.managers import Unit
from hairpin.host.read.engines.boot import boot
from hairpin.host.read.readings import Readings
from tests.host.fixture_evidence import evidence
from tests.rows import each_row

UNIT = Unit("docker.service", "failed", "enabled")
WANTED = "/etc/systemd/system/multi-user.target.wants/docker.service\n"
INIT, LINK = "/etc/init.d/docker\n", "/etc/rc2.d/S01docker\n"


def read(paths: str, *others: tuple[str, str]) -> Evidence:
    return evidence(("dockerd-boot", "", "…", paths), *((key, "", "…", text) for key, text in others))


CASES: dict[str, tuple[Evidence, tuple[Unit, ...], Boot]] = {
    "nothing starts it": (read(""), (), Boot()),
    "an init script that no runlevel starts": (read(INIT), (), Boot("sysvinit")),
    "a removed package has left its links": (
        read(INIT + LINK), (Unit("podman.service", "inactive", "disabled"),), Boot("systemd", ()),
    ),
    "a runlevel starts it": (read(INIT + LINK), (), Boot("sysvinit", ("/etc/rc2.d/S01docker",))),
    "OpenRC starts it": (
        read("/etc/runlevels/default/docker\n" + INIT), (), Boot("openrc", ("/etc/runlevels/default/docker",))),
    "a snap": (read("/snap/docker/current\n"), (), Boot("snap")),
    "systemd runs": (read(INIT), (UNIT,), Boot("systemd")),
    "systemd has its unit and ignores a runlevel": (
        read(INIT + LINK), (Unit("docker.service", "inactive", "disabled"),), Boot("systemd")),
    "systemd starts it": (
        read(INIT + LINK + WANTED), (UNIT,), Boot("systemd", (WANTED.strip(),))),
    "systemd has only the init script": (
        read(INIT + LINK), (Unit("docker.service", "inactive", "generated"),), Boot("systemd", (LINK.strip(),))),
    "systemd did not tell its units, and there is a unit file": (
        read(INIT + LINK, ("dockerd-unit", "")), (), Boot("sysvinit", traces=())),
    "flags and file": (
        read("", ("dockerd-unit", "--host=fd://\n"), ("daemon-json", '{"hosts": ["fd://"], "mtu": 1400}')), (),
        Boot(flags=(("host", "fd://"),), file=("hosts", "mtu"), traces=("e2", "e3"))),
    "its last words": (
        read("", ("dockerd-log", "failed to start daemon: x\n")), (),
        Boot(log=("failed to start daemon: x",), traces=("e2",))),
}  # fmt: skip


@each_row(("found", "units", "expected"), CASES.values(), ids=CASES)
def test_boot(found: Evidence, units: tuple[Unit, ...], expected: Boot) -> None:
    assert boot(Readings(found), units) == msgspec.structs.replace(expected, evidence="e1")


def test_a_daemon_that_runs_has_none() -> None:
    assert boot(Readings(evidence(("dockerd-cmdline", "", "/proc/9/cmdline", ""))), ()) is None


def test_a_file_that_is_no_json() -> None:
    found = boot(Readings(read("")), (), malformed=True)
    assert found is not None
    assert found.malformed


BAD_JSON = "unable to configure the daemon with file /etc/docker/daemon.json: invalid character '}' looking for"
TWICE = (
    "unable to configure the daemon with file /etc/docker/daemon.json: the following directives are specified "
    "both as a flag and in the configuration file: hosts: (from flag: [fd://], from file: [tcp://0.0.0.0:2375])"
)
NOT_READ = TWICE.replace("hosts", "log-driver")
OTHER = "failed to start daemon: Error initializing network controller: x"
FLAGS = ("dockerd-unit", "--host=fd://\n")
REASONS: dict[str, tuple[str, tuple[tuple[str, str], ...], bool]] = {
    "the file is right by now": (BAD_JSON, (("daemon-json", "{}"),), False),
    "the file is not JSON": (BAD_JSON, (("daemon-json", "{"),), True),
    "the file was not read": (BAD_JSON, (), True),
    "given twice, still": (TWICE, (FLAGS, ("daemon-json", '{"hosts": ["tcp://0.0.0.0:2375"]}')), True),
    "given twice, and taken out": (TWICE, (FLAGS, ("daemon-json", '{"mtu": 1400}')), False),
    "an option that is never read": (NOT_READ, (FLAGS, ("daemon-json", "{}")), True),
    "another reason": (OTHER, (("daemon-json", "{}"),), True),
}


@each_row(("line", "readings", "is_reason"), REASONS.values(), ids=REASONS)
def test_a_repaired_file_is_no_reason(line: str, readings: tuple[tuple[str, str], ...], is_reason: bool) -> None:
    found = boot(Readings(read("", *readings, ("dockerd-log", f"{line}\n"))), ())
    assert found is not None
    assert found.log == ((line,) if is_reason else ())
