"""firewalld's permanent configuration, read from its files."""

import pytest

from hairpin.errors import ParseError
from hairpin.firewalls.permanent import ForwardPort, PermanentZone, RichPart, RichRule, TrafficRules
from hairpin.firewalls.permanent_files import permanent
from tests.firewalld_host import PUBLIC, host_with

CONF = "/etc/firewalld/firewalld.conf"
ZONE = """<zone target="DROP">
  <short>Own</short>
  <interface name="eth0"/><source address="192.0.2.0/24"/><source ipset="bad"/>
  <service name="ssh"/><port port="80" protocol="tcp"/><port port="75-85" protocol="tcp"/>
  <port port="80" protocol="udp"/><protocol value="gre"/><masquerade/>
  <forward-port port="81" protocol="tcp" to-port="8081" to-addr="192.0.2.7"/>
  <rule family="ipv4" priority="-5">
    <source address="192.0.2.9" invert="True"/><port port="22" protocol="tcp"/>
    <log prefix="ssh "><limit value="3/m"/></log><reject type="tcp-reset"/>
  </rule>
</zone>
"""


def test_a_file_of_etc_comes_before_the_packages() -> None:
    assert permanent(host_with({PUBLIC: ZONE})).zone("public") == PermanentZone(
        "public",
        "DROP",
        ("eth0",),
        ("192.0.2.0/24", "ipset:bad"),
        rules=TrafficRules(
            services=("ssh",),
            ports=(("75-85", "tcp"), ("80", "udp")),
            protocols=("gre",),
            masquerade=True,
            forward_ports=(ForwardPort("81", "tcp", "8081", "192.0.2.7"),),
            rich=(
                RichRule(
                    "ipv4",
                    -5,
                    RichPart("source", (("address", "192.0.2.9"), ("invert", "True"))),
                    None,
                    RichPart("port", (("port", "22"), ("protocol", "tcp"))),
                    (RichPart("log", (("prefix", "ssh "),), "3/m"),),
                    RichPart("reject", (("type", "tcp-reset"),)),
                ),
            ),
        ),
    )
    stock = permanent(host_with()).zone("public")
    assert stock is not None
    assert stock.rules.services == ("ssh", "dhcpv6-client")


def test_the_settings_have_firewallds_defaults() -> None:
    found = permanent(host_with()).settings
    assert (found.default_zone, found.rpfilter, found.rfc3964, found.flushes_all) == ("public", "strict", True, True)
    said = "DefaultZone=work\nIPv6_rpfilter=no\nRFC3964_IPv4=no\nFlushAllOnReload=no\nCleanupOnExit=no\n"
    other = permanent(host_with({CONF: said})).settings
    assert (other.default_zone, other.rpfilter, other.rfc3964, other.flushes_all) == ("work", "", False, False)
    assert (found.cleans_up, other.cleans_up) == (True, False)


def test_the_version_is_the_packages() -> None:
    assert permanent(host_with(version="1.3.3-1~deb12u2")).version == (1, 3, 3)
    assert permanent(host_with(version="")).version == (1, 3)


def test_a_file_of_another_kind_is_named() -> None:
    with pytest.raises(ParseError, match=r"public\.xml"):
        permanent(host_with({PUBLIC: "<service/>"}))


def test_an_old_service_names_protocols_as_ports_without_a_number() -> None:
    own = {
        "/etc/firewalld/services/old.xml": '<service><port port="" protocol="esp"/><module name="nf_conntrack_ftp"/>'
        "</service>"
    }
    found = permanent(host_with(own)).services["old"]
    assert (found.ports, found.protocols, found.modules) == ((), ("esp",), ("ftp",))
