import pytest

from hairpin.netfilter.iptables.demands import MATCHES, TARGETS, check, check_numbers, lacks_protocol
from hairpin.netfilter.iptables.words import read_group, split_words
from tests.rows import each_row

REFUSED = (
    "-m mark", "-m mark --mark 1 --mark 2", "-m addrtype --limit-iface-in",
    "-m addrtype --src-type LOCAL --limit-iface-in --limit-iface-out", "-m ttl --ttl-eq 1 --ttl-gt 1",
    "-m connlimit --connlimit-upto 1 --conlimit-above 1", "-m connlimit --connlimit-upto 4294967296",
    "-m connbytes --connbytes 0:-1 --connbytes-mode packets --connbytes-dir both",
    "-m connbytes --connbytes 0:1 --connbytes-mode wrong --connbytes-dir both", "-m hashlimit --hashlimit-upto 1/sec",
    "-m statistic --mode random --probability 1.1", "-m statistic --mode nth --every 5 --packet 5",
    "-m recent --set --rttl", "-m recent --rcheck --hitcount 999", "-m quota --quota 18446744073709551616",
    "-j LOG --log-level bad", "-j LOG --log-prefix", "-j TEE ! --gateway 192.0.2.1", "-j CT --zone 65536",
    "-j TCPOPTSTRIP --strip-options 1,2", "-j TTL --ttl-set 256", "-j IDLETIMER --timeout 42", "-j DNAT",
    "-j TTL --ttl-inc 0", "-j HL --hl-dec 0", "-j TTL --ttl-dec 1 --ttl-inc 1",
    "-m tcp --sport 4:3", "-m tcp ! --dport 4:3",
    "-m connbytes --connbytes 1000:0 --connbytes-mode packets --connbytes-dir original",
)  # fmt: skip
TAKEN = (
    "-m tcp", "-m mark --mark 1", "-m addrtype --src-type LOCAL ! --dst-type LOCAL", "-m quota --quota 0",
    "-m statistic --mode nth ! --every 5 --packet 2", "-m statistic --mode random --probability 0.5",
    "-m recent --update --rttl", "-j LOG", "-j LOG --log-level alert", "-j NFLOG --nflog-size 0", "-j TCPOPTSTRIP",
    "-j CT --zone 65535", "-j UNKNOWN --anything 9",
    "-j TTL --ttl-inc 1", "-j HL --hl-dec 255", "-m tcp --dport 3:4", "-m tcp --dport 3", "-m tcp --dport 3:",
    "-m udp --sport 4:3",
)  # fmt: skip


def checked(words: str) -> None:
    raw = split_words(words)
    check(read_group(raw, raw[1], "ip"), MATCHES if raw[0] == "-m" else TARGETS, raw[1])


@each_row("words", REFUSED)
def test_groups_that_iptables_does_not_load_are_refused(words: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        checked(words)


@each_row("words", TAKEN)
def test_groups_that_iptables_loads_are_accepted(words: str) -> None:
    checked(words)


@pytest.mark.parametrize(
    ("text", "fits"), {"0:255": True, "256": False, "-1": False, "1:-1": False, "9-": True}.items()
)
def test_numbers_have_their_limits(text: str, *, fits: bool) -> None:
    if fits:
        check_numbers(text, 255)
    else:
        with pytest.raises(ValueError, match=r"above|negative"):
            check_numbers(text, 255)


PROTOCOL: dict[str, str | None] = {
    "-m tcp --dport 1": "-m tcp",
    "-p tcp -m tcp --dport 1": None,
    "-j DNAT --to-destination 192.0.2.1:80": "-j DNAT --to-destination 192.0.2.1:80",
    "-j DNAT --to-destination 192.0.2.1": None,
    "-j DNAT --to-destination fd00::1": None,
    "-j SNAT --to-source [fd00::1]:80": "-j SNAT --to-source [fd00::1]:80",
    "-s 192.0.2.1/32 -p tcp -j REJECT --reject-with tcp-reset": None,
    "-j REJECT --reject-with tcp-reset": "--reject-with tcp-reset",
    "-j REDIRECT --to-ports 42": "--to-ports 42",
}


@each_row(("words", "part"), PROTOCOL.items())
def test_ports_need_a_protocol(words: str, part: str | None) -> None:
    assert lacks_protocol(words) == part


@pytest.mark.parametrize(
    "words",
    (
        "-m string --algo bm", "-m string --string x --algo wrong", f"-m string --string {'x' * 129} --algo bm",
        "-m tcpmss --mss 65535:1000",
    ),
)  # fmt: skip
def test_patterns_and_sizes_have_their_limits(words: str) -> None:
    with pytest.raises(ValueError, match=r"string|pattern|algo|mss"):
        checked(words)


def test_ipv4_needs_a_protocol_for_the_authentication_header() -> None:
    assert lacks_protocol("-m ah", "ip") == "-m ah"
    assert lacks_protocol("-m ah", "ip6") is None
