"""The collector's readings of a container engine: by its client, or without one, and never a secret.

The engine is its API: real documents of Docker 28.5 with a secret in every place where users have theirs.
"""

import json
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer, ThreadingUnixStreamServer
from typing import Any

import pytest

from hairpin.collect.container_logs import log_word
from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import CONTAINER_LOG, Evidence, Reading
from hairpin.evidence.redact import redact
from hairpin.host.read.parse import parse

DOCUMENTS = Path(__file__).parent.parent / "fixtures" / "engine_api"
HIDDEN = "hunter2"


def documents(name: str) -> Any:
    return json.loads((DOCUMENTS / f"docker-{name}.json").read_text())


def containers() -> list[dict[str, Any]]:
    """Return the inspected containers, each with a secret wherever one could be."""
    found: list[dict[str, Any]] = documents("containers")
    for container in found:
        container["Args"] = [f"--token={HIDDEN}"]
        container["Config"] |= {
            "Env": [f"A={HIDDEN}"],
            "Labels": {HIDDEN: HIDDEN},
            "Cmd": [HIDDEN],
            "Entrypoint": [HIDDEN],
        }
        container["HostConfig"] |= {"Binds": [f"/{HIDDEN}:/x"], "LogConfig": {"Type": "x", "Config": {"key": HIDDEN}}}
        container["Mounts"] = [{"Source": f"/{HIDDEN}"}]
        container["State"]["Health"] = {"Log": [{"Output": HIDDEN}]}
        for endpoint in container["NetworkSettings"]["Networks"].values():
            endpoint["DriverOpts"] = {"password": HIDDEN, "com.docker.network.endpoint.sysctls": "net.ipv4.x=1"}
    return found


def networks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = documents("networks")
    for network in found:
        network["Labels"] = {"x": HIDDEN}
        network["Options"]["weave.password"] = HIDDEN
        network["IPAM"]["Options"] = {"secret": HIDDEN}
    return found


LOGGED = (
    "start",
    f"POSTGRES_PASSWORD={HIDDEN}",
    f"postgres://app:{HIDDEN}@db/app",
    f"Your API key is {HIDDEN}",
    f"pass: {HIDDEN}",
    f"\x1b[1mto\x1b[0mken {HIDDEN}",
    f"{HIDDEN}0123456789",
    f"Cookie: {HIDDEN}",
    f"{HIDDEN}{'a1' * 20} was made",
    "SyntaxError: Unexpected token } in JSON",
    f"\x1b[31mnc: bad address 'db'\x1b[0m{' ' * 400}{HIDDEN}",
)
"""The lines of each container's log."""


def framed(line: str) -> bytes:
    """Return the line as dockerd sends it: behind the stream, the length and the time.  Source: moby
    api/swagger.yaml ContainerAttach, stream format"""
    body = f"2026-11-28T21:51:{LOGGED.index(line):02}.123456789Z {line}\n".encode()
    return bytes((1 + LOGGED.index(line) % 2, 0, 0, 0)) + len(body).to_bytes(4, "big") + body


INFO = documents("info") | {"HttpProxy": f"http://u:{HIDDEN}@p", "Labels": [HIDDEN], "RegistryConfig": {"x": HIDDEN}}


