"""The responder answers as a service would."""

import socket
import subprocess

import pytest

from hairpin.lab.node import python
from hairpin.lab.probe import Outcome, probe
from tests.waiting import HANG_S


@pytest.mark.parametrize("protocol", ("tcp", "udp"))
def test_it_says_ready_then_answers(protocol: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = (*python("responder.py"), protocol, "127.0.0.1", str(port))
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert probe(protocol, "127.0.0.1", port, HANG_S) is Outcome.DELIVERED
        process.kill()
