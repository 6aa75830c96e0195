"""No secret of a pasted text comes into the file that `hairpin snapshot --text` writes."""

from pathlib import Path

from hairpin.collect.snapshot import load, save
from hairpin.evidence.redact import redact
from hairpin.pasted.secrecy import is_secret, without_credentials
from hairpin.pasted.text import evidence_in_texts
from tests.rows import each_row

TEXT = """\
my password is hush1 and I live in Berlin
root@srv:~# docker run --name web -e DB_PASS=hush2 -v /hush3:/data -l owner=hush4 --env-file /hush5 -p 80:80 nginx hush6
root@srv:~# docker exec -e PASSWORD=hush7 web ip addr
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    inet 127.0.0.1/8 scope host lo
root@srv:~# PGPASSWORD=hush8 ss -lntp
State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))
root@srv:~# curl -u admin:hush9 http://bob:hush10@10.0.0.5:8080/
curl: (7) Failed to connect to 10.0.0.5 port 8080: Connection refused
services:
  db:
    image: postgres
    environment:
      POSTGRES_USER: hush11
    volumes:
      - /hush12:/x
    labels:
      - "traefik.hush13=1"
    ports:
      - "5432:5432"

connect to postgres://u:hush14@db:5432/x failed: Connection refused
-----BEGIN PRIVATE KEY-----
hush15QIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDtop15abcdefgh
[{"Id":"abcdefabcdefabcdef","Name":"/app","Config":{"Env":["A=hush16"],"Labels":{"x":"hush17"},"Cmd":["hush18"]},
"HostConfig":{"Binds":["/hush19:/x"],"NetworkMode":"bridge"},"NetworkSettings":{"Networks":{}}}]
"""
SECRET = (
    "password: x", "DB_PASSWORD=x", "Authorization: Basic abc", "token = 5", "api_key: 1", "ssh-rsa AAAA joe@x",
    "ghp_0123456789abcdefghij0123", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSA==", "我的密码是 x",
    "db_pass = x", "proxy_pass http://app; password x",
)  # fmt: skip
HARMLESS = (
    "{ host: 'http://127.0.0.1:11434', username: null, password: null }",
    "connection refused",
    "the port is not reachable",
    "curl: (28) Operation timed out",
    "1.2.3.4:80",
    "proxy_pass http://app:8080;",
    "ProxyPass / http://localhost:8080/",
    "DENIED Redis is running in protected mode because no password is set for the default user.",
)


def test_no_secret_is_written(tmp_path: Path) -> None:
    path = tmp_path / "host.hairpin"
    save(evidence_in_texts((TEXT,)), path)
    assert [line for each in load(path).readings for line in (each.origin, each.text) if "hush" in line] == []
    assert {each.key for each in load(path).readings} >= {"ip-addr-text", "sockets", "docker-containers", "outcome"}


def test_the_redacted_file_has_no_name_and_no_address_of_people() -> None:
    text = "$ ip rule\n0:\tfrom all lookup local\njoe@corp.example.com, https://wiki.corp.example.com/x, 203.0.113.77\n"
    said = " ".join(each.text for each in redact(evidence_in_texts((text,)), b"k" * 32).readings)
    assert "corp" not in said
    assert "203.0.113.77" not in said


@each_row("line", SECRET)
def test_secret(line: str) -> None:
    assert is_secret(line)


@each_row("line", HARMLESS)
def test_harmless(line: str) -> None:
    assert not is_secret(line)


def test_urls_lose_their_users() -> None:
    assert without_credentials("see http://a:b@c:80/ now") == "see http://c:80/ now"
