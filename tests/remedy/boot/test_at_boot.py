"""What dockerd writes itself when the host boots needs no file."""

import msgspec
import pytest

from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.remedy.boot.at_boot import written_at_boot
from tests.remedy.situations import network

FORWARD = ("net", "ipv4", "ip_forward")


def on(**options: object) -> Host:
    host = network().this
    engines: tuple[Engine, ...] = tuple(msgspec.structs.replace(each, **options) for each in host.engines)
    return msgspec.structs.replace(host, engines=engines)


@pytest.mark.parametrize("version", ("20.10.24", "28.5.1", "a build of one's own"))
def test_dockerd_switches_forwarding_on(version: str) -> None:
    for path in (FORWARD, ("net", "ipv4", "conf", "all", "forwarding")):
        assert "dockerd switches it on when it starts" in str(written_at_boot(path, "1", on(version=version)))
    assert written_at_boot(FORWARD, "0", on(version=version)) is None


@pytest.mark.parametrize(
    "options", ({"ip_forward": False}, {"rootless": True}, {"kind": "podman"}, {"firewall_backend": "nftables"})
)
def test_an_engine_that_does_not(options: dict[str, object]) -> None:
    assert written_at_boot(FORWARD, "1", on(**options)) is None


def test_a_link_of_the_engines_is_made_anew() -> None:
    for link in ("docker0", "veth12ab"):
        assert written_at_boot(("net", "ipv4", "conf", link, "rp_filter"), "0", on()) is not None
    assert written_at_boot(("net", "ipv4", "conf", "eth0", "rp_filter"), "0", on()) is None
