"""Addresses in typed arguments and settings: those of the program itself, and the loopback ports that it asks."""

from hairpin.pasted.forms.engines.typed_addresses import asks_in, listens_in, settings_in
from tests.rows import each_row


@each_row(
    ("words", "ports"),
    (
        ("--connection postgres://USER:SECRET@localhost:5432/NAME", [5432]),
        ("--db=127.0.0.1:3306 --cache redis://127.0.0.1:6379", [3306, 6379]),
        ("--listen 127.0.0.1:8080", []),
        ("--web 0.0.0.0:8080 --db db:5432", []),
    ),
)
def test_the_ports_that_arguments_ask(words: str, ports: list[int]) -> None:
    assert asks_in(words.split(), {}) == ports


@each_row(
    ("lines", "ports"),
    (
        (["DB_HOST=127.0.0.1", "DB_PORT=3306"], [3306]),
        (['DB_HOST: "localhost"', "DB_PORT: '3306'"], [3306]),
        (["API_URL=http://localhost:9000/v1"], [9000]),
        (["DB_HOST=db", "DB_PORT=3306"], []),
        (["DB_HOST=127.0.0.1"], []),
        (["OLLAMA_HOST=127.0.0.1:11434", "LISTEN=127.0.0.1:80"], []),
    ),
)
def test_the_ports_that_settings_ask(lines: list[str], ports: list[int]) -> None:
    assert asks_in((), settings_in(lines)) == ports


def test_an_option_of_a_server_is_where_it_listens() -> None:
    assert listens_in(["--http", "127.0.0.1:421", "--db", "127.0.0.1:5432"]) == ["127.0.0.1:421"]
