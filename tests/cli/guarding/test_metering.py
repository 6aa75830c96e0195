"""Metrics are given in a file and on an address, and what does not work is said."""

from pathlib import Path
from socket import create_connection, socket

from hairpin.cli.guarding.metering import Meter
from hairpin.expect.settings import GuardSettings
from hairpin.guard.telling.delivery import Delivered
from tests.guard.test_rounds import found
from tests.report.answers import evidence


def test_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hairpin.prom"
    meter = Meter(GuardSettings(metrics_file=str(file)))
    for each in found(evidence(), evidence()):
        meter.heed(each)
    meter.deliver((Delivered(1, "webhook", "no", 5), Delivered(2, "webhook", "", 1)))
    meter.heed(found(evidence())[0])
    told = file.read_text()
    assert "hairpin_guard_rounds_total 3\n" in told
    assert 'hairpin_guard_alerts_failed_total{way="webhook"} 1\n' in told
    meter.close()
    assert file.read_text().endswith("hairpin_guard_up 0\n")
    assert [each.name for each in tmp_path.iterdir()] == ["hairpin.prom"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    meter = Meter(GuardSettings(metrics_file=str(tmp_path / "lost" / "hairpin.prom")))
    assert "the metrics cannot be written to" in str(meter.trouble)
    (tmp_path / "lost").mkdir()
    meter.heed(found(evidence())[0])
    assert meter.trouble is None


def test_the_address() -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        meter = Meter(GuardSettings(metrics=("127.0.0.1", port)))
        assert f"metrics cannot be given on 127.0.0.1:{port}: Address already in use" in str(meter.trouble)
    meter.heed(found(evidence())[0])  # the port is free by now
    assert meter.trouble is None
    with create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert client.recv(64).startswith(b"HTTP/1.1 200 OK")
    meter.close()


def test_nothing_is_made_that_nobody_wants() -> None:
    meter = Meter(GuardSettings())
    meter.heed(found(evidence())[0])
    assert (meter.is_wanted, meter.trouble) == (False, None)
