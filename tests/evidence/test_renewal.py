"""Evidence with some readings made anew."""

from msgspec.structs import replace

from hairpin.evidence.reading import HOST, SCHEMA, Evidence, Reading
from hairpin.evidence.renewal import changed_places, renewed

PATH = "/proc/sys/net/ipv4/ip_forward"


def evidence(*readings: tuple[str, str, str, str], at: str = "1") -> Evidence:
    """Return evidence of (key, netns, origin, text)."""
    found = (Reading(f"e{n}", *each[:3], at, 0, "text", each[3]) for n, each in enumerate(readings, 1))
    return Evidence(SCHEMA, "0", at, "host1", "6.1", tuple(found))


BEFORE = evidence(
    ("ip-addr", HOST, "ip addr", "[]"),
    ("nft-table", HOST, "nft list table ip a", "a"),
    ("nft-table", HOST, "nft list table ip b", "b"),
    ("sysctl", HOST, "/proc/sys/net", f"{PATH}:1\n{PATH}_use_pmtu:0\n"),
    ("ip-addr", "container:web", "ip addr", "[]"),
)


def told(found: Evidence) -> list[tuple[str, str, str]]:
    return [(each.id, each.key, each.text) for each in found.readings]


def test_a_new_reading_has_the_place_and_id_of_the_old_one() -> None:
    found = renewed(BEFORE, evidence(("ip-addr", "container:web", "ip addr", "[1]"), at="2"))
    assert told(found) == [*told(BEFORE)[:-1], ("e5", "ip-addr", "[1]")]
    assert (found.taken_at, found.readings[-1].at, found.readings[0].at) == ("2", "2", "1")
    assert changed_places(BEFORE, found) == {("ip-addr", "container:web")}


def test_a_key_of_several_readings_is_replaced_as_a_whole() -> None:
    one = renewed(BEFORE, evidence(("nft-table", HOST, "nft list table ip b", "b")))
    assert [each for each in told(one) if each[1] == "nft-table"] == [("e2", "nft-table", "b")]
    names = "bcd"
    three = renewed(BEFORE, evidence(*(("nft-table", HOST, f"nft list table ip {name}", name) for name in names)))
    assert [each for each in told(three) if each[1] == "nft-table"] == [
        ("e2", "nft-table", "b"), ("e3", "nft-table", "c"), ("e6", "nft-table", "d")
    ]  # fmt: skip


def test_one_sysctl_replaces_its_line() -> None:
    found = renewed(BEFORE, evidence(("sysctl", HOST, PATH, f"{PATH}:0\n"), at="2"))
    reading = found.find("sysctl", HOST)
    assert reading is not None
    assert (reading.origin, reading.at, reading.text) == ("/proc/sys/net", "2", f"{PATH}_use_pmtu:0\n{PATH}:0\n")
    assert changed_places(BEFORE, found) == {("sysctl", HOST)}


def test_a_deleted_reading_is_left_out() -> None:
    found = renewed(BEFORE, evidence(), frozenset({("ip-addr", "container:web")}))
    assert found.namespaces() == (HOST,)
    assert changed_places(BEFORE, found) == {("ip-addr", "container:web")}


def test_only_the_time_differs() -> None:
    later = replace(BEFORE, readings=tuple(replace(each, at="2") for each in BEFORE.readings))
    assert changed_places(BEFORE, later) == frozenset()
    assert renewed(BEFORE, later).readings == later.readings
