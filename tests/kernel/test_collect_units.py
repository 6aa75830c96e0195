"""The collector's readings of units' networks: files in a mount namespace, a ``systemctl`` that prints what systemd 252
has printed, and a process of a unit in a network namespace of its own."""

import os
from pathlib import Path

from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import Evidence
from tests.kernel.test_collect_quadlets import HIDDEN, program

PRIVATE = f"[Service]\nEnvironment=A={HIDDEN}\nPrivateNetwork=yes\nExecStart=/usr/bin/x --password {HIDDEN}\n"
PROXY = (
    "[Unit]\nJoinsNamespaceOf=priv.service\n[Service]\nExecStart=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:80\n"
)
SHOWN = f"""\
MainPID=1
ExecStart={{ path=/usr/bin/x ; argv[]=/usr/bin/x --password {HIDDEN} ; ignore_errors=no ; pid=361 }}
PrivateNetwork=yes
Id=priv.service

MainPID=0
ExecStart={{ path=/usr/lib/systemd/systemd-socket-proxyd ; argv[]=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:80 ; ignore_errors=no }}
PrivateNetwork=yes
Id=prox.service
TriggeredBy=prox.socket
"""  # fmt: skip # noqa: E501 - as systemd prints it


def collected(folder: Path, **units: str) -> Evidence:
    """Return the evidence of a host with these files of units."""
    for name, text in units.items():
        (folder / f"{name}.service").write_text(text)
    program(folder / "programs", "systemctl", SHOWN)
    made = (
        "mount -t tmpfs none /run", "mkdir -p /run/systemd/system", "mount -t tmpfs none /etc/systemd/system",
        f"cp {folder}/*.service /etc/systemd/system",
    )  # fmt: skip
    shell = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c")
    path = f"{folder}/programs:{os.environ['PATH']}"
    found = collect(LocalRunner((*shell, f'{"; ".join(made)}; exec sh "$@"', "sh"), (("PATH", path),)))
    assert not any(HIDDEN in each.text + each.origin for each in found.readings if each.key.startswith("unit-"))
    return found


def test_the_lines_and_the_networks_of_units(tmp_path: Path) -> None:
    found = collected(tmp_path, priv=PRIVATE, prox=PROXY, plain="[Service]\nExecStart=/usr/bin/y\n")
    lines, networks = found.find("unit-filters", ""), found.find("unit-networks", "")
    assert lines is not None
    assert sorted(lines.text.strip().splitlines()) == [
        "/etc/systemd/system/priv.service:3:PrivateNetwork=yes",
        "/etc/systemd/system/prox.service:2:JoinsNamespaceOf=priv.service",
        "/etc/systemd/system/prox.service:4:ExecStart=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:80",
    ]
    assert networks is not None
    own, proxy = networks.text.strip().split("\n\n")
    assert "ExecStart" not in own
    assert any(line.startswith("Netns=") and line[6:].isdigit() for line in own.splitlines())
    assert "ExecStart=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:80" in proxy.splitlines()
    assert "Netns=" not in proxy


def test_a_host_without_such_units_is_asked_nothing_more(tmp_path: Path) -> None:
    found = collected(tmp_path, plain="[Service]\nExecStart=/usr/bin/y\n")
    assert found.find("unit-filters", "") is None
    assert found.find("unit-networks", "") is None
