"""The firewall managers that a lab host may run: a real firewalld with its own D-Bus, or a real ufw."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

from hairpin.errors import LabError
from hairpin.lab.engine import end
from hairpin.lab.node import Node
from hairpin.message import message

START_TIMEOUT_S = 180.0


@contextmanager
def running_firewall(host: Node, kind: Literal["", "firewalld", "ufw"]) -> Generator[None]:
    """Run the firewall in the host during the block.

    The firewall starts before dockerd, in the order of the systemd units."""
    match kind:
        case "":
            yield
        case "ufw":
            # Without --force ufw asks whether it may disrupt ssh connections.
            host.run("ufw --force enable")
            yield
        case "firewalld":
            host.run("mkdir -p /run/dbus; dbus-uuidgen --ensure")
            with (
                _daemon(host, ("dbus-daemon", "--system", "--nofork", "--nopidfile"), "/run/dbus.log"),
                _daemon(host, ("firewalld", "--nofork", "--nopid"), "/run/firewalld.log") as firewalld,
            ):
                _wait_on_bus(host, firewalld)
                yield


@contextmanager
def _daemon(host: Node, argv: tuple[str, ...], log: str) -> Generator[subprocess.Popen[str]]:
    with host.start(argv, log=log) as process:
        try:
            yield process
        finally:
            end(process)


def _wait_on_bus(host: Node, firewalld: subprocess.Popen[str]) -> None:
    """Wait until firewalld has its name on the bus.  firewalld takes the name after it has loaded its rules."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and firewalld.poll() is None:
        asked = host.run(
            "dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner"
            " string:org.fedoraproject.FirewallD1 2>/dev/null || true"
        )
        if "boolean true" in asked:
            host.run(("firewall-cmd", "--state"))
            return
        time.sleep(0.02)
    raise LabError(message("firewalld did not start in the lab host:\n{log}", log=host.run("cat /run/firewalld.log")))
