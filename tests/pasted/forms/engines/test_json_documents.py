"""Documents of engines: whole ones tell what the snapshot tells, cut ones less, and never something else."""

import pytest

from hairpin.evidence import file
from hairpin.host.docker import Container
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, containers_in, evidence_in_text, host_in, keys_in, output_of
from tests.rows import each_row

FIELDS = ("name", "id", "status", "image", "network_mode", "bindings", "exposed", "endpoints", "restart_policy", "pid")


@pytest.mark.parametrize(
    ("engine", "command"),
    (
        ("docker", "docker inspect web front"),
        ("docker", "docker inspect none1 hostnet"),
        ("podman", "podman inspect web"),
    ),
)
def test_the_law_of_inspected_containers(engine: str, command: str) -> None:
    known = {each.name: each for each in parse(file.read(RECORDED / f"{engine}.hairpin")).containers()}
    found = containers_in(output_of(f"{engine}.txt", command))
    assert found
    for name, each in found.items():
        assert {field: getattr(each, field) for field in FIELDS} == {
            field: getattr(known[name], field) for field in FIELDS
        }


@pytest.mark.parametrize(("engine", "command"), (
    ("docker", "docker network inspect bridge front back host none"),
    ("podman", "podman network inspect podman mynet")))  # fmt: skip
def test_the_law_of_inspected_networks(engine: str, command: str) -> None:
    text = output_of(f"{engine}.txt", command) + output_of(f"{engine}.txt", f"{engine} ps")
    known = parse(file.read(RECORDED / f"{engine}.hairpin")).engines
    (found,) = host_in(text).engines
    (expected,) = (each.networks for each in known if each.kind == engine)
    assert {each.name: (each.id, each.subnets, each.bridge, each.internal) for each in found.networks} == {
        each.name: (each.id, each.subnets, each.bridge, each.internal) for each in expected
    }


def test_a_cut_document_tells_less_and_nothing_else() -> None:
    lines = output_of("docker.txt", "docker inspect web front").splitlines()
    whole = containers_in("\n".join(lines))
    for end in range(3, len(lines), 13):
        for name, cut in containers_in("\n".join(lines[:end])).items():
            known = whole.get(name) or next(each for each in whole.values() if each.id.startswith(name))
            _is_less(cut, known)


def _is_less(cut: Container, known: Container) -> None:
    assert known.id.startswith(cut.id)
    assert set(cut.bindings) <= set(known.bindings)
    assert {each.network for each in cut.endpoints} <= {each.network for each in known.endpoints}
    assert all(each.ipv4 in (None, *(one.ipv4 for one in known.endpoints)) for each in cut.endpoints)
    assert cut.network_mode in ("default", known.network_mode)
    assert cut.image in ("", known.image)


def test_a_document_without_indentation_and_with_a_gap() -> None:
    lines = output_of("docker.txt", "docker inspect web front").splitlines()
    whole = containers_in("\n".join(lines))
    flat = containers_in("\n".join(line.strip() for line in lines))
    assert flat == whole
    first = next(number for number, line in enumerate(lines) if '"HostConfig"' in line)
    behind = next(number for number, line in enumerate(lines) if '"NetworkSettings"' in line)
    gap = containers_in("\n".join([*lines[: first + 2], "   ...", *lines[behind:]]))
    assert gap["web"].endpoints == whole["web"].endpoints
    assert {each.host_port for each in gap["web"].bindings} == {each.host_port for each in whole["web"].bindings}


def test_a_part_of_a_document_is_of_the_container_that_the_command_names() -> None:
    port = '{"HostIp": "0.0.0.0", "HostPort": "8080"}'
    text = f'"NetworkSettings": {{\n  "Ports": {{\n    "80/tcp": [\n      {port}\n    ]\n  }}\n}}'
    assert [each.host_port for each in containers_in(f"$ docker inspect web\n{text}")["web"].bindings] == [8080]
    assert keys_in(text) == ()


def test_no_environment_comes_into_the_evidence() -> None:
    text = '[{"Id": "4a1e", "Name": "/web", "Config": {"Env": ["PASSWORD=hunter2"], "Image": "nginx"}}]'
    assert "hunter2" not in "".join(each.text for each in evidence_in_text(text).readings)
    cut = text.removesuffix("}}]")
    assert "hunter2" not in "".join(each.text for each in evidence_in_text(cut).readings)


@each_row(
    "text",
    (
        '{"name": "web", "version": "1.0"}',
        "[1, 2, 3]",
        '{"bip": "172.26.0.1/16"}, {"mtu": 576}',
        "{",
        "[",
        "{ int main() { return 0; } }",
        "[]",
    ),
)
def test_other_documents_tell_nothing(text: str) -> None:
    assert keys_in(text) == ()


_CUT_NETWORK = """\
$ docker network inspect {}
[
    {{
        "IPAM": {{
            "Config": [
                {{
                    "Subnet": "172.21.0.0/16",
                }}
            ]
        }},
    }}
]
"""


def test_a_network_whose_name_was_cut_out_has_the_name_in_the_command() -> None:
    (engine,) = host_in(_CUT_NETWORK.format("shop")).engines
    assert [(each.name, len(each.subnets)) for each in engine.networks] == [("shop", 1)]
    assert host_in(_CUT_NETWORK.format("shop front")).engines == ()


def test_the_id_of_another_output_replaces_the_missing_id() -> None:
    listing = "\n$ docker network ls\nNETWORK ID NAME DRIVER SCOPE\n5d1e7c902ab4 shop bridge local\n"
    for text in (_CUT_NETWORK.format("shop") + listing, listing + "\n" + _CUT_NETWORK.format("shop")):
        (engine,) = host_in(text).engines
        assert [(each.name, each.id, len(each.subnets)) for each in engine.networks] == [("shop", "5d1e7c902ab4", 1)]
