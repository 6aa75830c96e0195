"""From files to the evidence of one host."""

from pathlib import Path

import pytest

from hairpin.errors import EvidenceError
from hairpin.pasted import text
from hairpin.pasted.joining import unrecognised_in
from hairpin.pasted.listed import recognised_in
from hairpin.pasted.text import evidence_in_files, evidence_in_texts, harmless_words, is_harmless, lines_in_files

RULES = "$ ip rule\n0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"


def test_several_files_are_one_host(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text(RULES)
    two.write_text("net.ipv4.ip_forward = 1\n")
    found = evidence_in_files((str(one), str(two)))
    assert {"ip-rule4-text", "sysctl"} <= {each.key for each in found.readings}


def test_what_was_recognised_and_what_was_not() -> None:
    found = evidence_in_texts((f"Hello\n{RULES}Bye\n",))
    (taken,) = recognised_in(found)
    assert (taken.line, taken.until, taken.as_) == (3, 4, "ip rule")
    assert [number for number, _ in unrecognised_in(found)] == [1, 5]


@pytest.mark.parametrize(
    ("line", "words"),
    (
        ("$ ifconfig br0 0.0.0.0", "$ ifconfig br0 0.0.0.0"),
        ("$ docker login -p geheim", None),
        ("From another machine `ping 172.18.0.2` times out", "From another machine `` times out"),
        ("`ping 172.18.0.2`", None),
    ),
)
def test_of_command_lines_the_changing_ones_and_sentences_are_left(line: str, words: str | None) -> None:
    left = unrecognised_in(evidence_in_texts((f"{line}\n",)))
    assert [each for _, each in left] == ([words] if words is not None else [])


def test_a_text_without_outputs_has_no_readings() -> None:
    found = evidence_in_texts(("An ode to spring.\n",))
    assert recognised_in(found) == ()
    assert {each.key for each in found.readings} == {"pasted", "unrecognised"}


def test_the_hosts_name_is_that_of_its_prompt() -> None:
    assert evidence_in_texts(("[root@srv ~]# ip rule\n0:\tfrom all lookup local\n",)).name == "srv"


@pytest.mark.parametrize("encoding", ("utf-8", "utf-16", "latin-1"))
def test_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text"
    path.write_bytes(f"Zuständig: äöü\n{RULES}".encode(encoding))
    assert any(each.key == "ip-rule4-text" for each in evidence_in_files((str(path),)).readings)


def test_a_text_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LIMIT_BYTES", 10)
    path = tmp_path / "text"
    path.write_text("x" * 11)
    with pytest.raises(EvidenceError, match="of text; paste only the outputs of the commands"):
        evidence_in_files((str(path),))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(EvidenceError, match="/nowhere: cannot be read: No such file"):
        evidence_in_files(("/nowhere",))


def test_lines_for_explain(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(f"{RULES}port is already allocated\n")
    assert b"port is already allocated" in tuple(lines_in_files((str(path),)))
    assert b"port is already allocated" in tuple(lines_in_files((f"node={path}",)))


def test_an_outcome_knows_its_line() -> None:
    found = evidence_in_texts(("\n\ncurl: (7) Failed to connect to 10.8.0.5 port 8080: Connection refused\n",))
    (outcome,) = (each for each in found.readings if each.key == "outcome")
    assert '"line":3' in outcome.text


def test_a_paragraph_with_a_secret_keeps_its_other_sentences() -> None:
    secret = f"I put {'many random characters ' * 15}into APP_SECRET_KEY. Then swordfish it was."
    found = unrecognised_in(evidence_in_texts((f"{secret} The page on port 8080 does not open here.\n",)))
    assert found == ((1, "The page on port 8080 does not open here"),)
    assert (
        unrecognised_in(evidence_in_texts(("My password is new. The page on port 8080 does not open here.\n",))) == ()
    )


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
