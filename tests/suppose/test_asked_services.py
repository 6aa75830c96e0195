"""A question about a container's own port supposes its service, if the text tells nothing of the inside."""

from hairpin.answer.ask import ask
from hairpin.cli.face.asked import Asked
from hairpin.evidence.reading import HOST
from hairpin.pasted.text import evidence_in_texts
from tests.suppose.test_ordinary import network

PS = """# docker ps
CONTAINER ID   IMAGE   COMMAND   CREATED      STATUS      PORTS     NAMES
aaaaaaaaaaaa   web     "web"     1 hour ago   Up 1 hour             web
bbbbbbbbbbbb   db      "db"      1 hour ago   Up 1 hour             db
"""


def test_the_asked_port_of_a_container_is_served() -> None:
    answer = ask(Asked(targets=("db:80",), origin="container:web").question(), (evidence_in_texts((PS,)),))
    inside = answer.network.hosts[0].namespace("container:db")
    assert [each.port for each in inside.sockets] == [80]
    assert "refused" not in [each.trace.verdict for each in answer.flows]


def test_no_service_is_supposed_where_none_is_asked() -> None:
    answer = ask(Asked(targets=("web:80",), origin="container:db").question(), (evidence_in_texts((PS,)),))
    assert answer.network.hosts[0].namespace("container:db").sockets == ()


def test_a_service_of_the_host_has_a_port_of_kubernetes() -> None:
    whole = network("Kubernetes hangs on this host", target="6443")
    assert [each.port for each in whole.hosts[0].namespace(HOST).sockets if each.relay is None] == [6443]
    listed = "$ sudo ss -lntup\nNetid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
    row = 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
    whole = network(listed + row, target="6443")
    assert [each.port for each in whole.hosts[0].namespace(HOST).sockets] == [22]


def test_a_container_that_is_asked_by_its_address_serves_the_port() -> None:
    inspected = '[{"Id": "aaaaaaaaaaaa", "Name": "/web", "State": {"Status": "running", "Running": true}, '
    inspected += '"NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.9", "IPPrefixLen": 16}}}}]\n'
    text = f"# docker inspect web\n{inspected}"
    answer = ask(Asked(targets=("172.17.0.9:80",), origin="host").question(), (evidence_in_texts((text,)),))
    assert [each.port for each in answer.network.hosts[0].namespace("container:web").sockets] == [80]
