"""Addresses that programs move between machines, from the collector's readings."""

from hairpin.host.floating import FloatingAddress
from hairpin.host.read.managers.floating_text import floating_addresses
from hairpin.host.read.readings import Readings
from hairpin.netfilter.address import parse_address
from tests.host.fixture_evidence import evidence

CONF, CIB = "/etc/keepalived/keepalived.conf", "/var/lib/pacemaker/cib/cib.xml"
V4, V6 = parse_address("198.51.100.50")[1], parse_address("2001:db8::50")[1]


def readings(*found: tuple[str, str]) -> Readings:
    return Readings(evidence(*((key, "", key, text) for key, text in found)))


def test_files_name_addresses() -> None:
    text = (
        f"keepalived\t{CONF}\t7\t198.51.100.50/24\nkeepalived\t{CONF}\t8\t2001:db8::50/64\n"
        f"keepalived\t{CONF}\t9\t-\nnot a line\n"
    )
    assert floating_addresses(readings(("floating-addresses", text))) == (
        FloatingAddress("keepalived", 4, V4, CONF, 7, "e1"),
        FloatingAddress("keepalived", 6, V6, CONF, 8, "e1"),
        FloatingAddress("keepalived", path=CONF, line=9, evidence="e1"),
    )


def test_a_program_that_runs_counts_once_and_only_without_a_file() -> None:
    found = floating_addresses(
        readings(
            ("floating-addresses", f"pacemaker\t{CIB}\t5\t198.51.100.50\n"),
            ("address-movers", "8\tpacemakerd\n9\tpacemaker-execd\n10\tkeepalived\n11\tkeepalived\n"),
        )
    )
    assert found == (FloatingAddress("pacemaker", 4, V4, CIB, 5, "e1"), FloatingAddress("keepalived", evidence="e2"))


def test_without_readings_nothing_floats() -> None:
    assert floating_addresses(readings()) == ()
