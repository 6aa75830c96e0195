"""The words of commands and of compose files that are kept: they hold no secret."""

from hairpin.pasted.harmless import harmless_words, is_harmless
from tests.rows import each_row


@each_row(
    ("command", "kept"),
    (
        ("docker run -d --network host -e PASSWORD=x -p 8080:80 web", "docker run --network host -p 8080:80"),
        ("/usr/bin/docker network create --internal --subnet=10.5.0.0/24 n",
         "/usr/bin/docker network create --internal --subnet=10.5.0.0/24"),
        ("docker run -it web. It is not reachable from outside", "docker run. It is not reachable from outside"),
        ("docker run web", ""),
        ("docker network disconnect front api", "docker network disconnect"),
        ("docker compose up -d --force-recreate --pull x api", "docker compose up --force-recreate"),
        ("docker-compose run --service-ports web", "docker-compose run --service-ports"),
        ("mysql -p8080:80", ""),
    ),
)  # fmt: skip
def test_words_of_a_command(command: str, kept: str) -> None:
    assert harmless_words(command) == kept


@each_row(
    "line",
    (
        "    network_mode: host",
        '      - "127.0.0.1:5432:5432"',
        "  internal: true",
        "  DB_HOST: localhost",
        "    command: redis-server /etc/redis.conf",
        "    command: redis-server --port 6380",
        "  PGPORT: 5433",
        '  command: ["redis-server", "/usr/local/etc/redis.conf"]',
    ),
)
def test_lines_about_the_network(line: str) -> None:
    assert is_harmless(line)


@each_row(
    "line",
    (
        "  DB_PASS: secret",
        "  image: nginx",
        "- token=abc",
        "  URL: http://u:p@localhost/x",
        "  command: redis-server --requirepass x",
        "  command: redis-server --port 6380 --requirepass x",
        "  command: redis-server /etc/redis.conf --requirepass x",
    ),
)
def test_other_lines(line: str) -> None:
    assert not is_harmless(line)
