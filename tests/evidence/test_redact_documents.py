"""In an engine's documents a word is a name by its field, and the same name everywhere."""

import json
from typing import Any

from hairpin.evidence.address_map import AddressMap
from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import Reading
from hairpin.evidence.redact_documents import Documents
from hairpin.evidence.redact_text import Text

ID = "4381493b543ef2895eb0e875cb9b4a53cba6b4f0d4d25eed0d9e547f6cc31eeb"
CONTAINER = {
    "Id": ID,
    "Name": "/accept",
    "State": {"Status": "running", "Error": "endpoint accept on port 80"},
    "Config": {"Image": "corp/shop:1", "Hostname": ID[:12]},
    "HostConfig": {
        "NetworkMode": f"container:{ID}",
        "RestartPolicy": {"Name": "always"},
        "ExtraHosts": ["db.corp:10.9.8.7"],
        "Links": ["/accept:/web/alias"],
    },
    "NetworkSettings": {"Networks": {"shopnet": {"Aliases": ["www"], "IPAddress": "10.1.2.3"}, "bridge": {}}},
}


def redacted(key: str, document: object) -> tuple[dict[str, Any], NameMap, AddressMap]:
    names, addresses = NameMap(b"k", frozenset({ID[:12]})), AddressMap(b"k")
    documents = Documents(names, Text(addresses, names, frozenset({ID[:12]})))
    text = documents.redact(Reading("e1", key, "", "docker", "t", 0, "text", json.dumps(document)))
    return json.loads(text), names, addresses


def test_a_container_is_renamed_by_field() -> None:
    fresh, names, _ = redacted("docker-containers", CONTAINER)
    name = names.name("accept")
    assert fresh["Id"] == names.id(ID)
    assert fresh["Name"] == f"/{name}"
    assert fresh["State"] == {"Status": "running", "Error": f"endpoint {name} on port 80"}
    assert fresh["Config"]["Hostname"] == names.id(ID)[:12]
    assert fresh["Config"]["Image"] == f"{names.name('corp')}/{names.name('shop')}:1"
    assert fresh["HostConfig"]["NetworkMode"] == f"container:{names.id(ID)}"
    assert fresh["HostConfig"]["RestartPolicy"] == {"Name": "always"}
    assert fresh["HostConfig"]["Links"] == [f"/{name}:/{names.name('web')}/{names.name('alias')}"]


def test_networks_and_addresses_agree_with_the_maps() -> None:
    fresh, names, addresses = redacted("docker-containers", CONTAINER)
    networks = fresh["NetworkSettings"]["Networks"]
    assert set(networks) == {names.name("shopnet"), "bridge"}
    endpoint = networks[names.name("shopnet")]
    assert endpoint["Aliases"] == [names.name("www")]
    assert endpoint["IPAddress"] != "10.1.2.3"
    assert fresh["HostConfig"]["ExtraHosts"][0].startswith(f"{names.name('db')}.{names.name('corp')}:10.")
    assert addresses is not None


def test_a_network_keeps_its_driver_and_interface() -> None:
    network = {
        "Name": "shopnet",
        "Driver": "bridge",
        "Options": {"com.docker.network.bridge.name": "br-shop"},
        "IPAM": {"Config": [{"Subnet": "10.1.0.0/16"}]},
        "Containers": {ID: {"Name": "accept"}},
        "Labels": {"com.docker.compose.project": "shop"},
    }
    fresh, names, _ = redacted("docker-networks", network)
    assert fresh["Name"] == names.name("shopnet")
    assert fresh["Labels"] == {"com.docker.compose.project": names.name("shop")}
    assert fresh["Driver"] == "bridge"
    assert fresh["Options"] == {"com.docker.network.bridge.name": "br-shop"}
    assert fresh["IPAM"]["Config"][0]["Subnet"].endswith(".0.0/16")
    assert fresh["Containers"] == {names.id(ID): {"Name": names.name("accept")}}


def test_podman_and_info_fields_are_known() -> None:
    fresh, names, _ = redacted("podman-networks", {"name": "shopnet", "subnets": [{"subnet": "10.1.0.0/16"}]})
    assert fresh["name"] == names.name("shopnet")
    fresh, names, _ = redacted("podman-pods", {"InfraId": "c" * 64, "Name": "shop"})
    assert fresh["Name"] == names.name("shop")
    inspected, *_ = redacted("podman-containers", {"Id": "c" * 64, "Name": "0a1b2c3d4e5f-infra"})
    assert inspected["Id"] == fresh["InfraId"] != "c" * 64
    fresh, names, _ = redacted("docker-info", {"Name": "web1.corp", "Warnings": None, "Containers": 3})
    assert fresh == {"Name": f"{names.name('web1')}.{names.name('corp')}", "Warnings": None, "Containers": 3}


def test_services_of_a_swarm_and_the_errors_of_tasks_are_renamed() -> None:
    fresh, names, _ = redacted("swarm-services", {"ID": "f1", "Spec": {"Name": "accept"}})
    assert fresh["Spec"] == {"Name": names.name("accept")}
    fresh, *_ = redacted("swarm-tasks", {"ServiceID": "f1", "Status": {"Err": "no 10.9.8.7", "State": "failed"}})
    assert "10.9.8.7" not in fresh["Status"]["Err"]
    assert fresh["Status"]["State"] == "failed"


def test_lines_that_are_no_json_are_prose() -> None:
    names = NameMap(b"k")
    documents = Documents(names, Text(AddressMap(b"k"), names, frozenset()))
    text = documents.redact(Reading("e1", "docker-info", "", "docker", "t", 0, "text", "no 10.1.2.3\n" + "[" * 99_999))
    assert "10.1.2.3" not in text
    assert text.startswith("no 10.")
