"""The collector's reading of Quadlets: files of the system and of a made-up user in a mount namespace, with a secret in
each, and a ``systemctl`` that prints what systemd 260 has printed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse

HIDDEN = "hunter2"
WIKI = f"""\
# PublishPort=1:1
[Unit]
Description={HIDDEN}
[Container]
Image=localhost/wiki:1
ContainerName=wiki
Environment=A={HIDDEN}
PublishPort=8080:80
PublishPort=127.0.0.1:8081:81/udp
Exec=run \\
  PublishPort=2:2
[Service]
PublishPort=3:3
[Install]
WantedBy=multi-user.target default.target
"""
SHOWN = """\
Id=wiki.service
RequiredBy=
WantedBy=multi-user.target
UpheldBy=
TriggeredBy=
LoadState=loaded
ActiveState=failed
SubState=failed
NeedDaemonReload=yes
ExecMainStatus=125

Id=gone.service
RequiredBy=
WantedBy=
UpheldBy=
TriggeredBy=
LoadState=not-found
ActiveState=inactive
SubState=dead
NeedDaemonReload=no
ExecMainStatus=0
"""
ERROR = "Error: localhost/wiki:1: image not known"
USER = 54321


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    folder.joinpath(f"{name}.txt").write_text(text)
    folder.joinpath(name).write_text(f"#!/bin/sh\ncat {folder}/{name}.txt\n")
    folder.joinpath(name).chmod(0o755)


def collected(folder: Path, *before: str) -> Evidence:
    """Return the evidence of a host with these files, and of the user ann, whose manager runs."""
    folder.chmod(0o755)
    folder.joinpath("passwd").write_text(f"root:x:0:0::/root:/bin/sh\nann:x:{USER}:{USER}::{folder}/ann:/bin/sh\n")
    made = (
        f"mount --bind {folder}/passwd /etc/passwd", "mount -t tmpfs none /run", f"mkdir -p /run/user/{USER}/systemd",
        "mkdir -p /etc/containers", "mount -t tmpfs none /etc/containers", f"cp -r {folder}/files/. /etc/containers",
        *before,
    )  # fmt: skip
    shell = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c")
    path = f"{folder}/programs:{os.environ['PATH']}"
    found = collect(LocalRunner((*shell, f'{"; ".join(made)}; exec sh "$@"', "sh"), (("PATH", path),)))
    assert not any(HIDDEN in each.text + each.origin for each in found.readings)
    return found


def documents(evidence: Evidence) -> list[dict[str, Any]]:
    found = [each for each in evidence.readings if each.key == "quadlets"]
    assert all((each.outcome, each.status) == ("text", 0) for each in found)
    return [json.loads(line) for each in found for line in each.text.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.joinpath("files").mkdir()
    return tmp_path


def written(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_a_host_without_quadlets_has_no_reading(folder: Path) -> None:
    assert documents(collected(folder)) == []


def test_files_and_their_drop_ins(folder: Path) -> None:
    written(
        folder / "files" / "systemd",
        wiki_container=WIKI,
        wiki_container_d__10_conf="[Container]\nPublishPort=8082:82\nContainerName=book\n",
        below__shop_pod="[Pod]\nPublishPort=\nPublishPort=9000:80\n",
        other_kube="[Kube]\nYaml=x\nPublishPort=9001:80\nServiceName=named\n[Install]\n",
        users__hers_container="[Container]\nPublishPort=9002:80\n",
    )
    files = "/etc/containers/systemd"
    found = documents(collected(folder))
    assert [(each["User"], each["File"], each["Unit"], each["Name"], each["Publish"]) for each in found] == [
        ("", f"{files}/wiki.container", "wiki.service", "book", ["8080:80", "127.0.0.1:8081:81/udp", "8082:82"]),
        ("", f"{files}/below/shop.pod", "shop-pod.service", "systemd-shop", ["9000:80"]),
        ("", f"{files}/other.kube", "named.service", "systemd-other", ["9001:80"]),
        ("ann", f"{files}/users/hers.container", "hers.service", "systemd-hers", ["9002:80"]),
    ]
    assert [each["Install"] for each in found] == ["multi-user.target default.target", "", "", ""]
    assert not any("State" in each for each in found)


def test_the_first_folder_counts(folder: Path) -> None:
    written(folder / "files" / "systemd", wiki_container=WIKI)
    other = "mkdir -p /run/containers/systemd; echo '[Container]' >/run/containers/systemd/wiki.container"
    (found,) = documents(collected(folder, other))
    assert (found["File"], found["Publish"]) == ("/run/containers/systemd/wiki.container", [])


def test_what_systemd_tells(folder: Path) -> None:
    written(folder / "files" / "systemd", wiki_container=WIKI, gone_container="[Container]\nPublishPort=9000:80\n")
    program(folder / "programs", "systemctl", SHOWN)
    program(folder / "programs", "journalctl", f"Trying to pull\n{ERROR}\nwiki\n")
    found = collected(folder, "mkdir -p /run/systemd/system")
    gone, wiki = sorted(parse(found).quadlets, key=lambda each: each.unit)
    assert (wiki.state, wiki.exit_code, wiki.needs_reload, wiki.wanted_by, wiki.said) == (
        "failed", 125, True, ("multi-user.target",), ERROR,
    )  # fmt: skip
    assert (gone.state, gone.needs_reload, gone.wanted_by, gone.said) == ("not-found", False, (), "")


UNIT = f"""\
[Service]
Environment=A={HIDDEN}
ExecStartPre=-/usr/bin/podman rm -f wiki
ExecStart=-/usr/bin/podman --log-level=error run --rm --name wiki \\
  -p 8080:80 --publish=127.0.0.1:8081:81/udp -e A={HIDDEN} wiki:1 httpd -f -p 80
