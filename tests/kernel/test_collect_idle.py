"""The collector's reading of rootless containers for which no engine runs: files of made-up users in a mount namespace,
with a secret in every configuration.

libpod's databases are made of its own tables and of the JSON that it keeps in them.
"""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import Evidence
from hairpin.evidence.redact import redact
from hairpin.host.read.parse import parse

HIDDEN = "hunter2"
SHOP, WIKI, GONE, BUILD = "a" * 64, "b" * 64, "c" * 64, "d" * 64
PORTS = [{"host_ip": "", "container_port": 80, "host_port": 8090, "range": 1, "protocol": "tcp"}]
TABLE = "CREATE TABLE ContainerConfig(ID TEXT PRIMARY KEY NOT NULL, Name TEXT UNIQUE NOT NULL, PodID TEXT, JSON TEXT)"
QUADLET = "[Container]\nImage=x\nEnvironment=A=hunter2\nPublishPort=8181:80\n"
UNIT = (
    "[Service]\nEnvironment=A=hunter2\nExecStart=/usr/bin/podman run \\\n\t--cidfile=%t/x -e A=hunter2 \\\n"
    "\t--name wiki \\\n\t-p 127.0.0.1:8182:80 -p 8183:81/udp image\n"
)


def config(id_: str, name: str, **further: object) -> bytes:
    """Return a container's configuration as libpod writes it, longer than two pages of a database."""
    inside = [] if name == "wiki" else [{"type": "network"}]
    spec = {"process": {"env": [f"A={HIDDEN}"], "pad": "x" * 9000}, "linux": {"namespaces": inside}}
    document = {"spec": spec, "id": id_, "name": name}
    return json.dumps(document | further, separators=(",", ":")).encode()


CONFIGS = {
    SHOP: config(SHOP, "shop", newPortMappings=PORTS, labels={"x": HIDDEN}),
    WIKI: config(WIKI, "wiki", pod="e" * 64),
    GONE: config(GONE, "gone", newPortMappings=PORTS),
}
"""The last one is no longer in the storage."""


def bolt(storage: Path) -> None:
    folder = storage / "libpod"
    folder.mkdir()
    behind = b'dependencies\x00\x07state{"state":3}'
    (folder / "bolt_state.db").write_bytes(b"".join(b"\x00\x02config" + each + behind for each in CONFIGS.values()))


def sqlite(storage: Path) -> None:
    database = sqlite3.connect(storage / "db.sql")
    database.execute(TABLE)
    database.executemany(
        "INSERT INTO ContainerConfig VALUES (?, ?, NULL, ?)",
        [(id_, json.loads(text)["name"], text.decode()) for id_, text in CONFIGS.items()],
    )
    database.commit()
    database.close()


def storage_of(home: Path) -> Path:
    """Make the storage with three containers, the last of them another tool's, and return its folder."""
    storage = home / ".local" / "share" / "containers" / "storage"
    listed = [{"id": id_, "names": [name], "metadata": HIDDEN} for id_, name in
              ((SHOP, "shop"), (WIKI, "wiki"), (BUILD, "image-working-container"))]  # fmt: skip
    (storage / "overlay-containers").mkdir(parents=True)
    (storage / "overlay-containers" / "containers.json").write_text(json.dumps(listed))
    return storage


def collected(home: Path, before: str = "true") -> Evidence:
    """Return the evidence of a host that has the user ann with this home, and no session."""
    home.parent.joinpath("passwd").write_text(f"root:x:0:0::/root:/bin/sh\nann:x:54321:54321::{home}:/bin/sh\n")
    mounts = f"mount --bind {home.parent}/passwd /etc/passwd; mount -t tmpfs none /run; mkdir /run/user; {before}"
    apart = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child")
    shell = (*apart, "sh", "-c", f'{mounts}; exec sh "$@"', "sh")
    return collect(LocalRunner(shell, (("PATH", os.environ["PATH"]),)))


def documents(evidence: Evidence) -> list[dict[str, Any]]:
    for reading in evidence.readings:
        assert HIDDEN not in reading.text + reading.origin, reading.key
    found = [each for each in evidence.readings if each.key == "rootless-containers"]
    assert all((each.outcome, each.status) == ("text", 0) for each in found)
    return [json.loads(line) for each in found for line in each.text.splitlines()]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "ann"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("database", (bolt, sqlite))
