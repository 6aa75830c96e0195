"""The containers of a host: the command that runs one, and what the engines say of those that run."""

import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.lab.image import root_file_system
from hairpin.lab.node import Node
from tests.hunt.real.flows import SCRIPT, Box
from tests.today import guest
from tests.today.machine import TodayHost
from tests.today.roots import USERS_DOCKER

Engine = Literal["docker", "podman", "rootless", "rootless docker", "guest"]
"""``rootless``: Podman of the host's person; ``rootless docker``: this person's dockerd; ``guest``: no engine at all,
but a named namespace in the bridge, or by the plug-ins, of another manager."""
IMAGE = "app"
_PROGRAMS = "-v /usr:/usr:ro -v /run/talk/exchange.py:/exchange.py:ro"
_SERVED = "tcp/80 udp/53"


class Port(msgspec.Struct, frozen=True):
    """A published port: the host's address (empty: all), its port and protocol."""

    address: str
    port: int
    protocol: str


SERVED = (Port("", 80, "tcp"), Port("", 53, "udp"))
"""What each container serves: the page that names it, and an echo as of a resolver."""


class Running(msgspec.Struct, frozen=True):
    """A running container: its engine, its place among the host's flows, its published ports, its name servers."""

    engine: Engine
    box: Box
    ports: tuple[Port, ...]
    servers: tuple[str, ...]
    on_host: bool


def run_box(name: str, *publish: str, options: str = "", command: str = "podman", serve: str = _SERVED) -> str:
    """Return the command that runs a container which serves by its name."""
    ports = "".join(f" -p {each}" for each in publish)
    return (
        f"{command} run -d --name {name}{ports} {options} {_PROGRAMS} {IMAGE}"
        f" python3 -I -S /exchange.py serve {name} {serve}"
    )


def run_guest(name: str, *how: str, after: str = "") -> str:
    """Return the command that makes a guest and lets it come back at each boot.  ``how``: the words of ``guest``;
    ``after``: the unit that makes its bridge."""
    unit = (
        f"[Unit]\\nAfter=network.target {after}\\n[Service]\\nType=notify\\nNotifyAccess=all\\n"
        f"ExecStart=/usr/bin/python3 -I -S /run/talk/guest.py {name} {' '.join(how)}\\n"
        "[Install]\\nWantedBy=multi-user.target\\n"
    )
    path = f"/etc/systemd/system/guest-{name}.service"
    return f"printf '{unit}' >{path}; systemctl enable -q --now guest-{name}.service"


def write_image(host: TodayHost) -> None:
    """Write the image's files and the script of its containers where the host sees them."""
    buffer = io.BytesIO(root_file_system())
    with tarfile.open(fileobj=buffer, mode="a") as tar:
        for name in ("lib", "lib64"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(entry)
        entry = tarfile.TarInfo("usr")
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(entry)
    (host.talk / "image.tar").write_bytes(buffer.getvalue())
    (host.talk / "exchange.py").write_bytes(SCRIPT.read_bytes())
    (host.talk / "guest.py").write_bytes(Path(guest.__file__).read_bytes())


def running(host: TodayHost, engines: tuple[Engine, ...]) -> Mapping[str, Running]:
    """Return the running containers by ``container:NAME``, and guests by ``netns:NAME``."""
    found: dict[str, Running] = {}
    for engine in engines:
        for name, pid, ports, own in _listed(host, engine):
            node = Node(name, host.node.pid, ("nsenter", f"--net=/proc/{host.node.pid}/root/proc/{pid}/ns/net", "--"))
            listed = json.loads(node.run(("ip", "-j", "address"))) if own else []
            addresses = tuple(
                each["local"]
                for link in listed
                for each in link["addr_info"]
                if each["scope"] == "global" and link["ifname"] != "lo"
            )
            is_guest = engine == "guest"
            files = f"/etc/netns/{name}/resolv.conf" if is_guest else f"/proc/{pid}/root/etc/resolv.conf"
            text = host.must(f"cat {files} 2>/dev/null || true")
            servers = tuple(re.findall(r"^nameserver (\S+)", text, re.MULTILINE))
            box = Box(name, host.node, pid, addresses)
            found[f"{'netns' if is_guest else 'container'}:{name}"] = Running(engine, box, ports, servers, not own)
    return found


def _listed(host: TodayHost, engine: Engine) -> Iterator[tuple[str, int, tuple[Port, ...], bool]]:
    """Yield name, process, published ports, and whether the network is its own."""
    if engine == "guest":
        for name in host.must("cd /run/guests && ls -1 | grep -v [.]").split():
            mapped = json.loads(host.must(f"cat /run/guests/{name}"))
            published = tuple(Port(each.get("hostIP", ""), each["hostPort"], each["protocol"]) for each in mapped)
            pids = host.must(f"ip netns pids {name}").split()
            if pids:
                yield name, int(pids[0]), published, True
        return
    if engine in ("docker", "rootless docker"):
        asked = "docker" if engine == "docker" else USERS_DOCKER
        ready = f"until {asked} info >/dev/null 2>&1; do sleep 0.2; done"  # the person's session begins beside the boot
        for each in json.loads(host.must(f"{ready}; {asked} ps -q | xargs -r {asked} inspect") or "[]"):
            ports = each["NetworkSettings"]["Ports"] or {}
            published = tuple(
                Port(one["HostIp"], int(one["HostPort"]), inside.partition("/")[2])
                for inside, bound in ports.items()
                for one in bound or ()
            )
            own = each["HostConfig"]["NetworkMode"] != "host"
            yield each["Name"].removeprefix("/"), each["State"]["Pid"], published, own
        return
    ask = host.user if engine == "rootless" else host.must
    modes = dict[str, str]()
    for each in json.loads(ask("podman ps -q | xargs -r podman inspect --type container") or "[]"):
        modes[each["Name"]] = each["HostConfig"]["NetworkMode"]
    for each in json.loads(ask("podman ps --format json") or "[]"):
        published = tuple(
            Port(one["host_ip"], one["host_port"] + number, one["protocol"])
            for one in each["Ports"] or ()
            for number in range(one.get("range", 1))
        )
        name = each["Names"][0]
        yield name, each["Pid"], published, modes.get(name) != "host"
