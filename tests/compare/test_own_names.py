"""A host's name in its files, where it stands for the host and where it is a word."""

import pytest

from hairpin.compare.own_names import with_name_of

# path, text, name, the other host's name, text under the other name
CASES: dict[str, tuple[str, str, str, str, str]] = {
    "names of an address": ("/etc/hosts", "127.0.1.1 a.x.org a # a\n", "a", "b", "127.0.1.1 b.x.org b # a\n"),
    "another host's name": ("/etc/hosts", "10.0.0.2 web a-1 ab\n", "a", "b", "10.0.0.2 web a-1 ab\n"),
    "an address is no name": ("/etc/hosts", "a 10.0.0.1\n", "a", "b", "a 10.0.0.1\n"),
    "a qualified name": ("/etc/hosts", "10.0.0.1 n1.x.org n1\n", "n1.x.org", "n2.x.org", "10.0.0.1 n2.x.org n2\n"),
    "the file of the name": ("/etc/hostname", "web\n", "web", "db", "db\n"),
    "ifcfg": ("/etc/sysconfig/network", "DHCP_HOSTNAME=web\nWEB=web\n", "web", "db", "DHCP_HOSTNAME=db\nWEB=web\n"),
    "networkd": ("/etc/systemd/network/a.network", "[DHCPv4]\nHostname=a\n", "a", "b", "[DHCPv4]\nHostname=b\n"),
    "interfaces": ("/etc/network/interfaces", "iface a inet dhcp\n  hostname a\n", "a", "b",
                   "iface a inet dhcp\n  hostname b\n"),
    "a rule's comment": ("/etc/nftables.conf", 'accept comment "a host"\n', "a", "b", 'accept comment "a host"\n'),
    "a rule's word": ("/etc/nftables.conf", "tcp dport 80 accept\n", "accept", "drop", "tcp dport 80 accept\n"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "name", "other", "expected"), CASES.values(), ids=CASES)
def test_with_name_of(path: str, text: str, name: str, other: str, expected: str) -> None:
    assert with_name_of(path, text, name, other) == expected
