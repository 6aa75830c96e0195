import msgspec

from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.packet import ICMP, TCP, UDP, Connection, Tcp, TcpState, Tuple
from hairpin.walk.hooks.conntrack_timeout import has_no_time, path_of, zero_timeouts
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, host_namespace


def entry(protocol: int, state: TcpState | None = None) -> Connection:
    forth = Tuple(CLIENT, HOST_ADDRESS, protocol, 40000, 80)
    return Connection(4, forth, forth.reversed(), tcp=Tcp(state) if state is not None else None)


CASES: dict[str, tuple[Connection, str, bool]] = {
    "the first packet": (entry(TCP, "SYN_SENT"), "tcp_timeout_syn_sent", True),
    "the first packet has no window": (entry(TCP, "SYN_SENT"), "tcp_timeout_max_retrans", True),
    "another state": (entry(TCP, "SYN_RECV"), "tcp_timeout_syn_sent", False),
    "data is unacknowledged": (entry(TCP, "ESTABLISHED"), "tcp_timeout_unacknowledged", True),
    "a state without a sysctl": (entry(TCP, "SYN_SENT2"), "tcp_timeout_syn_sent", False),
    "a datagram": (entry(UDP), "udp_timeout", True),
    "a stream begins after two seconds": (entry(UDP), "udp_timeout_stream", False),
    "an echo": (entry(ICMP), "icmp_timeout", True),
    "a protocol without a timeout of its own": (entry(47), "generic_timeout", True),
    "another protocol": (entry(UDP), "icmp_timeout", False),
}


@each_row(("connection", "key", "expected"), CASES.values(), ids=CASES)
def test_an_entry_without_time_is_over(connection: Connection, key: str, expected: bool) -> None:
    there = msgspec.structs.replace(host_namespace(), sysctls=Sysctls({path_of(key): "0"}))
    assert has_no_time(there, connection) is expected
    assert not has_no_time(msgspec.structs.replace(there, sysctls=Sysctls({path_of(key): "1"})), connection)
    assert not has_no_time(msgspec.structs.replace(there, sysctls=Sysctls({})), connection)


def test_the_timeouts_of_0_are_those_of_the_protocol() -> None:
    values = {path_of(each): "0" for each in ("udp_timeout", "tcp_timeout_close", "icmp_timeout")}
    there = msgspec.structs.replace(host_namespace(), sysctls=Sysctls(values))
    assert [zero_timeouts(there, each) for each in (TCP, UDP, ICMP, 47)] == [
        ("tcp_timeout_close",), ("udp_timeout",), ("icmp_timeout",), (),
    ]  # fmt: skip
