"""Sysctl values and names."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

import hairpin
from hairpin.host.sysctl import SYSCTLS, KnownSysctl, Sysctls, dotted, known_sysctl
from tests import collector
from tests.fidelity.coverage import modelled
from tests.rows import each_row

VALUES = Sysctls({("net", "a"): "1", ("net", "b"): "-1", ("net", "c"): "x", ("net", "d"): ""})


@each_row(("name", "expected"), (("a", 1), ("b", -1), ("c", None), ("d", None), ("e", None)))
def test_number(name: str, expected: int | None) -> None:
    assert VALUES.number("net", name) == expected


def test_with_value_leaves_the_original() -> None:
    changed = VALUES.with_value(("net", "a"), "0")
    assert (changed.number("net", "a"), VALUES.number("net", "a"), changed.text("net", "c")) == (0, 1, "x")


def test_dotted() -> None:
    assert dotted(("net", "ipv4", "conf", "eth0.100", "forwarding")) == "net.ipv4.conf.eth0/100.forwarding"


# ---- the table of sysctls

SOURCE = "\n".join(each.read_text("utf-8") for each in Path(hairpin.__file__).parent.rglob("*.py"))


def of_links(version: str) -> set[str]:
    """Return the sysctls of a container's links that are known."""
    return {each.key for each in SYSCTLS if each.family == f"ipv{version}" and each.inside}


@pytest.mark.parametrize("version", ("4", "6"))
def test_the_collector_reads_the_sysctls_of_a_containers_links_that_have_a_row(version: str) -> None:
    listed = " ".join(map(collector.variable, ("CONF_KEYS", f"CONF_KEYS{version}"))).split()
    assert set(listed) == of_links(version)


@pytest.mark.parametrize("known", [each for each in SYSCTLS if not each.family], ids=lambda each: each.path)
def test_the_collector_reads_the_other_sysctls(known: KnownSysctl) -> None:
    everywhere = [each[5:] for each in re.findall(r"\$sys/\S+", collector.function("named_sysctls"))]
    inside = (*everywhere, *collector.variable("FURTHER_OF_CONTAINER").split())
    further = re.search(r"further='(.*?)'", collector.function("sysctls"), re.DOTALL)
    assert further is not None
    of_host = (*everywhere, *further[1].split())
    assert any(fnmatch(known.path, each) for each in inside) is known.inside
    assert any(fnmatch(known.path, each) or known.path.startswith(f"{each}/") for each in of_host)


@pytest.mark.parametrize("version", ("4", "6"))
def test_a_sysctl_of_a_link_that_the_code_asks_for_has_a_row(version: str) -> None:
    calls = re.findall(rf'\bconf\([^"()]*\b(?:{version}|version), [^"()]*"(?:all", ")?([a-z0-9_]+)"', SOURCE)
    read = re.sub(r'SetSysctl\([\w.]+, \("net"[^()]*\)', "", SOURCE)  # a value that a repair sets need not be read
    paths = re.findall(rf'"net", "ipv{version}", "conf", [^()]*?"([a-z0-9_]+)"\)', read)
    asked = {*calls, *paths} - {"max", "or", "and"}
    assert {"4": {"rp_filter", "arp_ignore"}, "6": {"use_tempaddr", "disable_ipv6"}}[version] | {"forwarding"} <= asked
    assert asked <= of_links(version)


@pytest.mark.parametrize("name", sorted({each.name for each in modelled.sysctls() if ".conf." in each.name}))
def test_a_sysctl_of_a_link_that_the_walk_asks_for_is_set_in_a_replica(name: str) -> None:
    """A replica needs no ``use_tempaddr``, because it gives each link its addresses itself."""
    known = known_sysctl(tuple(name.split(".")))
    assert known is not None
    assert (known.replica != "never") is (known.key != "use_tempaddr")
