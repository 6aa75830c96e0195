"""Command lines are found behind prompts and alone; prose and output are none."""

import pytest

from hairpin.pasted.commands import changes, command_in
from hairpin.pasted.recognise import paste_of
from tests.rows import each_row


def words_of(line: str) -> tuple[str, ...] | None:
    found = command_in(line, 0)
    return found.words if found is not None else None


@each_row(
    ("line", "words"),
    (
        ("$ ip addr", ("ip", "addr")),
        ("# iptables -L -n", ("iptables", "-L", "-n")),
        ("[root@srv ~]# docker ps -a", ("docker", "ps", "-a")),
        ("user@host:~$ sudo iptables-save", ("iptables-save",)),
        ("sudo iptables -t nat -L", ("iptables", "-t", "nat", "-L")),
        ("iptables -L -n -v", ("iptables", "-L", "-n", "-v")),
        ("/usr/sbin/ip route", ("ip", "route")),
        ("`docker network ls`", ("docker", "network", "ls")),
        ("`$ docker network ls`", ("docker", "network", "ls")),
        ("web-server:~ $ docker network ls", ("docker", "network", "ls")),
        ("> ip rule | grep from", ("ip", "rule")),
        ("[root@nixos:~]# cat /etc/resolv.conf", ("cat", "/etc/resolv.conf")),
    ),
)
def test_a_command(line: str, words: tuple[str, ...]) -> None:
    assert words_of(line) == words


@each_row(
    "line",
    (
        "The route is wrong.",
        "# a comment",
        "ip is short for Internet Protocol",
        "docker compose up: all services are unreachable from the host",
        "default via 10.0.0.1 dev eth0",
        "",
        "host",
    ),
)
def test_no_command(line: str) -> None:
    assert words_of(line) is None


def test_the_prompts_host() -> None:
    found = command_in("[root@node2 ~]# ip addr", 3)
    assert found is not None
    assert (found.host, found.line) == ("node2", 3)
    of_a_mac = command_in("Anns-MacBook-Pro:web ann$ docker ps -a", 0)
    assert of_a_mac is not None
    assert (of_a_mac.host, of_a_mac.words) == ("Anns-MacBook-Pro", ("docker", "ps", "-a"))


@pytest.mark.parametrize(
    ("line", "words"),
    (
        ("$ docker exec web ip addr", ("ip", "addr")),
        ("$ docker exec -it web sh -c 'ss -lnt'", ("ss", "-lnt")),
        ("$ podman exec -u root web ip route", ("ip", "route")),
    ),
)
def test_a_command_in_a_container(line: str, words: tuple[str, ...]) -> None:
    found = command_in(line, 0)
    assert found is not None
    assert (found.netns, found.words) == ("container:web", words)


def test_the_command_above_an_output() -> None:
    paste = paste_of("$ ip rule\n\n0:\tfrom all lookup local\n")
    assert paste.command_above(2).words == ("ip", "rule")
    assert paste.command_above(0).words == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    (
        ("$ ifconfig br0 0.0.0.0", True),
        ("sudo iptables -t filter -P OUTPUT DROP", True),
        ("# ip link set docker0 down", True),
        ("# sysctl -w net.ipv4.ip_forward=0", True),
        ("# nft flush ruleset", True),
        ("# systemctl restart firewalld", True),
        ("# iptables -t nat -L -n", False),
        ("$ ip addr show docker0", False),
        ("$ ifconfig", False),
        ("# systemctl status firewalld", False),
        ("# docker exec web ip link set eth0 down", False),
    ),
)
def test_a_command_that_changes_the_host(line: str, *, expected: bool) -> None:
    found = command_in(line, 0)
    assert found is not None
    assert changes(found) == expected


_NETSTAT = "/app# netstat -tln\n"


@each_row(
    ("before", "place"),
    (
        ("In the container:\n", "container:CONTAINER"),
        ("Nothing answers. Inside of the web container it looks so:\n\n```\n", "container:CONTAINER"),
        ("容器内：\n", "container:CONTAINER"),
        ("In the docker:dind container:\n", "host"),
        ("In the container nothing listens. On the host:\n", "host"),
        ("In the container it works.\n", "host"),
        ("$ docker run -d nginx\nIn the container:\n", "host"),
        ("In the container:\nsome words\n", "host"),
    ),
)
def test_the_line_above_a_command_says_where_it_ran(before: str, place: str) -> None:
    commands = [each for each in paste_of(before + _NETSTAT).commands.values() if each.words[0] == "netstat"]
    assert [each.netns for each in commands] == [place]


def test_a_prompt_with_a_host_was_not_in_the_container() -> None:
    commands = paste_of("In the container:\nme@server:~$ netstat -tln\n").commands.values()
    assert [each.netns for each in commands] == ["host"]


@pytest.mark.parametrize(
    ("line", "netns", "words"),
    (
        ("nsenter -t 4711 -n ss -lnt", "container:CONTAINER", ("ss", "-lnt")),
        ("sudo nsenter -n -t $(docker inspect -f {{.State.Pid}} web) ip route", "container:web", ("ip", "route")),
        ("nsenter -n -t `docker inspect -f {{.State.Pid}} web` ip route", "container:web", ("ip", "route")),
        ("nsenter -t 4711 -m ls /", "host", ("nsenter", "-t", "4711", "-m", "ls", "/")),
        ("kubectl exec -n shop web-0 -c app -- netstat -lnt", "container:web-0", ("netstat", "-lnt")),
        ("执行 ip addr 查看网卡：", "host", ("ip", "addr")),
        ("[root@container:~]# ip route", "container:container", ("ip", "route")),
    ),
)
def test_a_command_that_runs_elsewhere_or_that_a_word_introduces(line: str, netns: str, words: tuple[str, ...]) -> None:
    found = command_in(line, 0)
    assert found is not None
    assert (found.netns, found.words) == (netns, words)
