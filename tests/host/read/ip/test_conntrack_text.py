"""Connection tracking entries, as conntrack and /proc print them."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip.conntrack_text import parse, truncation
from hairpin.netfilter import ir
from hairpin.netfilter.packet import Connection, Tuple
from hairpin.netfilter.rule_address import read_address
from tests.rows import each_row

C, H, W, N = (read_address(text, "ip") for text in ("192.0.2.10", "198.51.100.11", "172.17.0.2", "192.0.2.53"))
SEEN = ir.STATUS_CONFIRMED | ir.STATUS_SEEN_REPLY

LINES: dict[str, tuple[str, Connection]] = {
    "published": (
        ("ipv4     2 tcp      6 119 TIME_WAIT src=192.0.2.10 dst=198.51.100.11 sport=48820 dport=8080"
        " src=172.17.0.2 dst=192.0.2.10 sport=80 dport=48820 [ASSURED] mark=0 use=1"),
        Connection(4, Tuple(C, H, 6, 48820, 8080), Tuple(W, C, 6, 80, 48820),
                   SEEN | ir.STATUS_ASSURED | ir.STATUS_DNAT)),
    "without -o extended": (
        ("udp      17 29 src=192.0.2.10 dst=198.51.100.11 sport=45505 dport=53"
        " src=198.51.100.11 dst=192.0.2.10 sport=53 dport=45505 mark=0 use=1"),
        Connection(4, Tuple(C, H, 17, 45505, 53), Tuple(H, C, 17, 53, 45505), SEEN)),
    "masqueraded, unanswered": (
        ("ipv4     2 udp      17 25 src=172.17.0.2 dst=192.0.2.53 sport=4000 dport=53 [UNREPLIED]"
        " src=192.0.2.53 dst=198.51.100.11 sport=53 dport=4000 mark=0 use=1"),
        Connection(4, Tuple(W, N, 17, 4000, 53), Tuple(N, H, 17, 53, 4000), ir.STATUS_CONFIRMED | ir.STATUS_SNAT)),
    "source port alone changed": (
        ("ipv4     2 tcp      6 300 ESTABLISHED src=198.51.100.11 dst=192.0.2.10 sport=4000 dport=80"
        " src=192.0.2.10 dst=198.51.100.11 sport=80 dport=1024 [ASSURED] mark=0 use=1"),
        Connection(4, Tuple(H, C, 6, 4000, 80), Tuple(C, H, 6, 80, 1024), SEEN | ir.STATUS_ASSURED | ir.STATUS_SNAT)),
    "of /proc, with counters, mark and zone": (
        ("ipv4     2 tcp      6 431999 ESTABLISHED src=192.0.2.10 dst=198.51.100.11 sport=5 dport=22"
        " packets=9 bytes=900 src=198.51.100.11 dst=192.0.2.10 sport=22 dport=5 packets=8 bytes=800 [ASSURED]"
        " mark=16 secctx=x zone=3 use=2"),
        Connection(4, Tuple(C, H, 6, 5, 22), Tuple(H, C, 6, 22, 5), SEEN | ir.STATUS_ASSURED, mark=16, zone=3)),
    "mark without counters": (
        ("ipv4     2 tcp      6 431999 ESTABLISHED src=192.0.2.10 dst=198.51.100.11 sport=5 dport=22"
        " src=198.51.100.11 dst=192.0.2.10 sport=22 dport=5 [ASSURED] mark=7 zone=0 use=2"),
        Connection(4, Tuple(C, H, 6, 5, 22), Tuple(H, C, 6, 22, 5), SEEN | ir.STATUS_ASSURED, mark=7)),
    "echo": (
        ("ipv4     2 icmp     1 29 src=172.17.0.2 dst=192.0.2.10 type=8 code=0 id=77"
        " src=192.0.2.10 dst=198.51.100.11 type=0 code=0 id=77 mark=0 use=1"),
        Connection(4, Tuple(W, C, 1, 77, 8 << 8), Tuple(C, H, 1, 77, 0), SEEN | ir.STATUS_SNAT)),
    "no ports": (
        ("ipv4     2 unknown  2 597 src=172.17.0.2 dst=192.0.2.10 [UNREPLIED]"
        " src=192.0.2.10 dst=172.17.0.2 mark=0 use=1"),
        Connection(4, Tuple(W, C, 2), Tuple(C, W, 2), ir.STATUS_CONFIRMED)),
    "IPv6": (
        ("ipv6     10 tcp      6 300 ESTABLISHED src=fd00::1 dst=fd00::2 sport=1 dport=2"
        " src=fd00::2 dst=fd00::1 sport=2 dport=1 [ASSURED] mark=0 use=1"),
        Connection(6, Tuple((0xFD00 << 112) + 1, (0xFD00 << 112) + 2, 6, 1, 2),
                   Tuple((0xFD00 << 112) + 2, (0xFD00 << 112) + 1, 6, 2, 1), SEEN | ir.STATUS_ASSURED)),
}  # fmt: skip


@each_row(("line", "expected"), LINES.values(), ids=LINES)
def test_entry(line: str, expected: Connection) -> None:
    (found,) = parse(text_reading(f"{line}\n", "conntrack -L", "e7"))
    assert (found.version, found.original, found.reply) == (expected.version, expected.original, expected.reply)
    assert (found.status, found.mark, found.zone) == (expected.status, expected.mark, expected.zone)
    assert (found.live, found.evidence, found.nat_checked) == (True, "e7", ())


# line, seconds until it is forgotten, state
ENDS: dict[str, tuple[str, int | None, str]] = {
    "of a TCP connection": ("published", 119, "TIME_WAIT"),
    "of one with a mark": ("of /proc, with counters, mark and zone", 431999, "ESTABLISHED"),
    "UDP has no state": ("without -o extended", 29, ""),
    "nor has ICMP": ("echo", 29, ""),
}


@pytest.mark.parametrize(("name", "timeout_s", "state"), ENDS.values(), ids=ENDS)
def test_how_long_it_is_kept(name: str, timeout_s: int | None, state: str) -> None:
    (found,) = parse(text_reading(f"{LINES[name][0]}\n", "conntrack -L"))
    assert (found.timeout_s, found.tcp.state if found.tcp else "") == (timeout_s, state)


def test_an_offloaded_entry_has_neither() -> None:
    line = LINES["of /proc, with counters, mark and zone"][0].replace("431999 ESTABLISHED ", "")
    (found,) = parse(text_reading(f"{line}\n", "/proc/net/nf_conntrack"))
    assert (found.timeout_s, found.tcp, found.zone, found.status & ir.STATUS_OFFLOAD) == (None, None, 3, 0)
    (found,) = parse(text_reading(line.replace("[ASSURED]", "[OFFLOAD]") + "\n", "/proc/net/nf_conntrack"))
    assert found.status & ir.STATUS_OFFLOAD


def test_the_note_about_entries_that_were_left_out() -> None:
    text = next(iter(LINES.values()))[0] + "\n# truncated: 20000 of 90000 entries\n"
    assert len(parse(text_reading(text, "conntrack -L"))) == 1
    assert truncation(text) == "truncated: 20000 of 90000 entries"
    assert truncation("") is None
    assert truncation("ipv4 …\n") is None


@pytest.mark.parametrize(
    "line",
    (
        "ipv4     2 tcp      6 300 ESTABLISHED src=192.0.2.10 dst=198.51.100.11 sport=5 dport=22",
        "ipv4     2 tcp      6 300 ESTABLISHED src=192.0.2.10 src=198.51.100.11",
        "ipv4     2 tcp      6 300 ESTABLISHED src=x dst=y sport=1 dport=2 src=y dst=x sport=2 dport=1 mark=0 use=1",
        "conntrack v1.4.7",
    ),
)
def test_damage_is_a_parse_error_with_its_line(line: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text_reading(f"\n{line}\n", "conntrack -L"))
    assert (caught.value.line, caught.value.text) == (2, line)
