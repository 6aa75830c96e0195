"""Listening sockets in the layouts of ss and netstat."""

import pytest

from hairpin.host.host import Namespace
from hairpin.host.read.parse import parse
from tests.pasted.readings import evidence_in_text


def host(text: str) -> Namespace:
    return parse(evidence_in_text(text)).namespaces[0]


SOCKETS = {
    "ss, new": """\
$ ss -lntp
State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
LISTEN 0      511          0.0.0.0:80        0.0.0.0:*    users:(("nginx",pid=7,fd=6))
LISTEN 0      4096         127.0.0.1:631     0.0.0.0:*
LISTEN 0      4096               *:8080            *:*
""",
    "ss, old": """\
$ ss -lntp
State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
LISTEN     0      511          *:80                       *:*                   users:(("nginx",pid=7,fd=6))
LISTEN     0      128    127.0.0.1:631                      *:*
LISTEN     0      128         :::8080                    :::*
""",
    "netstat": """\
$ sudo netstat -tulpn
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      7/nginx: master pro
tcp        0      0 127.0.0.1:631           0.0.0.0:*               LISTEN      -
tcp6       0      0 :::8080                 :::*                    LISTEN      -
""",
}


@pytest.mark.parametrize("text", SOCKETS.values(), ids=SOCKETS)
def test_listening_sockets(text: str) -> None:
    found = [(each.port, each.version, each.address, each.v6only) for each in host(text).sockets]
    assert found == [(80, 4, None, False), (631, 4, 0x7F000001, False), (8080, 6, None, False)]
    assert (host(text).sockets[0].process or "").startswith("nginx")


def test_a_part_of_the_sockets_is_no_reading() -> None:
    row = "LISTEN 0      511          0.0.0.0:80        0.0.0.0:*\n"
    assert len(evidence_in_text(f"$ ss -lnt | grep :80\n{row}").readings) == 1
    head = "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
    assert len(evidence_in_text(f"$ ss -nt\n{head}").readings) == 1
