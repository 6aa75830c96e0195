"""Tests for the causes that the words of a text rule out."""

from hairpin.evidence.told import Outcome
from hairpin.suppose.said_out import said_out


def test_a_client_that_waited_met_no_closed_port() -> None:
    """A kernel refuses at once, so a client that got no answer for seconds did not ask a closed port."""
    waited = Outcome("curl", "curl: (28) Failed to connect after 133990 ms", "timeout", port=3000)
    assert "host-service-listens-on-loopback" in said_out("", (waited,))
    refused = Outcome("curl", "curl: (7) Connection refused", "refused", port=3000)
    assert said_out("", (waited, refused)) == frozenset()
    assert said_out("wait-for-it: connection refused, timed out", (waited,)) == frozenset()
    assert said_out("", (Outcome("", "it times out", "timeout"),)) == frozenset()


def test_a_port_that_is_open_to_too_many_is_not_closed() -> None:
    """A text that complains of a port that others reach asks about no packet that is dropped."""
    for text in (
        "ufw denies 8080, and the container is still reachable from the internet",
        "防火墙指定了ip，但在其它ip下也可以正常访问",
        "iptables 规则拦不住容器的端口",
    ):
        assert "forward-policy-drop" in said_out(text, ()), text
    for text in (
        "the port is still reachable from another host",  # nothing restricts it
        "宿主机还可以访问，但外部无法访问，防火墙已关",
        "ufw does not block it, but the connection timed out",
    ):
        assert said_out(text, ()) == frozenset(), text


def test_containers_that_another_name_server_answers_reach_the_outside() -> None:
    """A name server outside answers only who reaches the outside."""
    for text in ("it only works with --dns 8.8.8.8, which fixes it", "只有在daemon.json里添加dns容器才正常解析"):
        assert {"ip-forward-off", "masquerade-missing"} <= said_out(text, ()), text
    assert said_out("we set --dns 8.8.8.8, without effect", ()) == frozenset()


def test_firewalld_that_was_switched_off_without_effect_is_no_obstacle() -> None:
    """Only the zones of firewalld are ruled out, as its stop may have deleted the engine's rules."""
    found = said_out("I have tried disabling SELinux, firewalld and systemd-resolved, to no avail.", ())
    assert "firewalld-zone-blocks-port" in found
    assert "firewalld-restart-wipes-docker" not in found
    assert said_out("Disabling firewalld helps.", ()) == frozenset()


def test_a_name_with_an_ipv4_address_alone_resolves() -> None:
    """busybox's nslookup calls the empty answer for AAAA an error."""
    found = "Name:   db\nAddress: 172.19.0.3\n\n*** Can't find db: No answer"
    assert "no-common-network-for-name" in said_out(found, ())
    assert said_out(found.replace("find db", "find web"), ()) == frozenset()
