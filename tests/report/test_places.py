"""Places are named with their host if there are several hosts."""

import pytest
from msgspec.structs import replace

from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Start
from hairpin.report.places import NO_HOSTS, Places, naming_containers, places_of
from hairpin.report.words import Words
from tests.report.answers import answer

SEVERAL = Places(with_host=True)


def flow(start: Start, host: str = "node1") -> Flow:
    return Flow(start, 4, 9, "tcp", 80, container="web", host=host, asked_host="node2")


STARTS: dict[str, tuple[Start, str, str]] = {
    "a process of a host": (FromHost(), "host", "host@node1"),
    "a container": (FromContainer("api", Netns("node1", "api")), "container:api", "container:api@node1"),
    "a client": (Outside(0xC000020A), "192.0.2.10", "192.0.2.10"),
}


@pytest.mark.parametrize(("start", "alone", "several"), STARTS.values(), ids=STARTS)
def test_starts(start: Start, alone: str, several: str) -> None:
    assert (NO_HOSTS.start(flow(start)), SEVERAL.start(flow(start))) == (alone, several)


def test_containers_causes_and_namespaces() -> None:
    assert (NO_HOSTS.container(flow(FromHost())), SEVERAL.container(flow(FromHost()))) == ("web", "web@node2")
    assert (NO_HOSTS.on("icc-off", "node1"), SEVERAL.on("icc-off", "node1")) == ("icc-off", "icc-off@node1")
    assert [SEVERAL.netns(each, "node1") for each in ("host", "", "container:web")] == [
        "node1", "node1", "container:web@node1",
    ]  # fmt: skip
    assert NO_HOSTS.netns("host", "node1") == "host"


def test_one_host_has_no_need_of_its_name() -> None:
    assert not places_of(answer()).with_host
    assert places_of(answer()).names["172.17.0.2"] == "plain"


def test_an_address_bears_the_name_of_its_container_with_its_host_if_there_are_several() -> None:
    alone = answer()
    this = alone.network.this
    said = message("{address} answers", address="172.17.0.2")
    assert naming_containers(Words(), alone)(said) == "172.17.0.2 (plain) answers"
    other = replace(this, name="node2", engines=())
    beside_another = replace(alone, network=replace(alone.network, hosts=(this, other)))
    assert naming_containers(Words(), beside_another)(said) == f"172.17.0.2 (plain@{this.name}) answers"
    twice = replace(alone, network=replace(alone.network, hosts=(this, replace(this, name="node2"))))
    assert naming_containers(Words(), twice)(said) == "172.17.0.2 answers"
