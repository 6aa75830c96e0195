"""The collector's reading of Compose files, with secrets in each: a docker that prints the labels of two containers."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hairpin.collect.run import LocalRunner, collect
from tests.kernel.test_collect_quadlets import HIDDEN, program

WEB = f"""\
name: shop
x-common: &common
  restart: always
services:
  web:
    image: "nginx:1"   # {HIDDEN}
    restart: unless-stopped
    environment:
      PASSWORD: {HIDDEN}
    labels: ["secret={HIDDEN}"]
    ports:
      - "8080:80"
      - 127.0.0.1:8443:443/tcp
      - target: 9000
        published: "9001"
        protocol: udp
      - "${{PORT:-81}}:81"
      - "82"
    networks: [front, back]
    depends_on:
      db:
        condition: service_healthy
      migration:
        condition: service_completed_successfully
    command: >
      {HIDDEN}
        ports:
          - 1:1
  db:
    image: pg
    networks:
      back:
        aliases:
        - database
        - pg
        ipv4_address: 10.5.0.9
      outer: {{}}
  api:
    <<: *common
    networks: {{back: {{aliases: [x]}}}}
    ports: ["{HIDDEN}:!"]
    depends_on: [db]
  solo:
    ports: [
      "1000-1002:1000-1002",
      "7:7/udp"
    ]
  side:
    network_mode: "service:web"
networks:
  front:
  back:
    name: shop-back
  outer:
    external: true
"""
OVER = """\
services:
  solo:
    restart: "no"
    networks: [front]
    ports:
      - 7000:70
"""
DOCKER = r"""
case "$*" in
    *'ps -aq'*) echo {id} ;;
    *'inspect --type container'*) cat {folder}/container.json ;;
    *version*) echo '{{"Client":{{}},"Server":{{"Version":"20.10.24"}}}}' ;;
    *) exit 1 ;;
esac
"""
ID = "a" * 64


def documents(folder: Path, files: str, *, awk: str = "") -> dict[str, dict[str, Any]]:
    """Return what the collector says of each service, where a container's label names these files."""
    labels = {
        "com.docker.compose.project": "shop", "com.docker.compose.service": "web",
        "com.docker.compose.project.config_files": files, "com.docker.compose.project.working_dir": str(folder),
    }  # fmt: skip
    container = {"Id": ID, "Name": "/web", "State": {"Status": "running", "Pid": 0}, "Config": {"Labels": labels}}
    folder.joinpath("container.json").write_text(json.dumps(container))
    program(folder / "programs", "docker", "")
    folder.joinpath("programs", "docker").write_text("#!/bin/sh\n" + DOCKER.format(id=ID, folder=folder))
    program(folder / "programs", "curl", "")
    folder.joinpath("programs", "curl").write_text("#!/bin/sh\nexit 7\n")
    if awk:
        folder.joinpath("programs", "awk").write_text(f'#!/bin/sh\nexec {awk} "$@"\n')
        folder.joinpath("programs", "awk").chmod(0o755)
    shell = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c")
    made = 'mount -t tmpfs none /run; mkdir -p /run; python3 -c "$BIND"; exec sh "$@"'
    bind = "import socket; socket.socket(socket.AF_UNIX).bind('/run/docker.sock')"
    path = f"{folder}/programs:{os.environ['PATH']}"
    runner = LocalRunner(
        (*shell, made, "sh"), (("PATH", path), ("BIND", bind), ("DOCKER_HOST", "unix:///run/docker.sock"))
    )
    found = collect(runner)
    assert not any(HIDDEN in each.text + each.origin for each in found.readings)
    texts = [each.text for each in found.readings if each.key == "compose-files"]
    return {one["Service"]: one for text in texts for one in map(json.loads, text.splitlines())}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    tmp_path.joinpath("compose.yml").write_text(WEB)
    tmp_path.joinpath("over.yaml").write_text(OVER)
    return tmp_path


@pytest.mark.parametrize("awk", ("mawk", "gawk", "busybox awk"))
def test_services(folder: Path, awk: str) -> None:
    if not any(Path(each, awk.split(maxsplit=1)[0]).exists() for each in os.environ["PATH"].split(":")):
        pytest.skip(f"no {awk}")
    found = documents(folder, f"{folder}/compose.yml", awk=awk)
    networks = {name: [each["Name"] for each in one["Networks"]] for name, one in found.items()}
    assert networks == {
        "web": ["shop_front", "shop-back"], "db": ["shop-back", "outer"], "api": [], "solo": ["shop_default"],
        "side": [],
    }  # fmt: skip
    web, db, api = found["web"], found["db"], found["api"]
    assert web["Publish"] == ["8080:80", "127.0.0.1:8443:443/tcp", "9001:9000/udp"]
    assert (web["Exposes"], web["Restart"], web["DependsOn"]) == (["81", "82"], "unless-stopped", ["db"])
    assert db["Networks"][0] == {
        "Name": "shop-back", "Aliases": ["database", "pg"], "IPv4Address": "10.5.0.9", "IPv6Address": "",
    }  # fmt: skip
    assert (api["Unclear"], api["Publish"], api["Restart"]) == (["all", "networks", "ports"], [], "")
    assert found["solo"]["Publish"] == ["1000-1002:1000-1002", "7:7/udp"]
    assert found["side"]["Mode"] == "service:web"
    assert all(each["Files"] == [f"{folder}/compose.yml"] and each["Changed"] > 0 for each in found.values())


def test_a_later_file_adds_and_replaces(folder: Path) -> None:
    solo = documents(folder, f"{folder}/compose.yml,over.yaml")["solo"]
    assert [each["Name"] for each in solo["Networks"]] == ["shop_front"]
    assert solo["Publish"] == ["1000-1002:1000-1002", "7:7/udp", "7000:70"]
    assert (solo["Restart"], solo["Of"]) == ("no", [f"{folder}/compose.yml", f"{folder}/over.yaml"])


def test_a_label_that_names_another_file_or_none(folder: Path) -> None:
    secret = folder / "secret.txt"
    secret.write_text(WEB)
    assert documents(folder, f"{secret},{folder}/none.yml") == {}
