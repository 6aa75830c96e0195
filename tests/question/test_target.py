"""TARGET and WHERE as people type them; every refusal names the input, the reason and the way out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.errors import UsageError
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin, Target
from hairpin.question.target import parse_origin, parse_target
from tests.rows import each_row

V6 = 0x20010DB8 << 96 | 1
TARGETS: dict[str, Target] = {
    "8151": Target(8151),
    "8151/udp": Target(8151, "udp"),
    "198.51.100.2:80": Target(80, version=4, address=0xC6336402),
    "198.51.100.2:80/tcp": Target(80, "tcp", 4, 0xC6336402),
    "[2001:db8::1]:80": Target(80, version=6, address=V6),
    "[2001:db8::1]:53/udp": Target(53, "udp", 6, V6),
    "localhost:80": Target(80, version=4, address=0x7F000001, localhost=True),
    "host:8080": Target(8080),
    "host:53/udp@node2": Target(53, "udp", host="node2"),
    "0.0.0.0:8080": Target(8080, version=4),
    "[::]:8080/tcp": Target(8080, "tcp", 6),
    "web": Target(container="web"),
    "my_app.1": Target(container="my_app.1"),
    "web:9000": Target(9000, container="web"),
    "web:53/udp": Target(53, "udp", container="web"),
    "http://198.51.100.2:8151/minio/health/live": Target(8151, "tcp", 4, 0xC6336402),
    "http://198.51.100.2/": Target(80, "tcp", 4, 0xC6336402),
    "https://[2001:db8::1]/x?y#z": Target(443, "tcp", 6, V6),
    "https://user:secret@198.51.100.2": Target(443, "tcp", 4, 0xC6336402),
    "tcp://web:5432": Target(5432, "tcp", container="web"),
    "udp://198.51.100.2:53": Target(53, "udp", 4, 0xC6336402),
    "8151/TCP": Target(8151, "tcp"),
    "8151-8153": Target(8151, last=8153),
    "8151-8153/udp@node2": Target(8151, "udp", host="node2", last=8153),
    "8151-8151": Target(8151),
    "198.51.100.2:80-82/udp": Target(80, "udp", 4, 0xC6336402, last=82),
    "web:80-82": Target(80, container="web", last=82),
    "8151@node2": Target(8151, host="node2"),
    "8151/udp@node2#2": Target(8151, "udp", host="node2#2"),
    "198.51.100.2:80@node2": Target(80, version=4, address=0xC6336402, host="node2"),
    "web@node2": Target(container="web", host="node2"),
    "web:80@node2": Target(80, container="web", host="node2"),
    "172.17.0.2": Target(container="172.17.0.2"),
    "fd00::2": Target(container="fd00::2"),
    "postgres://web/db": Target(5432, "tcp", container="web"),
}
REFUSED: dict[str, str] = {
    "0": "ports are 1 to 65535",
    "65536": "ports are 1 to 65535",
    "8151/": "a protocol is missing",
    "8151/sctp": "sctp is not supported; write /tcp or /udp",
    "[2001:db8::1]": "is not a target",
    "[198.51.100.2.3]:80": "not an IPv6 address",
    "198.51.100.256:80": "not an IPv4 address",
    "198.51.100.2:": "nothing is not a port",
    "198.51.100.2:http": "http is not a port",
    "8151:80": "ask for 8151, or for CONTAINER:80",
    "8151:80/udp": "maps port 8151 of the host to port 80 of a container",
    "8153-8151": "write 8151-8153",
    "8151-70000": "70000 is not a port",
    "web:9000:80": "is not a target",
    "8151@": "write 8151@HOST",
    "-x": "is not a target",
    "": "is not a target",
    "gopher://198.51.100.2": "add :PORT",
    "http://": "names no host",
    "http://[::1": "is not a URL",
    "http://198.51.100.2:99999": "is not a URL",
}
ORIGINS: dict[str, Origin] = {
    "host": Origin("host"),
    "lan": Origin("lan"),
    "outside": Origin("outside"),
    "container:web": Origin("container", container="web"),
    "container:api@node1": Origin("container", container="api", host="node1"),
    "host@node2": Origin("host", host="node2"),
    "lan@node2": Origin("lan", host="node2"),
    "192.0.2.10@node2": Origin("address", 4, 0xC000020A, host="node2"),
    "192.0.2.10": Origin("address", 4, 0xC000020A),
    "2001:db8::1": Origin("address", 6, V6),
    "[2001:db8::1]": Origin("address", 6, V6),
    "localhost": Origin("host"),
    "LAN": Origin("lan"),
    "web": Origin("container", container="web", bare=True),
    "web@node2": Origin("container", container="web", host="node2", bare=True),
}


@each_row(("text", "expected"), TARGETS.items(), ids=list(TARGETS))
def test_target(text: str, expected: Target) -> None:
    assert parse_target(text) == expected


@each_row(("text", "reason"), REFUSED.items(), ids=list(REFUSED))
def test_refused_target(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_target(text)
    assert reason in str(refused.value)
    assert text in str(refused.value)


@given(st.text(max_size=30))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except UsageError:
        return
    assert target.port is not None or target.container


@given(st.integers(1, 2**32 - 1), st.integers(1, 65535), st.sampled_from(["tcp", "udp"]))
def test_an_address_and_port_are_read_back(address: int, port: int, protocol: str) -> None:
    found = parse_target(f"{address_text(address, 4)}:{port}/{protocol}")
    assert (found.address, found.port, found.protocol) == (address, port, protocol)


@each_row(("text", "expected"), ORIGINS.items(), ids=list(ORIGINS))
def test_origin(text: str, expected: Origin) -> None:
    assert parse_origin(text) == expected


@each_row("text", ("the client", "container:", "192.0.2.300", "1.2.3", ""))
def test_refused_origin(text: str) -> None:
    with pytest.raises(UsageError, match="--from"):
        parse_origin(text)


def test_unbalanced_brackets_are_no_address() -> None:
    assert parse_origin("[2001:db8::1]") == parse_origin("2001:db8::1")
    with pytest.raises(UsageError, match=r"\[::1"):
        parse_origin("[::1")
