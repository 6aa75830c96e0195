"""An alert for the journal: fields, with a length where a value has several lines."""

from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

import pytest

from hairpin.guard.telling.journal import datagram, deliver
from hairpin.guard.telling.told_alert import DeliveryError, ToldAlert

ALERT = ToldAlert(1000.0, "broke", "one\ntwo", b"{}", (("HAIRPIN_CAUSE", "bridge-down"),))


def test_the_fields(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    with socket(AF_UNIX, SOCK_DGRAM) as journal:
        journal.bind(str(place))
        deliver(ALERT, place)
        told = journal.recv(1 << 16)
    assert told.startswith(b"MESSAGE\n\x07\0\0\0\0\0\0\0one\ntwo\nPRIORITY=3\nSYSLOG_IDENTIFIER=hairpin\nMESSAGE_ID=")
    assert told.endswith(b"HAIRPIN_KIND=broke\nHAIRPIN_CAUSE=bridge-down\n")


def test_a_long_value_is_cut() -> None:
    assert len(datagram((("MESSAGE", "x" * 1_000_000),))) < 20_000


def test_a_host_without_a_journal(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="the journal: No such file or directory") as error:
        deliver(ALERT, tmp_path / "socket")
    assert error.value.lasts
