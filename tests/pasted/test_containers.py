"""What several outputs tell about one container is joined; a typed command says what it is meant to be."""

from typing import Any

from hairpin.pasted.containers import TYPED, containers_of, networks_of


def typed(image: str, name: str = "", **bindings: str) -> dict[str, Any]:
    ports = {f"{own[1:]}/tcp": [{"HostIp": "", "HostPort": outer}] for own, outer in bindings.items()}
    named = {"Name": f"/{name}"} if name else {}
    return {
        "Config": {"Image": image},
        "HostConfig": {"PortBindings": ports},
        "NetworkSettings": {"Ports": ports},
        **named,
    }


def listed(name: str, container: str = "4a1e3b2c9d10", image: str = "nginx") -> dict[str, Any]:
    return {
        "Id": container,
        "Name": f"/{name}",
        "State": {"Status": "running", "Running": True},
        "Config": {"Image": image},
    }


def test_a_typed_container_is_called_after_its_image() -> None:
    (found,) = containers_of([], [typed("registry:5000/team/web:1.2", p80="8080")])
    assert (found["Name"], found[TYPED]) == ("/web", True)


def test_a_listed_container_is_the_typed_one() -> None:
    (found,) = containers_of([listed("web")], [typed("nginx", "web", p80="8080")])
    assert TYPED not in found
    assert found["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] == "8080"


def test_containers_of_the_same_image_are_several() -> None:
    found = containers_of([], [typed("nginx", p80="8080"), typed("nginx", p80="8081")])
    assert len({each["Name"] for each in found}) == 2


def test_two_outputs_about_one_container() -> None:
    inspected = {"Id": "4a1e3b2c9d10" + "0" * 52, "Name": "/web", "HostConfig": {"NetworkMode": "front"}}
    (found,) = containers_of([listed("web"), inspected], [])
    assert found["HostConfig"]["NetworkMode"] == "front"
    assert found["State"]["Running"]


def test_networks_each_once() -> None:
    short, whole = (
        {"Name": "front", "Driver": "bridge"},
        {"Name": "front", "IPAM": {"Config": [{"Subnet": "10.1.0.0/16"}]}},
    )
    (found,) = networks_of([short, whole], [])
    assert found["Driver"] == "bridge"
    assert found["IPAM"]


def test_what_was_inspected_counts_more_than_a_row_of_which_the_end_was_cut() -> None:
    """`Up 5 seconds (Paused)` of a narrow window has lost its last word."""
    row = {"Id": "c3e58f388083", "Name": "/web", "State": {"Status": "running", "Running": True}}
    inspected = {"Id": "c3e58f388083", "Name": "/web", "State": {"Status": "paused", "Running": True, "Pid": 193}}
    assert containers_of([dict(row), dict(inspected)], [])[0]["State"]["Status"] == "paused"
    assert containers_of([dict(row)], [])[0]["State"]["Status"] == "running"


def _row(key: str, port: str) -> dict[str, Any]:
    bound = {key: [{"HostIp": "0.0.0.0", "HostPort": port}]}
    return {**listed("brave_bell"), "HostConfig": {"PortBindings": bound}, "NetworkSettings": {"Ports": bound}}


def test_the_listed_protocol_counts_if_the_typed_one_differs() -> None:
    meant = typed("nginx")
    meant["HostConfig"]["PortBindings"] = {"53/udp": [{"HostIp": "", "HostPort": "53"}]}
    (found,) = containers_of([_row("53/tcp", "53")], [meant])
    assert set(found["HostConfig"]["PortBindings"]) == set(found["NetworkSettings"]["Ports"]) == {"53/tcp"}


def test_another_port_of_the_same_image_is_another_container() -> None:
    found = containers_of([_row("80/tcp", "81")], [typed("nginx", p80="80")])
    assert {each["Name"] for each in found} == {"/brave_bell", "/nginx"}
