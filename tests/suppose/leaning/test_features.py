"""What a text says, as features."""

from hairpin.evidence.told import Listener, Outcome, ToldParts
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.host import Host
from hairpin.suppose.hints.hint import prose_of
from hairpin.suppose.leaning.features import features_of
from tests.rows import each_row

WEB = Container("0" * 12, "web", "running", bindings=(PortBinding("tcp", 80, 8081),))
HOST = Host("host", engines=(Engine("docker", "", containers=(WEB,)),))


def features(text: str = "", *outcomes: Outcome, listeners: tuple[Listener, ...] = ()) -> frozenset[str]:
    told = ToldParts(outcomes=outcomes, listeners=listeners)
    return features_of(prose_of(enumerate(text.splitlines(), 1)), HOST, told)


@each_row(
    ("text", "feature"),
    (
        ("curl: (56) Recv failure: Connection reset by peer", "reset"),
        ("DB_HOST=localhost:3306", "asks itself"),
        ("-e HOST: 127.0.0.1:5432/db", "asks itself"),
        ("ufw is active", "ufw"),
        ("connect() failed (13: Permission denied)", "selinux"),
        ("the same subnet as the LAN", "same range"),
        ("docker ps -a: Exited (1) 3 seconds ago", "exited"),
        ("connmand[593]: veth1f53d66 {newlink} index 158", "manager and veth"),
    ),
)
def test_words(text: str, feature: str) -> None:
    assert feature in features(text)


@each_row(
    ("text", "feature"),
    (
        ("curl 127.0.0.1:8088 is fine", "asks itself"),
        ("ping 8.8.8.8 is answered", "refused"),
        ("the browser says hello", "firewalld"),
        ("The firewall is disabled.", "firewalld"),
        ("ufw is inactive, no answer", "ufw"),
        ("防火墙已关闭", "firewalld"),
    ),
)
def test_other_words(text: str, feature: str) -> None:
    assert feature not in features(text)


def test_outcomes() -> None:
    refused = Outcome("curl", "", "refused", host="172.21.0.5", port=8081, origin="container:www")
    assert {"refused", "client inside", "own address", "asks the outer port inside"} <= features("", refused)
    assert "host works" in features("", Outcome("curl", "", "answered", host="localhost", port=8081, origin="host"))


def test_a_listener_at_another_port_than_the_published_one() -> None:
    assert "listens elsewhere" in features(listeners=(Listener(3000),))
    assert "listens elsewhere" not in features(listeners=(Listener(80),))
    assert "listens on loopback" in features(listeners=(Listener(80, "127.0.0.1"),))
