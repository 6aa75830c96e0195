"""Published ports as people and tools write them."""

from hairpin.pasted.forms.engines.published import Bindings, bindings_in, port_bindings
from tests.rows import each_row

LISTED: dict[str, tuple[str, Bindings]] = {
    "empty": ("", {}),
    "exposed": ("80/tcp", {"80/tcp": None}),
    "both versions": (
        "0.0.0.0:8080->80/tcp, :::8080->80/tcp",
        {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}]},
    ),
    "brackets": ("[::1]:8080->80/udp", {"80/udp": [{"HostIp": "::1", "HostPort": "8080"}]}),
    "a range": (
        "127.0.0.1:9000-9001->80-81/tcp",
        {
            "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000"}],
            "81/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9001"}],
        },
    ),
    "no port": ("nothing", {}),
}
TYPED: dict[str, tuple[list[str], Bindings]] = {
    "two ports": (["8080:80"], {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}),
    "an address": (["127.0.0.1:8080:80/udp"], {"80/udp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}),
    "an IPv6 address": (["[::1]:8080:80"], {"80/tcp": [{"HostIp": "::1", "HostPort": "8080"}]}),
    "one port": (["80"], {"80/tcp": [{"HostIp": "", "HostPort": ""}]}),
    "ranges of unequal length": (["8000-8001:80-85"], {}),
    "a variable": (["$PORT:80"], {}),
}


@each_row(("cell", "expected"), LISTED.values(), ids=LISTED)
def test_published(cell: str, expected: Bindings) -> None:
    assert bindings_in(cell) == expected


@each_row(("options", "expected"), TYPED.values(), ids=TYPED)
def test_port_bindings(options: list[str], expected: Bindings) -> None:
    assert port_bindings(options) == expected
