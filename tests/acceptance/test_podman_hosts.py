"""A recorded host of Podman 5.4 with netavark 1.14 (nftables) and pasta 0.0~git20250503, with real connections.

ann's containers are behind pasta: ``web`` listens on all addresses, ``lo81`` on 127.0.0.1 only, ``six`` was made with
``--network pasta:--ipv6-only``.  root's container ``rweb`` and pod ``pp`` are published on 127.0.0.1.
"""

import functools
from pathlib import Path

import pytest

from hairpin.collect.snapshot import load
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.read.parse import parse
from hairpin.network.flow import Flow, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.remedy.plan import remedies
from hairpin.report.words import Words
from hairpin.walk.walk import walk_flow

_SNAPSHOT = Path(__file__).parent.parent / "fixtures" / "podman" / "rootless-and-root.hairpin"
_OUTSIDE, _LAN = Outside(parse_address("192.0.2.10")[1]), Lan(parse_address("198.51.100.20")[1])
_OUTSIDE6 = Outside(parse_address("2001:db8:2::10")[1])


@functools.cache
def host() -> Network:
    return Network((parse(load(_SNAPSHOT)),))


def to(start: Start, address: str, port: int) -> Flow:
    version, value = parse_address(address)
    return Flow(start, version, value, "tcp", port)


# the client, the address and port; what the connection did; the causes
CASES: dict[str, tuple[Start, str, int, str, tuple[str, ...]]] = {
    "web from outside": (_OUTSIDE, "198.51.100.11", 8080, "delivered", ()),
    "web from the LAN": (_LAN, "198.51.100.11", 8080, "delivered", ()),
    "web from the host": (FromHost(), "198.51.100.11", 8080, "delivered", ()),
    "web from loopback": (FromHost(), "127.0.0.1", 8080, "delivered", ()),
    "web over IPv6, for which its default route was deleted": (
        _OUTSIDE6, "2001:db8:1::11", 8080, "unanswered", ("container-default-route-missing",),
    ),
    "web over IPv6 from the host": (FromHost(), "2001:db8:1::11", 8080, "delivered", ()),
    "nothing listens": (_OUTSIDE, "198.51.100.11", 8091, "refused", ("service-not-listening",)),
    "loopback in the container": (
        _OUTSIDE, "198.51.100.11", 8095, "refused", ("service-listens-on-container-loopback",),
    ),
    "loopback in the container, from loopback": (
        FromHost(), "127.0.0.1", 8095, "refused", ("service-listens-on-container-loopback",),
    ),
    "IPv6 only, over IPv4": (_OUTSIDE, "198.51.100.11", 8096, "refused", ("published-for-other-family",)),
    "IPv6 only, from loopback": (FromHost(), "127.0.0.1", 8096, "refused", ("published-for-other-family",)),
    "IPv6 only, over IPv6": (_OUTSIDE6, "2001:db8:1::11", 8096, "delivered", ()),
    "root's, from outside": (_OUTSIDE, "198.51.100.11", 8082, "refused", ("published-on-loopback-only",)),
    "root's, from loopback": (FromHost(), "127.0.0.1", 8082, "delivered", ()),
    "root's pod, from outside": (_OUTSIDE, "198.51.100.11", 8083, "refused", ("published-on-loopback-only",)),
    "root's pod, from loopback": (FromHost(), "127.0.0.1", 8083, "delivered", ()),
}  # fmt: skip


@pytest.mark.parametrize(("start", "address", "port", "real", "causes"), CASES.values(), ids=CASES)
def test_the_walk_and_the_causes_agree_with_real_connections(
    start: Start, address: str, port: int, real: str, causes: tuple[str, ...]
) -> None:
    flow = to(start, address, port)
    assert walk_flow(host(), flow).verdict == real
    if causes:
        assert tuple(each.cause for each in diagnose(host(), flow).causes) == causes


REPAIRS: dict[str, tuple[int, str]] = {
    "the service": (8095, "let the service in lo81 bind to 0.0.0.0:85"),
    "the family": (8096, "recreate six without the option that limits pasta to IPv6"),
    "the container": (8082, 'recreate the container with -p 8082:80 (compose: ports: "8082:80")'),
    "the pod": (8083, "recreate the pod pp with -p 8083:80"),
}


@pytest.mark.parametrize(("port", "said"), REPAIRS.values(), ids=REPAIRS)
def test_no_repair_takes_a_container_off_the_network_or_edits_an_engines_chain(port: int, said: str) -> None:
    (found,) = diagnose(host(), to(_OUTSIDE, "198.51.100.11", port)).causes
    made = remedies(found.cause, found.candidate, host())
    assert [command for each in made for command in each.commands] == []
    assert said in [Words("en")(each) for each in made[0].advice]
