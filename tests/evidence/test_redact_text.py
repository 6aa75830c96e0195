"""Every form in which a tool writes an address, and nothing that only looks like one."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from hypothesis import given
from hypothesis import strategies as st

from hairpin.evidence.address_map import AddressMap
from hairpin.evidence.name_map import NameMap
from hairpin.evidence.redact_text import Text, ranges_in
from tests.rows import each_row

ID = "4381493b543ef2895eb0e875cb9b4a53cba6b4f0d4d25eed0d9e547f6cc31eeb"
ADDRESSES = AddressMap(b"key")
NAMES = NameMap(b"key", frozenset({ID[:12]}))
TEXT = Text(ADDRESSES, NAMES, frozenset({ID[:12]}))


def v4(text: str) -> str:
    return str(ADDRESSES.address(ip_address(text)))


def net(text: str) -> str:
    address, _, length = text.partition("/")
    return f"{ADDRESSES.network(ip_address(address), int(length))}/{length}"


HOME = "/home" + "/"  # in two parts: a check refuses paths of machines in the repository
MAC = NAMES.mac(bytes.fromhex("0242ac110002")).hex(":")
MAC2 = NAMES.mac(bytes.fromhex("0242ac110003")).hex(":")

RENAMED: dict[str, tuple[str, str]] = {
    "iptables": ("-A DOCKER -d 10.1.0.2/32 -j DNAT --to-destination 10.1.0.2:80-90",
                 f"-A DOCKER -d {net('10.1.0.2/32')} -j DNAT --to-destination {v4('10.1.0.2')}:80-90"),
    "network": ("ip route 10.1.0.0/16 dev br0", f"ip route {net('10.1.0.0/16')} dev br0"),
    "netmask": ("-s 10.1.0.0/255.255.0.0", f"-s {net('10.1.0.0/16').split('/')[0]}/255.255.0.0"),
    "range": ("--src-range 10.1.0.3-10.1.0.9", f"--src-range {v4('10.1.0.3')}-{v4('10.1.0.9')}"),
    "conntrack": ("src=10.1.0.2 dst=8.8.8.8 sport=1", f"src={v4('10.1.0.2')} dst={v4('8.8.8.8')} sport=1"),
    "socket": ("10.1.0.2%eth0:53 [2a01:4f8::1]:80", f"{v4('10.1.0.2')}%eth0:53 [{v4('2a01:4f8::1')}]:80"),
    "json": ('"local":"10.1.0.2"', f'"local":"{v4("10.1.0.2")}"'),
    "nft prefix": ('{"addr": "10.1.0.0", "len": 16}', f'{{"addr": "{net("10.1.0.0/16").split("/")[0]}", "len": 16}}'),
    "rule": ('"src":"10.1.0.0","srclen":16', f'"src":"{net("10.1.0.0/16").split("/")[0]}","srclen":16'),
    "end of sentence": ("from 8.8.8.8.", f"from {v4('8.8.8.8')}."),
    "ipv6 network": ("2a01:4f8:1::/64 dev x", f"{net('2a01:4f8:1::/64')} dev x"),
    "mapped": ("[::ffff:10.1.0.2]:80", f"[::ffff:{v4('10.1.0.2')}]:80"),
    "nat64": ("64:ff9b::8.8.8.8", f"64:ff9b::{v4('8.8.8.8')}"),
    "mac": ("link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff", f"link/ether {MAC} brd ff:ff:ff:ff:ff:ff"),
    "log": ("MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC", f"MAC={MAC}:{MAC2}:08:00 SRC"),
    "id": (f"docker/{ID}", f"docker/{NAMES.id(ID)}"),
    "short id": (f"{ID[:12]} br-{ID[:12]}", f"{NAMES.id(ID)[:12]} br-{NAMES.id(ID)[:12]}"),
    "foreign bridge": ("br-0123456789ab", f"br-{NAMES.id('0123456789ab')}"),
    "home": (f"{HOME}alice/x", f"{HOME}{NAMES.name('alice')}/x"),
}  # fmt: skip


@each_row(("text", "expected"), RENAMED.values(), ids=RENAMED)
def test_identifying_names_are_renamed(text: str, expected: str) -> None:
    assert TEXT.plain(text) == expected
    assert expected != text


KEPT = (
    *("[12:345678901234]", "1.2.3", "300.1.1.1", "10:15:30", "[0:0] -A INPUT", "std::vector", "0x10.1"),
    *("123456789012", "a" * 63, "::", "::1", "0.0.0.0/0", "::/0", "127.0.0.0/8", "255.255.255.255", "v1.2.3.4x"),
    *("224.0.0.0/4", "00:00:00:00:00:00", "33:33:00:00:00:01", "tcp dpt:80", "/homework/x", "*:80"),
)


@each_row("text", KEPT)
def test_other_names_stay(text: str) -> None:
    assert TEXT.plain(text) == text


def test_bridge_ids_are_the_mac_addresses_without_zeros() -> None:
    renamed = TEXT.plain('"bridge_id":"8000.2:42:ac:11:0:2"')
    found = re.search(r"8000\.([0-9a-f:]+)", renamed)
    assert found is not None
    assert bytes(int(octet, 16) for octet in found[1].split(":")).hex(":") == MAC


def test_proc_net_words_are_renamed_in_their_own_byte_order() -> None:
    line = "0: 0200010A:1F90 00000000:0000 0A"
    expected = IPv4Address(v4("10.1.0.2")).packed[::-1].hex().upper()
    assert TEXT.proc_net(line) == f"0: {expected}:1F90 00000000:0000 0A"


@given(low=st.integers(0, 2**64 - 1))
def test_proc_net_tcp6_agrees_with_the_text_form(low: int) -> None:
    address = IPv6Address((0x2A01_04F8 << 96) + low)
    words = "".join(address.packed[index : index + 4][::-1].hex().upper() for index in range(0, 16, 4))
    renamed = TEXT.proc_net(f"{words}:0050").partition(":")[0]
    packed = b"".join(bytes.fromhex(renamed[index : index + 8])[::-1] for index in range(0, 32, 8))
    assert IPv6Address(packed) == ADDRESSES.address(address)


def test_services_of_ipvs_are_renamed_as_their_addresses_are_elsewhere() -> None:
    renamed = TEXT.ip_vs("FWM  00000100 rr\nTCP  0A000902:0050 rr\n  -> 0A00090B:1F90      Masq\n")
    first, second = (int(ip_address(TEXT.plain(each))) for each in ("10.0.9.2", "10.0.9.11"))
    assert renamed == f"FWM  00000100 rr\nTCP  {first:08X}:0050 rr\n  -> {second:08X}:1F90      Masq\n"
    assert TEXT.ip_vs("TCP  [2001:0db8::5]:01BB rr") == f"TCP  [{TEXT.plain('2001:0db8::5')}]:01BB rr"


def test_words_are_replaced_whole_and_only_if_known() -> None:
    names = NameMap(b"other")
    text = Text(ADDRESSES, names, frozenset())
    fresh = names.name("shop-web")
    assert text.words("on shop-web: shop-web2 my-shop-web (shop-web)") == (
        f"on {fresh}: shop-web2 my-shop-web ({fresh})"
    )
    names.name("later")
    assert "later" not in text.words("later")


RANGES: dict[str, tuple[str, bool, list[tuple[str, str]]]] = {
    "iprange": ("--src-range 10.0.0.5-10.0.0.9 -j DROP", False, [("10.0.0.5", "10.0.0.9")]),
    "nft": ('{"range": ["10.0.0.5", "10.0.0.9"]}', False, [("10.0.0.5", "10.0.0.9")]),
    "ipv6": ("fd00::5-fd00::9", False, [("fd00::5", "fd00::9")]),
    "backwards": ("10.0.0.9-10.0.0.5", False, []),
    "subnet": ('"local":"10.0.0.5","prefixlen":24', True, [("10.0.0.0", "10.0.0.255")]),
    "cidr": ('"Subnet":"fd00::/64"', True, [("fd00::", "fd00::ffff:ffff:ffff:ffff")]),
    "not asked": ("10.0.0.0/24", False, []),
    "default": ("0.0.0.0/0", True, []),
}


@each_row(("text", "subnets", "expected"), RANGES.values(), ids=RANGES)
def test_ranges_are_found(text: str, subnets: bool, expected: list[tuple[str, str]]) -> None:
    assert [(str(first), str(last)) for first, last in ranges_in(text, subnets=subnets)] == expected
