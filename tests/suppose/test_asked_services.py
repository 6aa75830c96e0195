"""A question about a container's own port supposes its service, if the text tells nothing of the inside."""

from hairpin.answer.ask import ask
from hairpin.cli.face.asked import Asked
from hairpin.pasted.text import evidence_in_texts

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
