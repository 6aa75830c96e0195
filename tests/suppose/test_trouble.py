"""The words that say that something does not work."""

from hairpin.suppose.trouble import TROUBLE, WEAK_TROUBLE, seen_in_words, speaks_of_network
from tests.rows import each_row


@each_row(
    "text",
    (
        "não é possível acessar o site", "コンテナから外部と通信できない", "контейнеры недоступны снаружи",
        "los contenedores no tienen acceso a internet", "容器出不去", "psql: could not translate host name",
        "Redis: access denied", "the host loses its IPv6 default route", "neither the gateway nor any other machine",
        "No other device gets a page", "(HY000/2002): No such file",
        "dial tcp 172.24.0.2:80: i/o timeout", "the port shows as stealth",
        "No container resolves a name.", "Network performance is bad.", "very slow downloads in it",
        "The other container becomes unavailable.", "No client can connect to it.",
        "None of the devices gets an address.",
    ),
)  # fmt: skip
def test_trouble(text: str) -> None:
    assert TROUBLE.search(text) is not None


@each_row(
    "text", ("everything works", "The performance is good.", "Started server on port 80", "容器正常", "todo funciona")
)
def test_none(text: str) -> None:
    assert TROUBLE.search(text) is None
    assert WEAK_TROUBLE.search(text) is None


@each_row(
    ("text", "result"),
    (
        ("curl: (7) Connection refused", "refused"),
        ("Recv failure: Connection reset by peer", "reset"),
        ("Host is unreachable", "unreachable"),
        ("bad address 'db'", "no-name"),
        ("sendmsg: Operation not permitted", "prohibited"),
        ("it does not work", "failed"),
    ),
)
def test_what_a_client_saw(text: str, result: str) -> None:
    assert seen_in_words(text) == result


def test_what_a_text_is_about() -> None:
    assert speaks_of_network("the container has an address")
    assert not speaks_of_network("Rough winds do shake the darling buds of May")
