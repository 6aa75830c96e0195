import pytest

from hairpin.host.kernel_release import Novelty, is_zero4, kernel_version, not_judged, tracked_ports
from tests.rows import each_row

VERSIONS = {
    "6.1.0-50-amd64": (6, 1),
    "5.10.0-32-amd64": (5, 10),
    "7.2.13+deb14-amd64": (7, 2),
    "3.10.0-1160.el7.x86_64": (3, 10),
    "": (6, 18),
}


@each_row(("release", "version"), VERSIONS.items())
def test_kernel_version(release: str, version: tuple[int, int]) -> None:
    assert kernel_version(release) == version


PORTS = {"6.12.1": {6, 17, 33, 132, 136}, "6.18.4": {6, 17, 132, 136}, "7.2.13": {6, 17, 132}}


@pytest.mark.parametrize(("release", "protocols"), PORTS.items())
def test_tracked_ports(release: str, protocols: set[int]) -> None:
    assert tracked_ports(release) == protocols


ZERO = {("5.2.1", 5): True, ("5.3.0", 5): False, ("5.3.0", 0): True, ("5.2.1", 1 << 24): False}


@pytest.mark.parametrize(("about", "zero"), ZERO.items())
def test_is_zero4(about: tuple[str, int], *, zero: bool) -> None:
    assert is_zero4(*about) is zero


# What hunts have judged on Debian's kernels, and the first of them that does it.
FIRST = {
    Novelty.ALL_IGNORES_LINKDOWN: "6.1.0-50-amd64",
    Novelty.FLOWTABLES_AWAIT_ESTABLISHMENT: "6.1.0-50-amd64",
    Novelty.FLOWTABLES_TAKE_GRE: "6.1.0-50-amd64",
    Novelty.LOOKS_BACK_AS_THE_ANSWER: "6.1.0-50-amd64",
    Novelty.RESETS_CLOSE: "6.1.0-50-amd64",
    Novelty.BRIDGED_FORWARD_AT_0: "6.12.107+deb13-amd64",
    Novelty.FIB_ASKS_WITH_PROTOCOL: "6.12.107+deb13-amd64",
    Novelty.INBOUND_BY_SLAVE: "6.18.4",
    Novelty.RULES_NAME_VRFS: "6.18.4",
    Novelty.DCCP_HAS_NO_PORTS: "6.18.4",
    Novelty.FLOWTABLES_ASK_FOR_LINKS: "7.2.13+deb14-amd64",
    Novelty.UDPLITE_HAS_NO_PORTS: "7.2.13+deb14-amd64",
}
KERNELS = ("5.10.0-32-amd64", "6.1.0-50-amd64", "6.12.107+deb13-amd64", "6.18.4", "7.2.13+deb14-amd64")


@each_row(("novelty", "first"), FIRST.items(), ids=[each.name for each in FIRST])
def test_known_from_the_first_on(novelty: Novelty, first: str) -> None:
    assert [novelty.known_to(kernel) for kernel in KERNELS] == [n >= KERNELS.index(first) for n in range(len(KERNELS))]


# What no hunt has judged: CentOS 7, RHEL 8, Ubuntu 20.04.
OLDER = ("3.10.0-1160.el7.x86_64", "4.18.0-240.el8.x86_64", "5.4.0-150-generic")
UNJUDGED = {
    Novelty.FORWARDS_BY_LINK4: (True, True, True),
    Novelty.FORWARDS_BY_LINK6: (False, True, True),
    Novelty.FORWARDS_BY_ROUTE4: (False, False, True),
    Novelty.OWN_SOURCES_REFUSED: (False, True, True),
    Novelty.TABLES_ARE_ONE: (True, True, True),
    Novelty.LATER_CHAINS_FIRST: (False, True, True),
    Novelty.SOURCES_SELDOM_LOOKED_UP: (False, True, True),
    Novelty.RPFILTER6_BEST_ROUTE: (False, True, True),
    Novelty.NAT_AT_EVERY_HOOK: (False, True, True),
    Novelty.ERRORS_BY_OUTER_ADDRESS: (False, False, True),
    Novelty.REJECT_KNOWS_CHECKSUMS: (False, False, True),
    Novelty.DUMMY_SOURCE4: (False, False, True),
    Novelty.INBOUND_ADDRESS_NEAR_SENDER: (False, False, False),
    Novelty.ERRORS6_BY_INBOUND_LINK: (False, False, False),
    Novelty.ZERO_ALONE: (False, False, True),
    Novelty.BRIDGE_NF_OF_NAMESPACE: (False, False, True),
    Novelty.LINK_OF_ENTRY_AT_POSTROUTING: (False, False, False),
}


@each_row(("novelty", "known"), UNJUDGED.items(), ids=[each.name for each in UNJUDGED])
def test_known_to_kernels_that_no_hunt_has_judged(novelty: Novelty, known: tuple[bool, ...]) -> None:
    assert tuple(novelty.known_to(kernel) for kernel in OLDER) == known


# kernel, whether forwarded packets have to fit it as they do on 5.4 of today
OF_ITS_SERIES = {
    "5.4.0-150-generic": True,
    "5.4.278-1.el7.elrepo.x86_64": True,
    "5.4.17-2136.338.4.2.el8uek.x86_64": True,
    "5.3.0-1-amd64": False,
    "3.10.0-1160.el7.x86_64": False,
    "4.18.0-240.el8.x86_64": False,
}


@pytest.mark.parametrize(("kernel", "known"), OF_ITS_SERIES.items())
def test_a_change_that_a_stable_series_got_later(kernel: str, *, known: bool) -> None:
    assert Novelty.FORWARDS_BY_ROUTE4.known_to(kernel) is known
    assert Novelty.FORWARDS_BY_LINK4.known_to(kernel)


def test_each_change_that_is_not_judged_is_tested_above() -> None:
    assert {each.value for each in UNJUDGED} == set(not_judged())
    assert all(each.known_to(kernel) for each in UNJUDGED for kernel in (*KERNELS, ""))


def test_every_novelty_is_in_a_table_above() -> None:
    assert {*FIRST, *UNJUDGED} == set(Novelty)
