"""Runs a real dockerd in a lab host, with the plan's networks and containers.  dockerd reports by sd_notify(3) that it
is ready."""

import contextlib
import http.client
import json
import shlex
import signal
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from hairpin.errors import LabError
from hairpin.lab.node import Node, python
from hairpin.lab.plan import ContainerPlan, HostPlan
from hairpin.message import message

IMAGE = "hairpin-lab"
LOG = "/run/dockerd.log"
SOCKET = "/run/docker.sock"
PODMAN_SETTINGS = "/etc/containers/lab.conf"
"""The path of a file that a lab host has if its plan has Podman."""
PID_FILE = "/run/docker.pid"
INIT_SCRIPT = "/etc/init.d/docker"
START_TIMEOUT_S = 180.0
FIRST_FILLER_PORT = 20001


def docker_host(host: Node) -> str:
    """Return the DOCKER_HOST that reaches the lab host's engine from any mount namespace of this machine."""
    return f"unix:///proc/{host.pid}/root{SOCKET}"


@contextmanager
def running_engine(host: Node, cgroup: str, daemon: str) -> Generator[subprocess.Popen[str]]:
    """Run dockerd in the host during the block; raise LabError with the end of dockerd's log if dockerd
    does not start."""
    write(host, "/etc/docker/daemon.json", daemon)
    argv = _argv(cgroup)
    write(host, INIT_SCRIPT, _init_script(argv))
    host.run(("chmod", "755", INIT_SCRIPT))
    ready_path = "/run/dockerd-ready.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind(f"/proc/{host.pid}/root{ready_path}")
        with host.start(argv, log=LOG, variables=(("NOTIFY_SOCKET", ready_path),)) as engine:
            try:
                _wait_ready(host, engine, ready)
                yield engine
            finally:
                # dockerd has usually ended together with the host's first process.  If dockerd still runs, it now stops
                # its containers.
                end(engine)


def end(daemon: subprocess.Popen[str]) -> None:
    """End a daemon that ``Node.start`` started.

    If a change has stopped the daemon with SIGSTOP, its nsenter is stopped, too.  nsenter ends only after SIGCONT."""
    daemon.terminate()
    daemon.send_signal(signal.SIGCONT)


def _argv(cgroup: str) -> tuple[str, ...]:
    return (
        "dockerd",
        *("--exec-root", "/run/docker"),
        *("--pidfile", PID_FILE),
        *("--host", f"unix://{SOCKET}"),
        *("--exec-opt", "native.cgroupdriver=cgroupfs"),
        *("--cgroup-parent", f"/{cgroup}"),
    )


def _init_script(argv: tuple[str, ...]) -> str:
    """Return the text of the host's ``/etc/init.d/docker``.  Debian's script knows neither the lab's cgroup nor its
    socket."""
    running = f'[ -e {PID_FILE} ] && kill -0 "$(cat {PID_FILE})" 2>/dev/null'
    return f"""#!/bin/sh
### BEGIN INIT INFO
# Provides:       docker
# Required-Start: $remote_fs
# Required-Stop:  $remote_fs
# Default-Start:  2 3 4 5
# Default-Stop:   0 1 6
### END INIT INFO
case "$1" in
start)
    if {running}; then exit 0; fi
    rm -f {PID_FILE}
    setsid {shlex.join(argv)} >>{LOG} 2>&1 </dev/null &
    for try in $(seq 300); do docker info >/dev/null 2>&1 && exit 0; sleep 0.1; done
    exit 1
    ;;
stop)
    if {running}; then kill "$(cat {PID_FILE})"; fi
    for try in $(seq 300); do {running} || exit 0; sleep 0.1; done
    exit 1
    ;;
restart) "$0" stop && "$0" start ;;
status) {running} ;;
esac
"""


def _wait_ready(host: Node, engine: subprocess.Popen[str], ready: socket.socket) -> None:
    ready.settimeout(0.2)
    waited_s = 0.0
    while engine.poll() is None and waited_s < START_TIMEOUT_S:
        try:
            if b"READY=1" in ready.recv(4096):
                return
        except TimeoutError:
            waited_s += 0.2
    raise LabError(message("dockerd did not start in the lab host; the end of its log:\n{log}", log=log_tail(host)))


def log_tail(host: Node, lines: int = 15) -> str:
    """Return the last lines that dockerd logged."""
    return "\n".join(
        Path(f"/proc/{host.pid}/root{LOG}").read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    )


