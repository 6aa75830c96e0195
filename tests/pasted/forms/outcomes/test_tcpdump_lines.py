"""Packets of tcpdump become outcomes where they plainly show one."""

from typing import Any

import msgspec

from hairpin.pasted.text import evidence_in_texts
from tests.pasted.readings import outcomes_in
from tests.rows import each_row

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "tcpdump -v": (
        (
            "10:07:46.203094 IP (tos 0x0, ttl 64, id 56025, offset 0, flags [DF], proto TCP (6), length 60)\n"
            "    172.27.0.0.57888 > 172.27.1.4.9153: Flags [S], cksum 0x6804 (correct)\n"
            "10:07:47.203094 IP (tos 0x0, ttl 64, id 56026, offset 0, flags [DF], proto TCP (6), length 60)\n"
            "    172.27.0.0.57888 > 172.27.1.4.9153: Flags [S], cksum 0x6804 (correct)"
        ),
        [("172.27.1.4", 9153, "timeout", "")],
    ),
    "tcpdump: SYNs without an answer": (
        (
            "12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1\n12:00:01.1 IP 10.8.0.9.4444 > "
            "10.8.0.5.80: Flags [S], seq 1"
        ),
        [("10.8.0.5", 80, "timeout", "")],
    ),
    "tcpdump: one SYN tells nothing": ("12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1", []),
    "tcpdump: a reset": (
        (
            "12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1\n12:00:00.2 IP 10.8.0.5.80 > "
            "10.8.0.9.4444: Flags [R.], seq 0"
        ),
        [("10.8.0.5", 80, "refused", "")],
    ),
    "tcpdump: requests without a reply": (
        (
            "22:09:14.5 IP 10.1.69.0 > 10.1.89.2: ICMP echo request, id 1, seq 4, length 64\n22:09:15.5 IP 10.1.69.0 > "
            "10.1.89.2: ICMP echo request, id 1, seq 5, length 64"
        ),
        [("10.1.89.2", None, "timeout", "")],
    ),
    "tcpdump: a reply": (
        (
            "22:09:14.5 IP 10.1.69.0 > 10.1.89.2: ICMP echo request, id 1, seq 4, length 64\n22:09:14.6 IP 10.1.89.2 > "
            "10.1.69.0: ICMP echo reply, id 1, seq 4, length 64\n22:09:15.5 IP 10.1.69.0 > 10.1.89.2: ICMP echo request"
        ),
        [],
    ),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_the_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected


def test_an_outcome_has_the_source_of_the_packet() -> None:
    text = "12:00:00.1 IP 172.17.0.2.4444 > 10.8.0.5.80: Flags [S], seq 1"
    (reading,) = evidence_in_texts((f"{text}\n{text}\n",)).all("outcome")
    assert msgspec.json.decode(reading.text)["source"] == "172.17.0.2"