def test_podmans_storage(home: Path, database: Any) -> None:
    database(storage_of(home))
    found = collected(home)
    facts = {"User": "ann", "Uid": 54321, "Engine": "podman", "Lingers": False, "Session": "none"}
    assert documents(found) == [
        facts | {"Id": SHOP, "Name": "shop", "Ports": PORTS},
        facts | {"Id": WIKI, "Name": "wiki", "Pod": "e" * 64, "Ports": [], "HostNetwork": True},
    ]
    assert [each.name for each in parse(found).idle] == ["shop", "wiki"]


def test_without_a_database_the_ports_are_not_known(home: Path) -> None:
    storage_of(home)
    assert [each.get("Ports") for each in documents(collected(home))] == [None, None]


def test_units_of_the_user(home: Path) -> None:
    storage_of(home).joinpath("overlay-containers", "containers.json").write_text("[]")
    for folder, name, text in ((".config/containers/systemd", "blog.container", QUADLET),
                               (".config/systemd/user", "container-wiki.service", UNIT)):  # fmt: skip
        home.joinpath(folder).mkdir(parents=True)
        home.joinpath(folder, name).write_text(text)
    found = [(each["Name"], each["Unit"], each["Publish"]) for each in documents(collected(home))]
    assert found == [
        ("systemd-blog", "blog.service", ["8181:80"]),
        ("wiki", "container-wiki.service", ["127.0.0.1:8182:80", "8183:81/udp"]),
    ]


def test_dockerds_own_files(home: Path) -> None:
    folder = home / ".local" / "share" / "docker" / "containers" / SHOP
    folder.mkdir(parents=True)
    config = {"ID": SHOP, "Name": "/shop", "Config": {"Env": [HIDDEN]}, "State": {"Running": True}}
    (folder / "config.v2.json").write_text(json.dumps(config))
    ports = {"80/tcp": [{"HostIp": "", "HostPort": "8090"}]}
    (folder / "hostconfig.json").write_text(json.dumps({"PortBindings": ports, "Binds": [HIDDEN]}))
    found = collected(home)
    (document,) = documents(found)
    assert (document["User"], document["Engine"], document["Id"]) == ("ann", "docker", SHOP)
    (shop,) = parse(found).idle
    assert (shop.name, shop.engine, [each.host_port for each in shop.ports or ()][:1]) == ("shop", "docker", [8090])


LINGERING = "mount -t tmpfs none /var/lib; mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/ann"
SESSIONS: dict[str, tuple[str, bool, str]] = {
    "lingers, and did not start": (LINGERING, True, "none"),
    "a new session": ("mkdir /run/user/54321", False, "idle"),
    "no user has a session": ("rmdir /run/user", False, "none"),
    "a host without logind": ("mount --bind /dev/null $(command -v loginctl)", False, "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "lingers", "session"), SESSIONS.values(), ids=SESSIONS)
def test_the_users_session(home: Path, before: str, lingers: bool, session: str) -> None:
    bolt(storage_of(home))
    found = documents(collected(home, before))
    assert {(each["Lingers"], each["Session"]) for each in found} == {(lingers, session)}


def test_a_user_whose_containers_run_is_not_idle(home: Path) -> None:
    bolt(storage_of(home))
    start = "cp $(command -v sleep) /run/conmon; setpriv --reuid 54321 --clear-groups /run/conmon 600 &"
    running = f"{start} while ! grep -qs conmon /proc/$!/comm; do :; done"
    assert documents(collected(home, running)) == []


def test_a_user_without_containers_has_no_reading(home: Path) -> None:
    assert documents(collected(home)) == []


def test_the_names_are_redacted(home: Path) -> None:
    bolt(storage_of(home))
    kept = redact(collected(home))
    reading = kept.find("rootless-containers", "")
    assert reading is not None
    assert not any(name in reading.text for name in ("ann", "shop", "wiki"))
    assert [(each.publishes("tcp", 8090, 4, 1), each.uid) for each in parse(kept).idle] == [
        (True, 54321),
        (False, 54321),
    ]
