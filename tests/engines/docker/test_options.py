"""The settings that decide a dockerd's rules, and the defaults of its version."""

import msgspec
import pytest

from hairpin.engines.docker.options import (
    Version,
    bridge_of,
    bridges_of,
    daemon_of,
    dockerd_version,
    trusted_interfaces,
)
from tests.engines.hosts import DOCKER0, N1, SIX, docker, network
from tests.rows import each_row

VERSIONS: dict[str, tuple[str, Version | None]] = {
    "Debian's": ("20.10.24+dfsg1", (20, 10, 24)),
    "release candidate": ("28.0.0-rc.1", (28, 0, 0)),
    "two numbers": ("25.0", (25, 0, 0)),
    "tag": ("v29.1.2", (29, 1, 2)),
    "own build": ("dev", None),
    "not read": ("", None),
}


@each_row(("text", "version"), VERSIONS.values(), ids=VERSIONS)
def test_version(text: str, version: Version | None) -> None:
    assert dockerd_version(text) == version


def test_ip6tables_is_on_by_default_since_27() -> None:
    assert daemon_of(docker("26.1.5"), (26, 1, 5)).families() == ("ip",)
    assert daemon_of(docker("27.0.1"), (27, 0, 1)).families() == ("ip", "ip6")


def test_the_daemons_options_come_before_defaults() -> None:
    engine = msgspec.structs.replace(docker("27.0.1"), iptables=False, ip6tables=False, userland_proxy=False)
    daemon = daemon_of(engine, (27, 0, 1))
    assert daemon.families() == ()
    assert daemon.hairpin


@pytest.mark.parametrize("text", ("nftables", "nftables+firewalld"))
def test_nftables_back_end(text: str) -> None:
    engine = msgspec.structs.replace(docker("29.0.0"), firewall_backend=text)
    assert daemon_of(engine, (29, 0, 0)).backend == "nftables"


def test_only_bridges_of_this_host_count() -> None:
    overlay = msgspec.structs.replace(N1, name="ingress", driver="overlay", scope="swarm", bridge=None)
    assert [bridge.name for bridge in bridges_of(docker("26.1.5", DOCKER0, overlay, N1))] == ["bridge", "n1"]


def test_daemon_wide_icc_is_meant_for_the_default_network() -> None:
    engine = msgspec.structs.replace(docker("26.1.5"), icc=False, ip_masq=False)
    default, own = bridge_of(engine, DOCKER0, "docker0"), bridge_of(engine, N1, "br-n1")
    assert (default.icc, default.masquerade) == (False, False)
    assert (own.icc, own.masquerade) == (True, True)


def test_a_networks_own_option_comes_first() -> None:
    options = (("enable_icc", "false"), ("enable_ip_masquerade", "0"), ("gateway_mode_ipv6", "routed"))
    bridge = bridge_of(docker("28.5.2"), network("x", "10.0.0.0/24", "fd00::/64", options=options), "br-x")
    assert not bridge.icc
    assert not bridge.masquerade
    assert bridge.ip is not None
    assert bridge.ip6 is not None
    assert (bridge.ip.prefix, bridge.ip.mode) == ("10.0.0.0/24", "nat")
    assert (bridge.ip6.prefix, bridge.ip6.mode) == ("fd00::/64", "routed")


def test_a_network_without_ipv6_has_no_such_side() -> None:
    assert bridge_of(docker("28.5.2"), N1, "br-n1").side("ip6") is None
    assert bridge_of(docker("28.5.2"), SIX, "br-six").side("ip6") is not None


def test_trusted_interfaces_stand_between_colons() -> None:
    assert trusted_interfaces("eth0:wg0") == ("eth0", "wg0")
    assert trusted_interfaces(None) == ()
