"""Documents about Quadlets and their units."""

import json

import msgspec
import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import Container, PortBinding
from hairpin.host.quadlet import Quadlet
from hairpin.host.read.engines.quadlets import quadlets

FILE = "/etc/containers/systemd/wiki.container"
WIKI = {
    "User": "", "File": FILE, "Unit": "wiki.service", "Name": "wiki", "Image": "localhost/wiki:1",
    "Publish": ["8080:80"], "Install": "multi-user.target", "State": "failed", "Sub": "failed", "Status": 125,
    "Reload": True, "WantedBy": "multi-user.target multi-user.target", "Said": "Error: wiki:1: image not known",
}  # fmt: skip


def read(**changed: object) -> Quadlet:
    (found,) = quadlets(text_reading(json.dumps(WIKI | changed), "systemctl show"))
    return msgspec.structs.replace(found, evidence="")


def test_a_quadlet() -> None:
    assert read() == Quadlet(
        FILE, "wiki.service", "wiki", ports=(PortBinding("tcp", 80, 8080, actual=False),),
        install=("multi-user.target",), state="failed", sub="failed", exit_code=125, needs_reload=True,
        wanted_by=("multi-user.target",), said="Error: wiki:1: image not known",
    )  # fmt: skip


def test_other_text_is_an_error() -> None:
    with pytest.raises(ParseError):
        quadlets(text_reading("wiki.container", "systemctl show"))


def test_a_unit_that_a_person_wrote_makes_no_container_by_its_label() -> None:
    made = Container("a" * 64, "wiki", "running", unit="wiki.service")
    assert read().makes(made)
    assert not read(Runs="podman run").makes(made)
