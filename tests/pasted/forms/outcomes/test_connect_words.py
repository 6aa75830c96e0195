"""What telnet, netcat, ssh and nmap print becomes outcomes."""

from typing import Any

from tests.pasted.readings import outcomes_in
from tests.rows import each_row

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "telnet": (
        "$ telnet 10.8.0.5 8080\nTrying 10.8.0.5...\ntelnet: connect to address 10.8.0.5: Connection timed out",
        [("10.8.0.5", 8080, "timeout", "")],
    ),
    "telnet, broken off": ("$ telnet 10.8.0.5 8080\nTrying 10.8.0.5...\n^C", [("10.8.0.5", 8080, "timeout", "")]),
    "telnet: connected": (
        "$ telnet 10.8.0.5 22\nTrying 10.8.0.5...\nConnected to 10.8.0.5.\nEscape character is '^]'.",
        [("10.8.0.5", 22, "answered", "")],
    ),
    "nc: succeeded": ("Connection to 10.8.0.5 22 port [tcp/ssh] succeeded!", [("10.8.0.5", 22, "answered", "")]),
    "nc: UDP succeeds without an answer": ("Connection to 10.8.0.5 53 port [udp/domain] succeeded!", []),
    "nc: refused": (
        "nc: connect to 10.8.0.5 port 81 (tcp) failed: Connection refused",
        [("10.8.0.5", 81, "refused", "")],
    ),
    "ncat": ("$ ncat -v 10.8.0.5 81\nNcat: Connection timed out.", [("10.8.0.5", 81, "timeout", "")]),
    "nc of Debian": ("(UNKNOWN) [10.8.0.5] 80 (http) : Connection refused", [("10.8.0.5", 80, "refused", "")]),
    "ssh": ("ssh: connect to host 10.0.0.1 port 22: No route to host", [("10.0.0.1", 22, "unreachable", "")]),
    "nmap": (
        (
            "Nmap scan report for srv (10.8.0.5)\nHost is up.\n\nPORT     STATE    SERVICE\n80/tcp   open     http\n"
            "81/tcp   closed   hosts2-ns\n8080/tcp filtered http-proxy"
        ),
        [("10.8.0.5", 80, "answered", ""), ("10.8.0.5", 81, "refused", ""), ("10.8.0.5", 8080, "timeout", "")],
    ),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_the_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected
