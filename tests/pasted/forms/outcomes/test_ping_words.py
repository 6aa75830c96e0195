"""What ping and traceroute print becomes outcomes."""

from typing import Any

from tests.pasted.readings import outcomes_in
from tests.rows import each_row

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "ping: lost": (
        (
            "PING 8.8.8.8 (8.8.8.8) 56(84) bytes of data.\n\n--- 8.8.8.8 ping statistics ---\n"
            "3 packets transmitted, 0 received, 100% packet loss, time 2000ms"
        ),
        [("8.8.8.8", None, "timeout", "")],
    ),
    "ping: a page made one line of all": (
        (
            "PING 172.17.0.254 (172.17.0.254) 56(84) bytes of data. --- 172.17.0.254 ping statistics --- "
            "11 packets transmitted, 0 received, 100% packet loss, time 1009ms"
        ),
        [("172.17.0.254", None, "timeout", "")],
    ),
    "ping: a page made one line of answers": (
        (
            "PING 172.17.0.3 (172.17.0.3) 56(84) bytes of data. 64 bytes from 172.17.0.3: icmp_seq=1 ttl=64 "
            "time=0.1 ms --- 172.17.0.3 ping statistics --- 1 packets transmitted, 1 received, 0% packet loss"
        ),
        [("172.17.0.3", None, "answered", "")],
    ),
    "ping: unreachable": (
        (
            "PING 10.8.0.9 (10.8.0.9) 56(84) bytes of data.\nFrom 10.8.0.5 icmp_seq=1 Destination Host Unreachable\n\n"
            "--- 10.8.0.9 ping statistics ---\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms"
        ),
        [("10.8.0.9", None, "unreachable", "")],
    ),
    "ping: prohibited": (
        "PING 10.8.0.9 (10.8.0.9): 56 data bytes\nFrom 10.8.0.1 icmp_seq=1 Packet filtered",
        [("10.8.0.9", None, "prohibited", "")],
    ),
    "ping of Windows": (
        "C:\\> ping 10.8.0.5\nPinging 10.8.0.5 with 32 bytes of data:\nRequest timed out.\nRequest timed out.\n",
        [("10.8.0.5", None, "timeout", "")],
    ),
    "ping: no name": ("ping: bad address 'db'", [("db", None, "no-name", "")]),
    "traceroute: no answer": (
        (
            "traceroute to 8.8.8.8 (8.8.8.8), 30 hops max, 60 byte packets\n 1  10.0.0.1 (10.0.0.1)  0.1 ms\n 2  "
            "* * *\n 3  * * *"
        ),
        [("8.8.8.8", None, "timeout", "")],
    ),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_the_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected
