"""How an engine that was not asked is asked."""

import pytest

from hairpin.host.contact import EngineBeside


@pytest.mark.parametrize(
    ("sockets", "asking"),
    (
        (("unix:///run/second.sock",), "unix:///run/second.sock"),
        (("tcp://127.0.0.1:2375", "unix:///run/third.sock"), "unix:///run/third.sock"),
        ((), "unix://PATH"),
    ),
)
def test_a_daemon_beside_is_asked_by_its_own_socket(sockets: tuple[str, ...], asking: str) -> None:
    assert EngineBeside(1, 0, sockets).asking == asking
