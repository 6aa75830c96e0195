"""The resolv.conf and the /etc/hosts of a container, as a text shows them, are that container's."""

from hairpin.host.docker import Container
from tests.answer.likely.test_likely import answer, ids
from tests.rows import each_row
from tests.suppose.test_ordinary import PS, host

_SERVERS = "nameserver 192.0.2.53\noptions ndots:0\n"
CASES: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "by its name": (f"{PS}$ docker exec web cat /etc/resolv.conf\n{_SERVERS}", ("192.0.2.53",)),
    "by the id in the prompt": (f"{PS}root@4a1e3b2c9d10:/# cat /etc/resolv.conf\n{_SERVERS}", ("192.0.2.53",)),
    "of the only container": (f"It fails.\n[root@container:~]# cat /etc/resolv.conf\n{_SERVERS}", ("192.0.2.53",)),
    "of another container": (f"{PS}$ docker exec db cat /etc/resolv.conf\n{_SERVERS}", None),
    "of the host": (f"{PS}$ cat /etc/resolv.conf\n{_SERVERS}", None),
    "without a server": (f"{PS}$ docker exec web cat /etc/resolv.conf\nsearch lan\n", ()),
}


def _container(text: str) -> Container:
    (found,) = host(text).containers()
    return found


@each_row(("text", "servers"), CASES.values(), ids=CASES)
def test_the_name_servers(text: str, servers: tuple[str, ...] | None) -> None:
    assert _container(text).resolvers == servers


def test_the_names() -> None:
    text = f"{PS}$ docker exec web cat /etc/hosts\n127.0.0.1 localhost\n172.18.0.9 db db.shop # pinned\n"
    entries = _container(text).hosts_entries
    assert entries is not None
    assert [each.name for each in entries] == ["localhost", "db", "db.shop"]


def test_a_name_server_on_loopback_is_the_container_itself() -> None:
    asked = f"{PS}$ docker exec web cat /etc/resolv.conf\nnameserver {{}}\nThe container resolves no name.\n"
    assert ids(answer(asked.format("127.0.0.53")))[0] == "loopback-is-the-container"
    assert "loopback-is-the-container" not in ids(answer(asked.format("192.0.2.53")))