[Install]
WantedBy=multi-user.target
"""


def test_a_unit_that_a_person_wrote_is_told_if_it_has_failed(folder: Path) -> None:
    units = "/etc/systemd/system"
    written(
        folder / "units", wiki_service=UNIT, gone_service=UNIT.replace("--name wiki", ""), ssh_service="[Service]\n"
    )
    written(folder / "units", start_service="[Service]\nExecStart=/usr/bin/docker start -a book\n")
    shown = SHOWN + SHOWN.replace("wiki", "start").replace("gone", "none")
    program(folder / "programs", "systemctl", shown.replace("LoadState=not-found", "LoadState=loaded"))
    program(folder / "programs", "journalctl", f"docker: Error response from daemon: no\nA={HIDDEN}\n")
    made = (f"mkdir -p /run/systemd/system {units}", f"mount --bind {folder}/units {units}")
    found = sorted(documents(collected(folder, *made)), key=lambda each: each["Unit"])
    assert [(each["Unit"], each["Name"], each["Publish"], each["Runs"], each["Install"]) for each in found] == [
        ("start.service", "book", [], "docker start book", ""),
        ("wiki.service", "wiki", ["8080:80", "127.0.0.1:8081:81/udp"], "podman run", "multi-user.target"),
    ]
    assert {each["Said"] for each in found} == {"docker: Error response from daemon: no"}


def test_a_users_manager_is_asked_as_the_user(folder: Path) -> None:
    written(folder / "ann" / ".config" / "containers" / "systemd", wiki_container=WIKI)
    for each in folder.glob("ann/**/*"):
        each.chmod(0o755)
    program(folder / "programs", "systemctl", SHOWN)
    found = collected(folder, "mkdir -p /run/systemd/system")
    (wiki,) = parse(found).quadlets
    assert (wiki.user, wiki.file.endswith("/ann/.config/containers/systemd/wiki.container")) == ("ann", True)


KUBE = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: shop, annotations: {{ports: {HIDDEN}}}}}
spec:
  containers:
  - name: web
    env: [{{name: hostPort, value: {HIDDEN}}}]
    ports:
    - containerPort: 80   # {HIDDEN}
      hostPort: 8300
    - {{hostPort: 8301, containerPort: 53, protocol: UDP, hostIP: 127.0.0.1}}
    - containerPort: 90
    image: {HIDDEN}
  - name: side
    ports:
      - name: x
        containerPort: 81
        hostPort: "8302"
"""


def test_the_ports_of_a_kube_file_are_those_of_its_yaml(folder: Path) -> None:
    written(
        folder / "files" / "systemd",
        shop_kube="[Kube]\nYaml=shop.yaml\nPublishPort=9001:80\n",
        own_kube="[Kube]\nYaml=own.yaml\n",
        gone_kube="[Kube]\nYaml=gone.yaml\n",
    )
    written(folder / "files" / "systemd", shop_yaml=KUBE, own_yaml=KUBE.replace("spec:", "spec:\n  hostNetwork: true"))
    found = {each["Unit"]: each["Publish"] for each in documents(collected(folder))}
    assert found == {
        "shop.service": ["8300:80", "127.0.0.1:8301:53/udp", "8302:81", "9001:80"],
        "own.service": [],
        "gone.service": [],
    }


def test_a_template_stands_for_the_instances_that_systemd_has_loaded(folder: Path) -> None:
    written(
        folder / "files" / "systemd",
        **{
            "web@_container": "[Container]\nPublishPort=80%i:80\n",
            "own@_container": "[Container]\nContainerName=own-%i\nPublishPort=90%i:80\n",
            "web@82_container": "[Container]\nPublishPort=80%i:80\n",
        },
    )
    shown = "\n".join(
        f"Id={name}.service\nWantedBy=\nLoadState=loaded\nActiveState={state}\nSubState=dead\nNeedDaemonReload=no\nExecMainStatus=0\n"
        for name, state in (("web@81", "active"), ("web@82", "failed"), ("own@70", "inactive"))
    )
    program(folder / "programs", "systemctl", shown)
    found = documents(collected(folder, "mkdir -p /run/systemd/system"))
    assert sorted((each["Unit"], each["Name"], *each["Publish"], each["State"]) for each in found) == [
        ("own@70.service", "own-70", "9070:80", "inactive"),
        ("web@81.service", "systemd-web_81", "8081:80", "active"),
        ("web@82.service", "systemd-web_82", "8082:80", "failed"),
    ]


def test_a_template_without_a_manager_has_no_instance(folder: Path) -> None:
    written(folder / "files" / "systemd", **{"web@_container": "[Container]\nPublishPort=80%i:80\n"})
    assert documents(collected(folder)) == []
