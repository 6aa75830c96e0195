"""A container asks for a name of the outside: its way out and its name servers, and no look-up."""

import msgspec
import pytest

from hairpin.errors import UnknownNameError
from hairpin.host.docker import Container
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.question.asked import Origin
from hairpin.question.flows import flows_for
from hairpin.question.outside_names import outside_name_notes
from hairpin.question.target import is_outside_name, parse_target
from tests.small_host import container, engine, network

WEB = Origin("container", container="web")


def of(*containers: Container) -> Network:
    return network(docker=engine(*(containers or (container(),))))


def asked(text: str, origin: Origin | None = WEB, net: Network | None = None) -> tuple[Flow, ...]:
    return flows_for(net or of(), (parse_target(text),), origin)


@pytest.mark.parametrize(
    ("text", "port", "protocol"),
    (
        ("example.com", 443, "tcp"),
        ("example.com:587", 587, "tcp"),
        ("example.com:123/udp", 123, "udp"),
        ("http://example.com/path", 80, "tcp"),
    ),
)
def test_the_way_out_stands_for_the_way_to_the_name(text: str, port: int, protocol: str) -> None:
    flows = asked(text)
    outward = [each for each in flows if each.purpose == "egress"]
    assert [(each.dport, each.protocol, each.invented) for each in outward] == [(port, protocol, True)]
    assert {each.dport for each in flows if each.purpose == "dns"} <= {53}


@pytest.mark.parametrize("change", ({"status": "exited", "netns": None, "pid": None}, {"status": "paused"}))
def test_a_container_that_does_not_run_is_asked_all_the_same(change: dict[str, object]) -> None:
    (flow,) = asked("example.com:587", net=of(msgspec.structs.replace(container(), **change)))
    assert (flow.dport, flow.purpose) == (587, "egress")


def test_a_container_on_the_hosts_network_asks_as_the_host() -> None:
    (flow,) = asked("example.com", net=of(msgspec.structs.replace(container(), netns="host", network_mode="host")))
    assert (flow.start, flow.dport) == (FromHost(), 443)


@pytest.mark.parametrize("origin", (None, Origin("host"), Origin("lan")))
def test_only_a_container_asks_for_a_name(origin: Origin | None) -> None:
    with pytest.raises(UnknownNameError, match=r"--from CONTAINER example\.com") as refused:
        asked("example.com:443", origin)
    assert "getent hosts example.com" in str(refused.value)


@pytest.mark.parametrize("text", ("db:5432", "registry.internal:80", "db.default.svc.cluster.local:80"))
def test_other_unknown_names_are_no_names_of_the_outside(text: str) -> None:
    with pytest.raises(UnknownNameError, match="no container or alias"):
        asked(text)


def test_a_container_whose_name_has_a_dot_is_meant_itself() -> None:
    net = of(container(), msgspec.structs.replace(container(), id="b" * 64, name="my.web", service=None))
    assert all(each.container == "my.web" for each in asked("my.web:80", net=net))
    with pytest.raises(UnknownNameError, match=r"did you mean my\.web"):
        asked("my.wep:80", net=net)


@pytest.mark.parametrize(
    ("name", "expected"), (("example.com", True), ("a-b.c_d.example", True), ("web", False), ("10.0.0.1", False))
)
def test_the_form_of_an_outside_name(name: str, expected: bool) -> None:
    assert is_outside_name(name) is expected


def test_the_answer_says_that_the_name_was_not_looked_up() -> None:
    (note,) = outside_name_notes((parse_target("example.com"),), asked("example.com"))
    assert "does not look up example.com" in str(note)
    assert outside_name_notes((parse_target("8151"),), asked("8151", None)) == ()
