"""Documents about the services of Compose's files."""

import json

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.compose import ComposeService, PromisedNetwork
from hairpin.host.docker import PortBinding
from hairpin.host.read.engines.compose import services
from tests.small_host import number

WEB = {
    "Engine": "docker", "User": "", "Project": "shop", "Service": "web", "Files": ["/srv/a.yml", "/srv/b.yml"],
    "Of": ["/srv/a.yml"], "Changed": 7, "Publish": ["127.0.0.1:8080:80/tcp"], "Exposes": ["90-91/udp"],
    "Networks": [{"Name": "shop_back", "Aliases": ["db"], "IPv4Address": "10.5.0.9", "IPv6Address": ""}],
    "Restart": "on-failure:3", "Mode": "", "DependsOn": ["db"], "Unclear": ["all"],
}  # fmt: skip


def test_a_service() -> None:
    (found,) = services(text_reading(json.dumps(WEB), "files", "e1"))
    assert found == ComposeService(
        "docker", "shop", "web", ("/srv/a.yml", "/srv/b.yml"), "", ("/srv/a.yml",), 7,
        (PromisedNetwork("shop_back", ("db",), number("10.5.0.9")),),
        (PortBinding("tcp", 80, 8080, number("127.0.0.1"), actual=False),), (("udp", 90), ("udp", 91)), "on-failure",
        "", ("db",), ("all",), "e1",
    )  # fmt: skip


def test_the_command_names_the_project_and_its_files() -> None:
    (found,) = services(text_reading(json.dumps(WEB), "files"))
    tool = "docker compose -p shop -f /srv/a.yml -f /srv/b.yml up -d"
    assert found.up(anew=False) == f"{tool} web"
    assert found.up(anew=True) == f"{tool} --force-recreate --no-deps web"
    (podman,) = services(text_reading(json.dumps(WEB | {"Engine": "podman"}), "files"))
    assert podman.up(anew=False, service="db").endswith("up -d db")
    assert podman.up(anew=False).startswith("podman-compose -p shop ")


def test_other_text_is_an_error() -> None:
    with pytest.raises(ParseError):
        services(text_reading("services:", "files"))
