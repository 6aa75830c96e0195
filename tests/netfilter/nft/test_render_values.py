import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter.ir import Key, NameKey, NumberKey, Ranges
from hairpin.netfilter.nft.render_values import key_text, kind_of, ranges_text

RANGES: dict[str, tuple[Ranges, str]] = {
    "80": (((80, 80),), "inet_service"),
    "80-90": (((80, 90),), "inet_service"),
    "{ 80, 90-99 }": (((80, 80), (90, 99)), "inet_service"),
    "10.0.0.0-10.0.0.255": (((0x0A000000, 0x0A0000FF),), "ipv4_addr"),
    "fd00::1": (((0xFD << 120 | 1, 0xFD << 120 | 1),), "ipv6_addr"),
    "02:42:ac:11:00:02": (((0x0242AC110002, 0x0242AC110002),), "ether_addr"),
    "ipv6": (((10, 10),), "nf_proto"),
}


@pytest.mark.parametrize(("text", "of"), RANGES.items())
def test_ranges(text: str, of: tuple[Ranges, str]) -> None:
    assert ranges_text(*of) == text


KEYS: dict[str, tuple[tuple[Key, ...], tuple[str, ...]]] = {
    "*": ((), ("ipv4_addr",)),
    '"eth0" . 6': ((NameKey("eth0"), NumberKey(6, 6)), ("ifname", "inet_proto")),
    "8": ((NumberKey(0x800, 0x8FF),), ("icmp_type",)),
}


@pytest.mark.parametrize(("text", "of"), KEYS.items())
def test_keys(text: str, of: tuple[tuple[Key, ...], tuple[str, ...]]) -> None:
    assert key_text(*of) == text


def test_a_key_has_a_dimension_for_each_type() -> None:
    with pytest.raises(ChangeError, match="dimensions"):
        key_text((NumberKey(1, 1),), ("inet_proto", "inet_service"))


@pytest.mark.parametrize(
    ("field", "kind"),
    {"saddr4": "ipv4_addr", "ct-repl-daddr6": "ipv6_addr", "dmac": "ether_addr", "mark": "integer"}.items(),
)
def test_fields_have_a_type(field: str, kind: str) -> None:
    assert kind_of(field) == kind
