"""What /etc/network/interfaces says: stanzas, sourced files, addresses, and which links are up."""

from hairpin.host.boot.ifupdown import Stanza, configured_by_ifupdown, interfaces
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from tests.small_host import number

MAIN = """# the loopback
auto lo eth0
iface lo inet loopback

source /etc/network/interfaces.d/*
allow-hotplug /en*
iface eth0 inet static
    address 198.51.100.11/24
    gateway 198.51.100.1
    # up ip route add 10.0.0.0/8 via 198.51.100.9
    up ip route add 10.9.0.0/16 \\
        via 198.51.100.2
    pre-down ip route del 10.9.0.0/16
    post-up sysctl -w net.ipv4.conf.eth0.rp_filter=0
iface eth0 inet6 static
    address 2001:db8::11
    netmask 64
"""
MORE = """auto eth1
iface eth1 inet static
    address 10.0.0.1
    netmask 255.255.255.252
    mtu 1400
iface enp3s0 inet dhcp
"""


def host(*files: tuple[str, str]) -> Host:
    return Host("test", files=tuple(ConfigFile(f"/{path}", text) for path, text in files))


def stanza(method: str, **options: str) -> Stanza:
    lines = "".join(f"  {key} {value}\n" for key, value in options.items())
    return interfaces(host(("etc/network/interfaces", f"iface eth0 inet {method}\n{lines}"))).stanzas[0]


def test_stanzas_stand_in_the_order_of_the_files() -> None:
    known = interfaces(host(("etc/network/interfaces", MAIN), ("etc/network/interfaces.d/more", MORE)))
    assert [(each.link, each.family, each.method) for each in known.stanzas] == [
        ("lo", "inet", "loopback"), ("eth1", "inet", "static"), ("enp3s0", "inet", "dhcp"),
        ("eth0", "inet", "static"), ("eth0", "inet6", "static"),
    ]  # fmt: skip
    assert known.named(known.auto) == ("lo", "eth0", "eth1")
    assert known.named(known.hotplug) == ("enp3s0",)
    assert known.unread == ()


def test_commands_belong_to_a_phase_and_know_their_line() -> None:
    (first, second) = interfaces(host(("etc/network/interfaces", MAIN))).of_link("eth0")
    assert [(each.value, each.line) for each in first.commands("up")] == [
        ("ip route add 10.9.0.0/16 via 198.51.100.2", 11), ("sysctl -w net.ipv4.conf.eth0.rp_filter=0", 14),
    ]  # fmt: skip
    assert [each.key for each in first.commands("down")] == ["pre-down"]
    assert (first.commands("pre-up"), second.commands("up")) == ((), ())


def test_addresses_have_a_length_of_their_own_or_that_of_the_mask() -> None:
    known = interfaces(host(("etc/network/interfaces", MAIN), ("etc/network/interfaces.d/more", MORE)))
    (first, second), (other,) = known.of_link("eth0"), known.of_link("eth1")
    assert first.address == Address("eth0", 4, number("198.51.100.11"), 24, broadcast=number("198.51.100.255"))
    assert first.gateway == number("198.51.100.1")
    assert second.address == Address("eth0", 6, number("2001:db8::11"), 64)
    assert other.address is not None
    assert (other.address.prefix_length, other.number("mtu"), other.gateway) == (30, 1400, None)


def test_an_address_without_a_length_has_that_of_its_class() -> None:
    lengths = [
        found.prefix_length if (found := stanza("static", address=each).address) is not None else None
        for each in ("10.0.0.1", "172.16.0.1", "192.0.2.1", "not an address", "10.0.0.1/31")
    ]
    assert lengths == [8, 16, 24, None, 31]
    pair = stanza("static", address="10.0.0.1/31").address
    assert pair is not None
    assert pair.broadcast == 0xFFFFFFFF
    assert stanza("manual", address="10.0.0.1").address is None


def test_a_stanza_inherits_the_options_of_another() -> None:
    text = "iface base inet static\n  gateway 10.0.0.9\niface eth5 inet static inherits base\n  address 10.0.0.1/24\n"
    (_, heir) = interfaces(host(("etc/network/interfaces", text))).stanzas
    assert heir.gateway == number("10.0.0.9")


def test_a_sourced_file_that_was_not_read_is_named() -> None:
    known = interfaces(host(("etc/network/interfaces", "source /srv/network/*.cfg\n")))
    assert known.unread == ("/srv/network/*.cfg",)


def test_the_state_says_which_links_are_up() -> None:
    files = (("etc/network/interfaces", MAIN), ("etc/network/interfaces.d/more", MORE))
    before = host(*files)
    assert configured_by_ifupdown(before, interfaces(before)) == ("lo", "eth0", "eth1", "enp3s0")
    told = host(*files, ("run/network/ifstate", "lo=lo\neth1=eth1\n"))
    assert configured_by_ifupdown(told, interfaces(told)) == ("lo", "eth1")
    assert interfaces(host()).stanzas == ()
