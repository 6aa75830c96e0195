"""The keeper of the rules: a running program comes before an enabled unit."""

from hairpin.host.boot.rule_keeper import rule_keeper, unit
from hairpin.host.managers import Unit
from tests.remedy.situations import network
from tests.rows import each_row

UNITS: dict[str, tuple[tuple[Unit, ...], str, str]] = {
    "nobody": ((), "", "none"),
    "disabled does not count": ((Unit("nftables.service", "inactive", "disabled"),), "", "none"),
    "Debian": ((Unit("netfilter-persistent.service", "active", "enabled"),), "", "netfilter-persistent"),
    "RHEL": ((Unit("iptables.service", "active", "enabled"),), "", "iptables-services"),
    "nftables": ((Unit("nftables.service", "active", "enabled-runtime"),), "", "nftables"),
    "a running firewalld": ((Unit("iptables.service", "active", "enabled"),), "firewalld", "firewalld"),
    "ufw": ((), "ufw", "ufw"),
}


@each_row(("units", "managed_by", "expected"), UNITS.values(), ids=UNITS)
def test_rule_keeper(units: tuple[Unit, ...], managed_by: str, expected: str) -> None:
    assert rule_keeper(network(units=units, managed_by=managed_by).this) == expected


def test_a_unit_with_or_without_its_suffix() -> None:
    host = network(units=(Unit("docker", "active", "enabled"),)).this
    assert unit(host, "docker") is host.units[0]
    assert unit(host, "podman") is None