class Api(BaseHTTPRequestHandler):
    """Answers as dockerd does, with or without the version in front of the path."""

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        if "/logs?" in self.path:
            self._answer(b"".join(map(framed, LOGGED)))
            return
        path = re.sub(r"^/v[0-9.]+", "", self.path).partition("?")[0]
        version = documents("version")["Server"]
        lists: dict[str, Any] = {
            "/_ping": "OK",
            "/info": INFO,
            "/version": version | {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24"},
            "/containers/json": [{"Id": one["Id"], "Names": [one["Name"]], "Ports": []} for one in containers()],
            "/networks": networks(),
            "/services": [
                {"ID": "s1", "Spec": {"Name": "shop"}, "ServiceStatus": {"RunningTasks": 1, "DesiredTasks": 1}}
            ],
        }
        answers = lists | {f"/containers/{one['Id']}/json": one for one in containers()}
        answers |= {f"/networks/{one['Id']}": one for one in networks()}
        self._answer(f"{json.dumps(answers[path], ensure_ascii=True)}\n".encode())  # dockerd ends each answer so

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Api-Version", "1.51")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def socket_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = str(tmp_path_factory.mktemp("engine") / "docker.sock")
    with ThreadingUnixStreamServer(path, Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield path
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module", params=("docker", "curl"))
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LocalRunner:
    """The client alone, and curl: then PATH is a folder that has every other program."""
    path = os.environ["PATH"]
    if request.param == "curl":
        folder = tmp_path_factory.mktemp("bin")
        for name in (
            "curl", "awk", "grep", "sed", "tr", "cat", "timeout", "sh", "ls", "id", "uname", "date", "mktemp", "sort",
            "tail",
        ):  # fmt: skip
            (folder / name).symlink_to(shutil.which(name) or name)
        hide = "mount -t tmpfs none /usr/local/bin; [ ! -e /usr/bin/docker ] || mount --bind /dev/null /usr/bin/docker"
        return LocalRunner(
            ("unshare", "--mount", "sh", "-c", f'{hide}; PATH={folder}; exec sh "$@"', "sh"), (("PATH", path),)
        )
    hide = '[ ! -e /usr/bin/curl ] || mount --bind /dev/null /usr/bin/curl; exec sh "$@"'
    return LocalRunner(("unshare", "--mount", "sh", "-c", hide, "sh"), (("PATH", path),))


@pytest.fixture(scope="module")
def evidence(runner: LocalRunner, socket_path: str) -> Evidence:
    """The evidence by the client alone, and by curl."""
    return collect(runner, docker_host=f"unix://{socket_path}")


def test_the_last_lines_of_a_container_have_no_secret_and_no_escape(runner: LocalRunner, socket_path: str) -> None:
    named = containers()[:2]
    words = ("key=logs", *(f"log={log_word('docker', '', one['Id'], one['Name'])}" for one in named))
    found = collect(runner, docker_host=f"unix://{socket_path}", traces=words)
    first, second = found.all(CONTAINER_LOG)
    assert [each.netns for each in (first, second)] == [
        f"container:{one['Name'].strip('/')}" for one in containers()[:2]
    ]
    assert containers()[0]["Id"] in first.origin
    start, syntax, address = first.text.splitlines()
    assert start == "2026-11-28T21:51:00.123456789Z start"
    assert syntax.endswith("Z SyntaxError: Unexpected token } in JSON")
    assert address.rstrip() == "2026-11-28T21:51:10.123456789Z nc: bad address 'db'"
    assert len(address) == 300
    assert HIDDEN not in "".join(each.text for each in found.readings)


@pytest.mark.parametrize("word", ("docker/../web", "docker/ab;id/web", "podman.no-such-user/ab/web", "docker/ab"))
def test_a_word_that_names_no_container_is_not_asked(word: str, socket_path: str) -> None:
    found = collect(LocalRunner(), docker_host=f"unix://{socket_path}", traces=("key=logs", f"log={word}"))
    assert found.all(CONTAINER_LOG) == ()


def test_a_log_that_cannot_be_read_is_absent(tmp_path: Path) -> None:
    class Refusing(Api):
        def do_GET(self) -> None:
            self.send_error(501, "configured logging driver does not support reading")

    path = str(tmp_path / "docker.sock")
    with ThreadingUnixStreamServer(path, Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found = collect(LocalRunner(), docker_host=f"unix://{path}", traces=("key=logs", "log=docker/ab12/web"))
        server.shutdown()
        thread.join()
    (reading,) = found.all(CONTAINER_LOG)
    assert (reading.outcome, reading.netns) == ("absent", "container:web")


def text_of(evidence: Evidence, key: str) -> str:
    reading = evidence.find(key, "")
    assert reading is not None
    assert (reading.outcome, reading.status) == ("text", 0), reading
    return reading.text


def lines_of(evidence: Evidence, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text_of(evidence, key).splitlines()]


def test_no_secret_is_taken(evidence: Evidence) -> None:
    for reading in evidence.readings:
        assert HIDDEN not in reading.text + reading.origin, reading.key


def test_containers_have_what_the_network_needs(evidence: Evidence) -> None:
    for taken, whole in zip(lines_of(evidence, "docker-containers"), containers(), strict=True):
        assert taken["Id"] == whole["Id"]
        assert taken["Name"] == whole["Name"]
        assert taken["State"]["Pid"] == whole["State"]["Pid"]
        assert taken["Config"]["Image"] == whole["Config"]["Image"]
        assert taken["HostConfig"]["PortBindings"] == whole["HostConfig"]["PortBindings"]
        assert taken["NetworkSettings"]["Ports"] == whole["NetworkSettings"]["Ports"]
        for name, endpoint in whole["NetworkSettings"]["Networks"].items():
            known = taken["NetworkSettings"]["Networks"][name]
            for field in ("IPAddress", "IPPrefixLen", "Gateway", "MacAddress", "NetworkID", "EndpointID", "Aliases"):
                assert known[field] == endpoint[field]
            assert known["DriverOpts"] == {"com.docker.network.endpoint.sysctls": "net.ipv4.x=1"}


def test_networks_have_what_the_bridge_needs(evidence: Evidence) -> None:
    for taken, whole in zip(lines_of(evidence, "docker-networks"), networks(), strict=True):
        for field in ("Id", "Name", "Driver", "Internal", "EnableIPv6", "Containers"):
            assert taken[field] == whole[field]
        assert taken["IPAM"]["Config"] == whole["IPAM"]["Config"]
        assert taken["Options"] == {key: value for key, value in whole["Options"].items() if key != "weave.password"}
        assert set(taken.get("Labels") or {}) <= {"com.docker.compose.project"}


def test_the_engine_itself_is_known(evidence: Evidence) -> None:
    (info,) = lines_of(evidence, "docker-info")
    assert info["ServerVersion"] == INFO["ServerVersion"]
    assert info["IPv4Forwarding"] is True
    (version,) = lines_of(evidence, "docker-version")
    assert "28.5.2" in json.dumps(version)


def test_a_process_id_of_another_namespace_is_ignored(evidence: Evidence) -> None:
    """The documents are another machine's: the processes with these ids here are no containers."""
    running = [one["Name"].lstrip("/") for one in containers()]
    for name in running:
        (reading,) = evidence.all("ip-addr", f"container:{name}")
        assert reading.outcome == "refused"
    assert text_of(evidence, "namespaces").count("\t-\t0\t") == len(running)


def test_a_manager_of_a_swarm_is_asked_for_its_services_and_its_namespaces_are_entered(socket_path: str) -> None:
    """Some containers of a swarm's manager are tasks, and all of them are looked for in their namespaces."""
    made = "mount -t sysfs none /sys; ip link add docker_gwbridge type bridge"
    runner = LocalRunner(("unshare", "--net", "--mount", "sh", "-c", f'{made}; exec sh "$@"', "sh"))
    found = collect(runner, docker_host=f"unix://{socket_path}")
    (service,) = lines_of(found, "swarm-services")
    assert service["ID"] == "s1"
    running = [one for one in containers() if one["State"]["Running"]]
    assert text_of(found, "namespaces").count("container:") >= len(running) > 0


UNREACHABLE: dict[str, tuple[str, str, str]] = {
    "another host": ("tcp://192.0.2.1:2375", "absent", "another machine's engine"),
    "gone": ("unix:///nowhere/docker.sock", "absent", "is not there"),
    "odd": ("unix:///tmp/a b.sock", "absent", "odd characters"),
}


@pytest.mark.parametrize(("docker_host", "outcome", "words"), UNREACHABLE.values(), ids=UNREACHABLE)
def test_a_socket_that_cannot_be_asked_is_a_reading(docker_host: str, outcome: str, words: str) -> None:
    evidence = collect(LocalRunner(), docker_host=docker_host)
    reading: Reading | None = evidence.find("docker-socket", "")
    assert reading is not None
    assert (reading.outcome, words in reading.text) == (outcome, True)
    assert evidence.find("docker-containers", "") is None


def stored_network(name: str, **changed: object) -> bytes:
    """Return a record of libnetwork's database as bolt keeps it: behind its key, between other bytes."""
    network = {
        "addrSpace": "LocalDefault", "id": f"{name}0123456789ab", "name": name, "networkType": "bridge",
        "generic": {"com.docker.network.generic": {"com.docker.network.bridge.name": "lo", "password": HIDDEN}},
        "ipamV4Info": '[{"IPAMData":"{\\"Gateway\\":\\"172.30.0.1/24\\",\\"Pool\\":\\"172.30.0.0/24\\"}"}]',
        "labels": {"x": HIDDEN}, "inDelete": False,
    }  # fmt: skip
    text = json.dumps(network | changed, separators=(",", ":")).encode()
    return b"\x00\x07docker/network/v1.0/network/" + name.encode() + b"/\x00\x00=\x00" + text


@pytest.fixture
def stored(tmp_path: Path) -> Evidence:
    """The evidence of a host without a daemon, whose files a daemon has left; its mounts and network are its own."""
    for number, one in enumerate(containers()):
        folder = tmp_path / "containers" / one["Id"]
        folder.mkdir(parents=True)
        (folder / "hostconfig.json").write_text(json.dumps(one.pop("HostConfig")))
        config = {"ID": one.pop("Id")} | one | {"Created": f"2026-0{number + 1}"}
        (folder / "config.v2.json").write_text(json.dumps(config))
    files = tmp_path / "network" / "files"
    files.mkdir(parents=True)
    whole = stored_network("x") + stored_network("gone", inDelete=True) + stored_network("x") + b"docker/network/v1.0/"
    (files / "local-kv.db").write_bytes(whole)
    mounts = f"mkdir -p /var/lib/docker; mount --bind {tmp_path} /var/lib/docker; mount -t tmpfs none /run"
    shell = ("unshare", "--mount", "--net", "sh", "-c", f'{mounts}; exec sh "$@"', "sh")
    return collect(LocalRunner(shell, (("PATH", os.environ["PATH"]),)))


def test_a_daemon_that_is_not_there_is_read_from_its_files(stored: Evidence) -> None:
    lines = lines_of(stored, "docker-stored-containers")
    for taken, whole in zip(lines, reversed(containers()), strict=True):
        assert (taken["Id"], taken["Name"]) == (whole["Id"], whole["Name"])
        assert taken["HostConfig"]["PortBindings"] == whole["HostConfig"]["PortBindings"]
        assert taken["NetworkSettings"]["Networks"].keys() == whole["NetworkSettings"]["Networks"].keys()
    assert [(each["name"], each.get("inDelete")) for each in lines_of(stored, "docker-stored-networks")] == [
        ("gone", True), ("x", False),
    ]  # fmt: skip
    assert text_of(stored, "docker-stored-networks").count("172.30.0.0") == 2
    for reading in stored.readings:
        assert HIDDEN not in reading.text + reading.origin, reading.key
    (network,) = (each for engine in parse(stored).engines for each in engine.networks)
    assert (network.name, network.bridge, len(network.subnets)) == ("x", "lo", 1)


def test_a_data_folder_that_no_daemon_has_used_is_no_engine() -> None:
    """A package or an administrator makes the folder; the daemon's first start makes the folder of containers."""
    mounts = "mkdir -p /var/lib/docker; mount -t tmpfs none /var/lib/docker; mount -t tmpfs none /run"
    for made, outcome in (("", "absent"), ("mkdir /var/lib/docker/containers; ", "text")):
        shell = ("unshare", "--mount", "--net", "sh", "-c", f'{mounts}; {made}exec sh "$@"', "sh")
        found = collect(LocalRunner(shell, (("PATH", os.environ["PATH"]),)))
        reading = found.find("docker-stored-containers", "")
        assert reading is not None
        assert reading.outcome == outcome


def test_the_files_are_redacted(stored: Evidence) -> None:
    names = {one["Name"].removeprefix("/") for one in containers()}
    kept = redact(stored)
    for key in ("docker-stored-containers", "docker-stored-networks"):
        reading = kept.find(key, "")
        assert reading is not None
        assert not any(f'"/{name}"' in reading.text for name in names)
        assert "172.30.0.0" not in reading.text
    assert [len(each.containers) for each in parse(kept).engines if each.kind == "docker"] == [len(names)]


def test_a_daemon_on_tcp_of_this_host_is_asked() -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found = collect(LocalRunner(), docker_host=f"tcp://localhost:{server.server_address[1]}")
        server.shutdown()
        thread.join()
    assert len(lines_of(found, "docker-containers")) == len(containers())
    assert found.find("docker-stored-containers", "") is None


@pytest.mark.parametrize("endpoint", ("tcp://192.0.2.1:2375", "192.0.2.1:2376", "ssh://root@192.0.2.1", "npipe:////x"))
def test_an_engine_of_another_machine_is_not_asked(endpoint: str) -> None:
    reading = collect(LocalRunner(), docker_host=endpoint).find("docker-socket", "")
    assert reading is not None
    assert (reading.outcome, "not asked (named by DOCKER_HOST)" in reading.text) == ("absent", True)


@pytest.mark.parametrize("state", ("listening", "running"))
def test_a_daemon_that_a_connection_would_start_is_not_asked(state: str, tmp_path: Path, socket_path: str) -> None:
    path = f"{tmp_path}/docker.sock" if state == "listening" else socket_path
    program = tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\necho 'Listen={path} (Stream)'; echo SubState={state}\n")
    program.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.bind(str(tmp_path / "docker.sock"))
        waiting.listen()
        waiting.setblocking(False)
        variables = (("PATH", f"{tmp_path}:{os.environ['PATH']}"), ("DOCKER_HOST", f"unix://{path}"))
        found = collect(LocalRunner(environment=variables))
        with pytest.raises(BlockingIOError):
            waiting.accept()
    reading = found.find("docker-socket", "")
    assert reading is not None
    assert (reading.outcome, "systemd would start it" in reading.text) == (
        ("absent", True) if state == "listening" else ("text", False)
    )


def test_a_daemon_is_not_asked_if_systemd_does_not_say_whether_a_connection_would_start_it(
    tmp_path: Path, socket_path: str
) -> None:
    program = tmp_path / "systemctl"
    program.write_text("#!/bin/sh\nexec sleep 20\n")
    program.chmod(0o755)
    variables = (("PATH", f"{tmp_path}:{os.environ['PATH']}"), ("DOCKER_HOST", f"unix://{socket_path}"))
    reading = collect(LocalRunner(environment=variables)).find("docker-socket", "")
    assert reading is not None
    assert (reading.outcome, "systemd did not say" in reading.text) == ("failed", True)


def test_a_context_names_the_engine(tmp_path: Path, socket_path: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "mine", "auths": {"r": {"auth": HIDDEN}}}))
    for folder, name, at in (("a", "other", "ssh://root@192.0.2.1"), ("b", "mine", f"unix://{socket_path}")):
        meta = tmp_path / "contexts" / "meta" / folder
        meta.mkdir(parents=True)
        context = {"Name": name, "Metadata": {"x": HIDDEN}, "Endpoints": {"docker": {"Host": at}}}
        (meta / "meta.json").write_text(json.dumps(context))
    variables = (("PATH", os.environ["PATH"]), ("DOCKER_CONFIG", str(tmp_path)))
    found = collect(LocalRunner(environment=variables))
    assert text_of(found, "docker-socket").strip() == f"unix://{socket_path} (named by docker context mine)"
    other = collect(LocalRunner(environment=(*variables, ("DOCKER_CONTEXT", "other")))).find("docker-socket", "")
    assert other is not None
    assert other.origin == "ssh://root@192.0.2.1"
    for reading in found.readings:
        assert HIDDEN not in reading.text + reading.origin, reading.key
