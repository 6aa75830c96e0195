import pytest

from hairpin.host.kernel_release import (
    all_ignores_linkdown,
    fib_asks_with_protocol,
    flowtables_ask_for_links,
    flowtables_await_establishment,
    flowtables_take_gre,
    is_inbound_by_slave,
    is_zero4,
    looks_back_as_the_answer,
    tracked_ports,
    version_of,
)

VERSIONS = {
    "6.1.0-50-amd64": (6, 1),
    "5.10.0-32-amd64": (5, 10),
    "7.2.13+deb14-amd64": (7, 2),
    "3.10.0-1160.el7.x86_64": (3, 10),
    "": (6, 18),
}


@pytest.mark.parametrize(("release", "version"), VERSIONS.items())
def test_version_of(release: str, version: tuple[int, int]) -> None:
    assert version_of(release) == version


PORTS = {"6.12.1": {6, 17, 33, 132, 136}, "6.18.4": {6, 17, 132, 136}, "7.2.13": {6, 17, 132}}


@pytest.mark.parametrize(("release", "protocols"), PORTS.items())
def test_tracked_ports(release: str, protocols: set[int]) -> None:
    assert tracked_ports(release) == protocols


ASKS = {"5.10.0-32-amd64": False, "6.1.0-50-amd64": False, "6.12.107+deb13-amd64": True, "": True}


@pytest.mark.parametrize(("release", "asks"), ASKS.items())
def test_fib_asks_with_protocol(release: str, asks: bool) -> None:
    assert fib_asks_with_protocol(release) is asks


ZERO = {("5.2.1", 5): True, ("5.3.0", 5): False, ("5.3.0", 0): True, ("5.2.1", 1 << 24): False}


@pytest.mark.parametrize(("about", "zero"), ZERO.items())
def test_is_zero4(about: tuple[str, int], *, zero: bool) -> None:
    assert is_zero4(*about) is zero


# release, GRE in flowtables, the way back looked for as the answer
FLOWS = {"5.10.0-32-amd64": (False, False), "5.18.0": (True, False), "6.1.0-50-amd64": (True, True), "": (True, True)}


@pytest.mark.parametrize(("release", "expected"), FLOWS.items())
def test_flowtables(release: str, expected: tuple[bool, bool]) -> None:
    assert (flowtables_take_gre(release), looks_back_as_the_answer(release)) == expected
    assert flowtables_ask_for_links(release) is False
    assert flowtables_ask_for_links("7.2.13+deb14-amd64")
    assert flowtables_await_establishment(release) is (release != "5.10.0-32-amd64")


SLAVES = {"6.12.107+deb13-amd64": False, "6.18.4": True, "": True}


@pytest.mark.parametrize(("release", "expected"), SLAVES.items())
def test_is_inbound_by_slave(release: str, *, expected: bool) -> None:
    assert is_inbound_by_slave(release) is expected


def test_all_ignores_linkdown() -> None:
    assert [all_ignores_linkdown(release) for release in ("5.10.0-32-amd64", "5.11.0", "")] == [False, True, True]
