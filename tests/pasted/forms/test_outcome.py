"""What clients print becomes outcomes: of curl, wget, telnet, netcat, ssh, nmap, ping, traceroute, tcpdump, libraries and
browsers."""

from typing import Any

import pytest

from tests.pasted.readings import keys_in, outcomes_in

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "curl: refused, with the place": (
        "curl: (7) Failed to connect to 10.8.0.5 port 10001: Connection refused",
        [("10.8.0.5", 10001, "refused", "")],
    ),
    "curl of 2014": (
        "curl: (7) Failed connect to 10.8.0.5:80; No route to host",
        [("10.8.0.5", 80, "unreachable", "")],
    ),
    "curl: the command has the place": (
        "$ curl -m 5 http://10.8.0.5:8080/x\ncurl: (28) Connection timed out after 5001 milliseconds",
        [("10.8.0.5", 8080, "timeout", "")],
    ),
    "curl: no reason, loopback": (
        "$ curl localhost:81\ncurl: (7) Failed to connect to localhost port 81 after 0 ms: Couldn't connect to server",
        [("localhost", 81, "refused", "host")],
    ),
    "curl: no reason, a long time": (
        "curl: (7) Failed to connect to 10.8.0.5 port 81 after 130023 ms: Couldn't connect to server",
        [("10.8.0.5", 81, "timeout", "")],
    ),
    "curl: no reason, at once: not told": (
        "curl: (7) Failed to connect to 10.8.0.5 port 81 after 1 ms: Couldn't connect to server",
        [],
    ),
    "curl: empty": ("$ curl http://10.8.0.5\ncurl: (52) Empty reply from server", [("10.8.0.5", 80, "empty", "")]),
    "curl: reset": (
        "root@nas:~# curl -X GET http://192.168.0.10:8100/status\ncurl: (56) Recv failure: Connection reset by peer",
        [("192.168.0.10", 8100, "reset", "")],
    ),
    "curl: no name": ("curl: (6) Could not resolve host: db", [("db", None, "no-name", "")]),
    "curl: an answer with an error": (
        "$ curl -f http://10.8.0.5:8080\ncurl: (22) The requested URL returned error: 404",
        [("10.8.0.5", 8080, "answered", "")],
    ),
    "curl -I": ("$ curl -I http://10.8.0.5\nHTTP/1.1 200 OK\nServer: nginx", [("10.8.0.5", 80, "answered", "")]),
    "curl: a page": ("$ curl localhost:8080\n<!DOCTYPE html>\n<html>", [("localhost", 8080, "answered", "host")]),
    "curl -v, broken off": (
        "$ curl -v http://10.8.0.5:8080\n*   Trying 10.8.0.5:8080...\n^C",
        [("10.8.0.5", 8080, "timeout", "")],
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
    "wget: refused": (
        "--2026-11-28 01:13:04--  http://127.0.0.1:8152/\nConnecting to 127.0.0.1:8152... failed: Connection refused.",
        [("127.0.0.1", 8152, "refused", "")],
    ),
    "wget: a bad address": ("$ wget http://db:80\nwget: bad address 'db:80'", [("db", None, "no-name", "")]),
    "wget: an answer": (
        (
            "$ wget 10.8.0.5:8080\nConnecting to 10.8.0.5:8080... connected.\nHTTP request sent, awaiting "
            "response... 200 OK"
        ),
        [("10.8.0.5", 8080, "answered", "")],
    ),
    "telnet": (
        "$ telnet 10.8.0.5 8080\nTrying 10.8.0.5...\ntelnet: connect to address 10.8.0.5: Connection timed out",
        [("10.8.0.5", 8080, "timeout", "")],
    ),
    "telnet, broken off": ("$ telnet 10.8.0.5 8080\nTrying 10.8.0.5...\n^C", [("10.8.0.5", 8080, "timeout", "")]),
    "telnet: connected": (
        "$ telnet 10.8.0.5 22\nTrying 10.8.0.5...\nConnected to 10.8.0.5.\nEscape character is '^]'.",
        [("10.8.0.5", 22, "answered", "")],
    ),
    "nc: succeeded": ("Connection to 10.8.0.5 22 port [tcp/ssh] succeeded!", [("10.8.0.5", 22, "answered", "")]),
    "nc: UDP succeeds without an answer": ("Connection to 10.8.0.5 53 port [udp/domain] succeeded!", []),
    "nc: refused": (
        "nc: connect to 10.8.0.5 port 81 (tcp) failed: Connection refused",
        [("10.8.0.5", 81, "refused", "")],
    ),
    "ncat": ("$ ncat -v 10.8.0.5 81\nNcat: Connection timed out.", [("10.8.0.5", 81, "timeout", "")]),
    "nc of Debian": ("(UNKNOWN) [10.8.0.5] 80 (http) : Connection refused", [("10.8.0.5", 80, "refused", "")]),
    "ssh": ("ssh: connect to host 10.0.0.1 port 22: No route to host", [("10.0.0.1", 22, "unreachable", "")]),
    "nmap": (
        (
            "Nmap scan report for srv (10.8.0.5)\nHost is up.\n\nPORT     STATE    SERVICE\n80/tcp   open     http\n"
            "81/tcp   closed   hosts2-ns\n8080/tcp filtered http-proxy"
        ),
        [("10.8.0.5", 80, "answered", ""), ("10.8.0.5", 81, "refused", ""), ("10.8.0.5", 8080, "timeout", "")],
    ),
    "ping: lost": (
        (
            "PING 8.8.8.8 (8.8.8.8) 56(84) bytes of data.\n\n--- 8.8.8.8 ping statistics ---\n"
            "3 packets transmitted, 0 received, 100% packet loss, time 2000ms"
        ),
        [("8.8.8.8", None, "timeout", "")],
    ),
    "ping: unreachable": (
        (
            "PING 10.8.0.9 (10.8.0.9) 56(84) bytes of data.\nFrom 10.8.0.5 icmp_seq=1 Destination Host Unreachable\n\n"
            "--- 10.8.0.9 ping statistics ---\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms"
        ),
        [("10.8.0.9", None, "unreachable", "")],
    ),
    "ping: prohibited": (
        "PING 10.8.0.9 (10.8.0.9): 56 data bytes\nFrom 10.8.0.1 icmp_seq=1 Packet filtered",
        [("10.8.0.9", None, "prohibited", "")],
    ),
    "ping of Windows": (
        "C:\\> ping 10.8.0.5\nPinging 10.8.0.5 with 32 bytes of data:\nRequest timed out.\nRequest timed out.\n",
        [("10.8.0.5", None, "timeout", "")],
    ),
    "ping: no name": ("ping: bad address 'db'", [("db", None, "no-name", "")]),
    "traceroute: no answer": (
        (
            "traceroute to 8.8.8.8 (8.8.8.8), 30 hops max, 60 byte packets\n 1  10.0.0.1 (10.0.0.1)  0.1 ms\n 2  "
            "* * *\n 3  * * *"
        ),
        [("8.8.8.8", None, "timeout", "")],
    ),
    "tcpdump: SYNs without an answer": (
        (
            "12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1\n12:00:01.1 IP 10.8.0.9.4444 > "
            "10.8.0.5.80: Flags [S], seq 1"
        ),
        [("10.8.0.5", 80, "timeout", "")],
    ),
    "tcpdump: one SYN tells nothing": ("12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1", []),
    "tcpdump: a reset": (
        (
            "12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1\n12:00:00.2 IP 10.8.0.5.80 > "
            "10.8.0.9.4444: Flags [R.], seq 0"
        ),
        [("10.8.0.5", 80, "refused", "")],
    ),
    "Go": ("dial tcp 172.18.0.2:5432: connect: connection refused", [("172.18.0.2", 5432, "refused", "")]),
    "Go: time-out": ("dial tcp 172.18.0.2:5432: i/o timeout", [("172.18.0.2", 5432, "timeout", "")]),
    "Node": ("Error: connect EHOSTUNREACH 10.8.0.5:80", [("10.8.0.5", 80, "unreachable", "")]),
    "Node: no name": ("Error: getaddrinfo ENOTFOUND db", [("db", None, "no-name", "")]),
    "Python": (
        (
            "HTTPConnectionPool(host='10.8.0.5', port=81): Max retries exceeded with url: / (Caused by "
            "NewConnectionError('x: "
            "Failed to establish a new connection: [Errno 113] No route to host'))"
        ),
        [("10.8.0.5", 81, "unreachable", "")],
    ),
    "libpq": (
        'psql: error: connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused',
        [("db", 5432, "refused", "")],
    ),
    "MySQL": (
        "ERROR 2003 (HY000): Can't connect to MySQL server on '10.8.0.5' (113)",
        [("10.8.0.5", 3306, "unreachable", "")],
    ),
    "Java": (
        "Connect to localhost:9200 [localhost/127.0.0.1] failed: Connection refused",
        [("localhost", 9200, "refused", "")],
    ),
    "nginx": (
        (
            "2020/01/01 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, "
            "client: 1.2.3.4,"
            ' server: , request: "GET / HTTP/1.1", upstream: "http://172.18.0.2:80/"'
        ),
        [("172.18.0.2", 80, "refused", "")],
    ),
    "the engine's own client": (
        (
            "Error response from daemon: Get https://registry-1.docker.io/v2/: dial tcp: lookup "
            "registry-1.docker.io on "
            "127.0.0.53:53: server misbehaving"
        ),
        [("registry-1.docker.io", None, "no-name", "host")],
    ),
    "a container's log": (
        "$ docker logs app\nError: connect ECONNREFUSED 172.18.0.2:5432",
        [("172.18.0.2", 5432, "refused", "container:app")],
    ),
    "Chrome": (
        (
            "This site can\u2019t be reached\n192.168.1.5 refused to connect.\nTry:\nChecking the "
            "connection\nERR_CONNECTION_REFUSED"
        ),
        [("192.168.1.5", None, "refused", "")],
    ),
    "Chrome's console": (
        "GET http://192.168.1.5:8080/ net::ERR_CONNECTION_TIMED_OUT",
        [("192.168.1.5", 8080, "timeout", "")],
    ),
    "Firefox": (
        "Firefox can\u2019t establish a connection to the server at 10.8.0.5:8080.",
        [("10.8.0.5", 8080, "refused", "")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_client_s_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected


@pytest.mark.parametrize(
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
    from hairpin.pasted.text import evidence_in_text  # noqa: PLC0415

    said = "".join(each.text + each.origin for each in evidence_in_text(text).readings)
    assert "hunter" not in said
