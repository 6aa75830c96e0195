"""Only flows that a text names, from its sender, count for it."""

import pytest

from hairpin.explain.here import Here
from tests.explain.answers import the_only
from tests.report.answers import FORWARDING_OFF, Replacement

MASQUERADE_GONE: Replacement = ("-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n", "")
UPSTREAM = 'upstream timed out (110: Connection timed out) while connecting to upstream: "http://0.0.0.0:8080/"'
CASES: dict[str, tuple[str, tuple[Replacement, ...], str, Here]] = {
    "its port": ("dial tcp 0.0.0.0:8080: i/o timeout", (FORWARDING_OFF,), "192.0.2.7", "true"),
    "another port": ("dial tcp 0.0.0.0:8081: i/o timeout", (FORWARDING_OFF,), "192.0.2.7", "unknown"),
    "a URL": (UPSTREAM, (FORWARDING_OFF,), "192.0.2.7", "true"),
    "another sender": ("dial tcp 0.0.0.0:8080: i/o timeout", (FORWARDING_OFF,), "host", "false"),
}


@pytest.mark.parametrize(("text", "host", "origin", "here"), CASES.values(), ids=CASES)
def test_here(text: str, host: tuple[Replacement, ...], origin: str, here: Here) -> None:
    assert the_only(text, *host, origin=origin).here.here == here
