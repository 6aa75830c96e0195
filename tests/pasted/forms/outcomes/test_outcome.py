"""An outcome has the place of its client, and prose has none."""

from typing import Any

from tests.pasted.readings import evidence_in_text, keys_in, outcomes_in
from tests.rows import each_row

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "a shell of a new container, then another machine": (
        (
            "$ docker run -it --rm alpine:3 sh\n/ # ping db\nping: bad address 'db'\nme@laptop:~$ ping srv\n"
            "ping: srv: Name or service not known"
        ),
        [("db", None, "no-name", "container:alpine"), ("srv", None, "no-name", "")],
    ),
    "a shell behind the name of a container": (
        "root@4a1e3b2c9d10:/# curl http://db\ncurl: (6) Could not resolve host: db",
        [("db", 80, "no-name", "container:4a1e3b2c9d10")],
    ),
    "behind the prompt of the host that ran docker": (
        (
            "[root@srv ~]# docker ps\n[root@srv ~]# curl http://10.8.0.5\n"
            "curl: (7) Failed to connect to 10.8.0.5 port 80: Connection refused"
        ),
        [("10.8.0.5", 80, "refused", "host")],
    ),
    "behind another prompt": (
        (
            "[root@srv ~]# docker ps\nme@laptop:~$ curl http://10.8.0.5\n"
            "curl: (7) Failed to connect to 10.8.0.5 port 80: Connection refused"
        ),
        [("10.8.0.5", 80, "refused", "")],
    ),
    "docker exec": (
        "$ docker exec web curl http://db:5432\ncurl: (6) Could not resolve host: db",
        [("db", 5432, "no-name", "container:web")],
    ),
    "a shell in a container": (
        (
            "$ docker exec -it web sh\n/ # wget -O- http://10.0.0.1\n"
            "wget: can't connect to remote host (10.0.0.1): Connection refused\n/ # exit\n$ docker ps\n"
        ),
        [("10.0.0.1", 80, "refused", "container:web")],
    ),
    "a container's log": (
        "$ docker logs app\nError: connect ECONNREFUSED 172.18.0.2:5432",
        [("172.18.0.2", 5432, "refused", "container:app")],
    ),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_the_place_of_a_client(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected


@each_row(
    "text",
    (
        "I get a connection refused when I curl the server, and ping says 100% packet loss.",
        "Then the browser says ERR_CONNECTION_REFUSED for the page, no idea why.",
        "Connection refused means that nothing listens.",
        "The docs say: curl: you need version 7 or later",
        "Trying to connect with telnet, it hangs",
        "raise ConnectionError(f'dial tcp {host}: {reason}')",
        "nc: this is netcat's short name",
        "PING the admin, please",
    ),
)
def test_prose_tells_no_outcome(text: str) -> None:
    assert keys_in(text) == ()


def test_a_password_in_a_command_line_stays_out() -> None:
    text = "$ curl -u me:hunter2 'http://x:hunter3@10.8.0.5:80/?token=hunter4'\ncurl: (52) Empty reply from server"
    said = "".join(each.text + each.origin for each in evidence_in_text(text).readings)
    assert "hunter" not in said
