"""Daemons beside the one that was asked."""

from hairpin.evidence.reading import text_reading
from hairpin.host.contact import EngineBeside
from hairpin.host.read.engines.beside import beside


def test_each_line_is_a_daemon() -> None:
    text = "812\t0\tunix:///run/d2.sock tcp://127.0.0.1:2376\n900\t1000\tunix:///run/user/1000/docker.sock\nx\n"
    found = beside(text_reading(text, "/proc/PID/cmdline"))
    assert found == (
        EngineBeside(812, 0, ("unix:///run/d2.sock", "tcp://127.0.0.1:2376")),
        EngineBeside(900, 1000, ("unix:///run/user/1000/docker.sock",)),
    )
    assert [each.asking for each in found] == ["unix:///run/d2.sock", "unix:///run/user/1000/docker.sock"]
    assert EngineBeside(1, 0).asking == "unix://PATH"
