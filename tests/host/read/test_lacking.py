"""Readings that every collector makes, and that an evidence lacks."""

from pathlib import Path

import msgspec
import pytest

from hairpin.collect.snapshot import load
from hairpin.evidence.reading import CUT, Evidence
from hairpin.host.read.lacking import lacking
from hairpin.host.read.parse import parse
from tests.host.fixture_evidence import evidence

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
HEALTHY = load(FIXTURES / "healthy" / "two-networks.hairpin")


def without(key: str, netns: str) -> Evidence:
    kept = tuple(each for each in HEALTHY.readings if (each.key, each.netns) != (key, netns))
    return msgspec.structs.replace(HEALTHY, readings=kept)


CASES: dict[str, tuple[str, str, bool]] = {
    "rules of the host": ("iptables-nft-save4", "host", True),
    "routes of the host": ("ip-route4", "host", True),
    "links of a container": ("ip-addr", "container:db", True),
    "which containers there are": ("docker-containers", "", True),
    "whether Podman is there": ("podman-version", "", True),
    "what only some collectors read": ("kernel-counters", "host", False),
    "what is read where there is some": ("klog", "", False),
}


@pytest.mark.parametrize(("key", "netns", "lacks"), CASES.values(), ids=CASES)
def test_a_reading_that_is_not_there_is_lacking_if_every_collector_makes_it(
    key: str, netns: str, *, lacks: bool
) -> None:
    netns = netns if netns != "container:db" else next(each for each in HEALTHY.namespaces() if ":" in each)
    found = [(each.key, each.netns) for each in lacking(without(key, netns))]
    assert found == ([(key, netns)] if lacks else [])


def test_what_is_lacking_is_unread_in_its_namespace() -> None:
    host = parse(without("iptables-nft-save4", "host"))
    assert host.namespace("host").unread == ("iptables-nft-save4",)
    assert [(each.key, each.host) for each in host.unread] == [("iptables-nft-save4", host.name)]


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.hairpin"))[::7], ids=lambda each: each.stem)
def test_no_collector_has_left_one_out(path: Path) -> None:
    assert list(lacking(load(path))) == []


def test_what_somebody_wrote_by_hand_lacks_the_others_on_purpose() -> None:
    assert list(lacking(evidence(("ip-addr", "host", "ip -j -d addr", "[]")))) == []


def test_a_text_that_the_time_limit_has_cut_is_used_and_unread() -> None:
    cut = tuple(msgspec.structs.replace(each, status=CUT) if (each.key, each.netns) == ("sockets", "host") else each
                for each in HEALTHY.readings)  # fmt: skip
    host = parse(msgspec.structs.replace(HEALTHY, readings=cut))
    assert host.namespace("host").sockets
    assert host.namespace("host").unread == ("sockets",)