def write(host: Node, path: str, content: str) -> None:
    """Write a file of the host.  If its path is a symbolic link (``/etc/resolv.conf``), the link is replaced, not
    followed."""
    outer = Path(f"/proc/{host.pid}/root{path}")
    outer.parent.mkdir(parents=True, exist_ok=True)
    outer.unlink(missing_ok=True)
    outer.write_text(content, encoding="utf-8")


def populate(host: Node, plan: HostPlan, cgroup: str) -> None:
    """Create the plan's networks, start the plan's containers in order, and then start all fillers at once."""
    script = [f"{network.engine} network create {network.options} {network.name}" for network in plan.networks]
    for container in plan.containers:
        script.append(run_command(container, cgroup))
        script += [
            f"{container.engine} network connect {network} {container.name}" for network in container.networks[1:]
        ]
    if script:
        host.run("\n".join(script))
    if plan.fillers:
        host.run("\n".join(f"{run_command(filler)} &" for filler in fillers(plan.fillers)) + "\nwait")
        running = host.run("docker ps -q").split()
        if len(running) != plan.fillers + len(plan.containers):
            raise LabError(
                message(
                    "only {count} containers run in the lab host; the end of dockerd's log:\n{log}",
                    count=len(running),
                    log=log_tail(host),
                )
            )


def fillers(count: int) -> tuple[ContainerPlan, ...]:
    """Return the containers that make a host busy: filler-1 with published port 20001, filler-2 with 20002, and so
    on."""
    return tuple(
        ContainerPlan(name=f"filler-{n}", publish=(f"{FIRST_FILLER_PORT + n - 1}:80",)) for n in range(1, count + 1)
    )


def run_command(container: ContainerPlan, cgroup: str = "") -> str:
    """Return the command line that runs a container.  ``cgroup``: the parent of the container's control group under
    Podman, if it is not Podman's default."""
    published = "".join(f" -p {port}" for port in container.publish)
    network = f" --network {container.networks[0]}" if container.networks[0] != "bridge" else ""
    options = f" {container.options}" if container.options else ""
    words = f"--name {container.name}{network}{published}{options} {_service(container)}"
    if container.engine == "podman":
        parent = f" --cgroup-parent /{cgroup}" if cgroup else ""
        return f"podman run -d{parent} {words.replace(IMAGE, f'localhost/{IMAGE}')}"
    return f"docker run -d {words}"


def _service(container: ContainerPlan) -> str:
    match container.serve:
        case "http":
            # httpd runs in the background.  Therefore a fault can kill httpd, and start it at another address in the
            # same container.
            return f"{IMAGE} sh -c 'httpd -p 80 -h /www; exec sleep 1000000'"
        case "udp-echo":
            # busybox has no UDP server, so the machine's Python runs in the container, from a read-only mount of the
            # host's files.
            return f"-v /:/host:ro {IMAGE} chroot /host {' '.join(python('responder.py'))} udp 0.0.0.0 53"
        case "nothing":
            return f"{IMAGE} sleep 1000000"


def container_pid(host: Node, name: str) -> int:
    """Return the id of a container's first process in the host's PID namespace; 0 if the container does not run."""
    by_podman = Path(f"/proc/{host.pid}/root{PODMAN_SETTINGS}").exists()
    try:
        return int(json.loads(api(host, f"/containers/{name}/json"))["State"]["Pid"])
    except LabError:
        if not by_podman:
            raise
    return int(host.run(("podman", "inspect", "--type", "container", "--format", "{{.State.Pid}}", name)))


def api(host: Node, path: str) -> bytes:
    """Return the body of a GET of the host's Docker Engine API; raise LabError unless the answer is 200."""
    with contextlib.closing(_ApiConnection(docker_host(host).removeprefix("unix://"))) as connection:
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise LabError(
                message("the lab host's engine does not answer {path}: {reason}", path=path, reason=str(error))
            ) from error
    if response.status != http.HTTPStatus.OK:
        raise LabError(
            message(
                "the lab host's engine answers {path} with {status}: {said}",
                path=path,
                status=response.status,
                said=body.decode(errors="replace").strip(),
            )
        )
    return body


class _ApiConnection(http.client.HTTPConnection):
    """HTTP over the engine's socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=START_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
