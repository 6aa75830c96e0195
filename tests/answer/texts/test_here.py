"""A text is true here only if it is known who printed it, and an answer of check or a reading proves a cause of it."""

import pytest

from hairpin.answer.texts.explain import explain_texts
from hairpin.answer.texts.here import Here
from hairpin.explain.understand import understand
from hairpin.message import message
from tests.explain.answers import NOW, explain, the_only
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement
from tests.whole import thinned_rows

TIMEOUT = "curl: (28) Failed to connect to {} port 8080 after 134520 ms: Connection timed out"
OUTSIDE = "192.0.2.10"

# the text, the host, where it was printed, whether it is true there, and the beginning of the likeliest cause
CASES: dict[str, tuple[str, tuple[Replacement, ...], str, Here, str]] = {
    "forwarding is off": (
        "WARNING: IPv4 forwarding is disabled. Networking will not work.", (FORWARDING_OFF,), "", "true",
        "interface-forwarding-off"),
    "forwarding is on": ("WARNING: IPv4 forwarding is disabled.", (), "", "false", "ip-forward-off"),
    "an address elsewhere": ("dial tcp 203.0.113.1:9090: i/o timeout", (USER_DROPS,), "", "unknown", ""),
    "a port that is dropped, from a client": (
        TIMEOUT.format("0.0.0.0"), (USER_DROPS,), OUTSIDE, "true", "docker-user-drops"),
    "a port that is dropped, printed anywhere": (
        TIMEOUT.format("0.0.0.0"), (USER_DROPS,), "", "unknown", "docker-user-drops"),
    "a port that is reached from there": (TIMEOUT.format("0.0.0.0"), (USER_DROPS,), "host", "false", ""),
    "it comes and goes": ("nf_conntrack: table full, dropping packet", (), "", "unknown", "conntrack-table-full"),
    "its causes are not the only reasons": (
        "Error response from daemon: Timeout was reached before node joined.", (), "", "unknown", "vxlan-port-blocked"),
    "no cause is known of it": ("FirewallD is not running", (), "", "unknown", ""),
    "no port is named": (
        "curl: (28) Connection timed out after 5001 milliseconds", (), OUTSIDE, "unknown", "filter-"),
    "127.0.0.1 is another one everywhere": (
        "dial tcp 127.0.0.1:8080: connect: connection refused", (), "", "unknown", "service-not-listening"),
    "127.0.0.1 of a container": (
        "dial tcp 127.0.0.1:8080: connect: connection refused", (), "container:plain", "true", "loopback-is"),
    "HTTP answers a client that speaks TLS": (
        'Get "https://0.0.0.0:8080/": http: server gave HTTP response to HTTPS client', (USER_DROPS,), OUTSIDE,
        "unknown", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "host", "origin", "here", "first"), thinned_rows(CASES.values(), 4), ids=CASES)
def test_here(text: str, host: tuple[Replacement, ...], origin: str, here: Here, first: str) -> None:
    found = the_only(text, *host, origin=origin).here
    assert found.here == here
    assert not first or found.cause_ids[0].startswith(first)
    assert (found.cause is not None) == (here == "true")


def test_the_flow_of_the_text_is_the_proof() -> None:
    found = the_only("dial tcp 0.0.0.0:8080: i/o timeout", FORWARDING_OFF, origin=OUTSIDE)
    assert found.here.here == "true"
    assert found.here.flow is not None
    assert found.here.flow.trace.flow.dport == 8080
    assert found.here.cause_ids[0] == "interface-forwarding-off"


def test_what_fails_otherwise_than_the_text_says_is_named() -> None:
    """The port is dropped now; the text tells of a refusal."""
    text = "dial tcp 0.0.0.0:8080: connect: connection refused"
    found = the_only(text, FORWARDING_OFF, origin=OUTSIDE).here
    assert (found.here, found.cause_ids[0]) == ("unknown", "interface-forwarding-off")
    assert "in another way than the text says" in str(found.why)


INPUT_DROPS: Replacement = (":INPUT ACCEPT [", ":INPUT DROP [")


def test_a_container_that_is_named_said_it() -> None:
    """A container's packet to the host's own address is dropped by INPUT."""
    found = the_only("plain  | dial tcp 172.17.0.1:22: i/o timeout", INPUT_DROPS).here
    assert found.here == "true"
    assert found.flow is not None
    assert found.flow.verdict == "dropped"
    assert (found.sender.kind, found.sender.name, found.sender.told_by) == ("container", "plain", "line")


def test_an_unknown_sender_gets_what_this_host_says_and_no_cause() -> None:
    found = the_only("dial tcp 172.17.0.1:22: i/o timeout", INPUT_DROPS).here
    assert (found.here, found.cause, found.sender.kind) == ("unknown", None, "unknown")
    assert str(found.why).startswith("seen from this host: ")
    assert "--from" in str(found.why)


def test_another_hosts_text_proves_nothing_here() -> None:
    found = the_only("Nov 26 01:00:00 elsewhere app[9]: dial tcp 172.17.0.1:22: i/o timeout", INPUT_DROPS).here
    assert (found.here, found.sender.kind, found.sender.host) == ("unknown", "elsewhere", "elsewhere")


def test_another_port_proves_nothing() -> None:
    found = the_only("dial tcp 0.0.0.0:8081: i/o timeout", FORWARDING_OFF, origin=OUTSIDE)
    assert found.here.cause_ids[0] != "interface-forwarding-off"
    assert found.here.here != "true"


def test_without_a_host_the_meaning_is_said() -> None:
    understood = understand([b"nf_conntrack: table full, dropping packet"], NOW)
    (found,) = explain_texts(understood, (), message("this is not a Linux host")).found
    assert (found.here.here, str(found.here.why)) == ("unknown", "this is not a Linux host")
    assert found.here.cause_ids == ("conntrack-table-full",)


def test_what_is_unread_keeps_it_undecided() -> None:
    found = explain("WARNING: IPv4 forwarding is disabled.")
    assert found.answer is not None
    assert found.answer.unread == ()


def test_what_a_router_outside_decides_is_not_called_untrue() -> None:
    """The answer leaves by eth0 with the address of eth1."""
    text = "curl: (28) Failed to connect to {} port 8080 after 134520 ms: Connection timed out"
    second, first = (the_only(text.format(each), origin=OUTSIDE).here for each in ("198.18.0.11", "198.51.100.11"))
    assert second.here == "unknown"
    assert "Does the router 198.51.100.1 behind eth0" in str(second.why)
    assert first.here == "false"
