"""A host after its reboot: a fresh lab of the same plan with the files that the old host had on its disk.

They are loaded in the order of a boot: kernel parameters, the network, saved rules, the firewall manager, dockerd with
its containers, then the units that a repair has enabled. A kernel parameter of a link that dockerd makes is set
when the link appears (udev's 99-systemd.rules).
"""

import base64
import re
import shlex
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from hairpin.lab.build import Lab
from hairpin.lab.node import Node
from hairpin.lab.plan import HostPlan, LabPlan
from tests.score.host_state import State

_Plan = TypeVar("_Plan", bound=HostPlan)
_SAVED_RULES = {
    "/etc/iptables/rules.v4": "iptables-restore",
    "/etc/iptables/rules.v6": "ip6tables-restore",
    "/etc/sysconfig/iptables": "iptables-restore",
    "/etc/sysconfig/ip6tables": "ip6tables-restore",
    "/etc/nftables.conf": "nft -f",
}
_DAEMON = "/etc/docker/daemon.json"
_UNIT = re.compile(r"/etc/systemd/system/([^/]+\.service)")
_OF_LATE_LINK = re.compile(r"^.*conf[./](?:docker|br-)[^ ]*.*$", re.MULTILINE)


class Disk(msgspec.Struct, frozen=True):
    """What one host has written since a state: files by path (None: removed), and the units enabled among them."""

    files: Mapping[str, str | None] = {}
    enabled: frozenset[str] = frozenset()


def written(lab: Lab, since: State) -> Mapping[str, Disk]:
    """Return by host what was written on its disk since that state."""
    return {host.name: _written(host, since[f"{host.name} files"]) for host in lab.hosts}


def _written(host: Node, since: str) -> Disk:
    old = dict(_sum_and_path(line) for line in since.splitlines())
    new = dict(_sum_and_path(line) for line in host.run("find /etc -xdev -type f -exec md5sum {} +").splitlines())
    changed = [path for path in new if old.get(path) != new[path]]
    gone = [path for path in old if path.startswith("/etc/") and path not in new]
    links = host.run("find /etc/systemd/system -name '*.service' -path '*.wants/*' -printf '%f\\n'").split()
    contents = {path: host.run(("cat", path)) for path in changed}
    return Disk(contents | dict.fromkeys(gone), frozenset(links))


def _sum_and_path(line: str) -> tuple[str, str]:
    digest, _, path = line.partition(" ")
    return path.strip(), digest


def booted(plan: LabPlan, disks: Mapping[str, Disk]) -> LabPlan:
    """Return the plan of the lab as its hosts come back with these disks."""
    if plan.hosts:
        return msgspec.structs.replace(plan, hosts=tuple(_booted(host, disks) for host in plan.hosts))
    return _booted(plan, disks)


def _booted(host: _Plan, disks: Mapping[str, Disk]) -> _Plan:
    disk = disks.get(host.name, Disk())
    return msgspec.structs.replace(
        host,
        daemon=disk.files.get(_DAEMON) or host.daemon,
        before_engine=(*_restored(disk), *_sysctls(disk), *host.before_engine, *_saved_rules(disk)),
        setup=(*_late_sysctls(disk), *host.setup, *_units(disk)),
    )


def _restored(disk: Disk) -> tuple[str, ...]:
    """Return the commands that write the files; base64, so that any content passes through a shell."""
    return tuple(
        f"rm -f {shlex.quote(path)}"
        if content is None
        else f"mkdir -p {shlex.quote(path.rpartition('/')[0])}; "
        f"echo {base64.b64encode(content.encode()).decode()} | base64 -d > {shlex.quote(path)}"
        for path, content in disk.files.items()
    )


def _sysctl_files(disk: Disk) -> tuple[tuple[str, str], ...]:
    """Return path and content in the order in which systemd-sysctl reads them; sysctl.conf is its last (99-sysctl)."""
    found = [
        (path, content)
        for path, content in disk.files.items()
        if content is not None and (path.startswith("/etc/sysctl.d/") or path == "/etc/sysctl.conf")
    ]
    return tuple(sorted(found, key=lambda one: "99-sysctl.conf" if one[0] == "/etc/sysctl.conf" else one[0][14:]))


def _sysctls(disk: Disk) -> tuple[str, ...]:
    return tuple(f"sysctl -e -q -p {shlex.quote(path)}" for path, _ in _sysctl_files(disk))


def _late_sysctls(disk: Disk) -> tuple[str, ...]:
    lines = "\n".join(line for _, content in _sysctl_files(disk) for line in _OF_LATE_LINK.findall(content))
    return (f"echo {shlex.quote(lines)} | sysctl -e -q -p -",) if lines else ()


def _saved_rules(disk: Disk) -> tuple[str, ...]:
    """Return the commands that load the saved rules.  A host whose unit fails to load them boots all the same."""
    return tuple(
        f"{command} {path} || true" for path, command in _SAVED_RULES.items() if disk.files.get(path) is not None
    )


def _units(disk: Disk) -> tuple[str, ...]:
    """Return the ExecStart lines of the enabled units among the written files; ``-`` before one lets it fail."""
    found: list[str] = []
    for path, content in sorted(disk.files.items()):
        unit = _UNIT.fullmatch(path)
        if unit and content is not None and unit[1] in disk.enabled:
            lines = (line.removeprefix("ExecStart=") for line in content.splitlines() if "ExecStart=" in line)
            found += [f"{line[1:]} || true" if line.startswith("-") else line for line in lines]
    return tuple(found)
