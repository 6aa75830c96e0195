"""A text that says that a container's name has no address is about the look-up of this name."""

import pytest

from tests.answer.likely.test_likely import answer

APART = "services:\n  {}:\n    image: a:1\n  db:\n    image: mysql\n    networks: [back]\n{}networks:\n  back:\n"
SIDE = "  side:\n    image: b:1\n    networks: [back]\n"
OF_LOG = "web  | Error: getaddrinfo ENOTFOUND db\n"
OF_NOBODY = OF_LOG.removeprefix("web  | ")
BRIDGED = "services:\n" + "".join(f"  {each}:\n    image: a:1\n    network_mode: bridge\n" for each in ("web", "db"))
OF_HOST = "root@srv:~# docker ps\nroot@srv:~# ping db\nping: db: Name or service not known\n"

ASKED: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "the log names the client": ((APART.format("web", SIDE), OF_LOG), (), "web"),
    "each other container lacks the name": ((APART.format("web", ""), OF_NOBODY), (), "web"),
    "another container knows the name": ((APART.format("web", SIDE), OF_NOBODY), (), ""),
    "the question is about the named container": ((APART.format("web", ""), OF_LOG), ("db:3306",), "web"),
    "the question is about another thing": ((APART.format("web", ""), OF_LOG), ("8080",), ""),
    "the question is about the client": ((APART.format("web", ""), OF_LOG), ("web:80",), "web"),
    "the default network has no name server": ((BRIDGED, OF_NOBODY), (), "web"),
    "the client is on the host": ((APART.format("web", ""), OF_HOST), (), ""),
}


@pytest.mark.parametrize(("texts", "targets", "client"), ASKED.values(), ids=ASKED)
def test_a_look_up_that_failed_is_asked(texts: tuple[str, ...], targets: tuple[str, ...], client: str) -> None:
    flows = [each.trace.flow for each in answer(*texts, targets=targets).flows]
    assert [each.of_container for each in flows if each.asked_name == "db"] == ([client] if client else [])


_REFUSED = "Error: connect ECONNREFUSED 127.0.0.1:5432\n"
_WITH_DB = "docker run -p 4000:4000 --name app team/app --connection postgres://U:P@{}/N --watch\n"

ITSELF: dict[str, tuple[str, bool]] = {
    "an argument names the port": (_WITH_DB.format("localhost:5432") + _REFUSED, True),
    "the argument names another machine": (_WITH_DB.format("db:5432") + _REFUSED, False),
    "the argument names another port": (_WITH_DB.format("localhost:6432") + _REFUSED, False),
    "the image has the port": (_WITH_DB.format("localhost:5432").replace("team/app", "postgres") + _REFUSED, False),
    "nobody was refused": (_WITH_DB.format("localhost:5432") + "Error: it fails\n", False),
}


@pytest.mark.parametrize(("text", "is_asked"), ITSELF.values(), ids=ITSELF)
def test_a_container_asks_itself_for_a_server_that_it_is_not(text: str, *, is_asked: bool) -> None:
    found = answer(text, targets=("5432",))
    named = [(each.id, each.likely) for each in found.causes if "no postgresql" in str(each.candidate.title)]
    assert named == ([("loopback-is-the-container", True)] if is_asked else [])
