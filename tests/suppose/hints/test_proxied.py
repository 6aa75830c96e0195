"""Proxies in containers that forward to their own loopback address, and proxies that keep an old address."""

import pytest

from hairpin.suppose.hints.hint import prose_of
from hairpin.suppose.hints.proxied import asks_other_family, forwards_to_itself, keeps_old_address
from hairpin.suppose.hints.told_names import SURE
from tests.rows import each_row
from tests.suppose.test_ordinary import host

_CADDY = "$ docker run -d --name front -p 80:80 caddy\n"


def _causes(text: str, *outputs: str) -> list[str]:
    prose = prose_of(enumerate(text.splitlines(), 1))
    return [each.cause for each in forwards_to_itself(prose, host(*outputs, text))]


@each_row(
    "text",
    (
        "Nginx Proxy Manager. Forward Hostname / IP: localhost, forward port 3001. 502 Bad Gateway.",
        "NginxProxyManager: forwarding: 127.0.0.1 port:8096, the browser says bad request",
        "nginx proxy manager: a proxy host from app.example.org to localhost:81 gives 502",
        "swag: proxy_pass http://127.0.0.1:8989; the page says 502 Bad Gateway",
        "Nginx-Proxy-Manager 2.9, 502\nConfig:\n- http\n- localhost\n- 8123\n- Websockets\n",
        "nginx runs in a container with proxy_pass http://localhost:5000; and every page is a 502",
        "haproxy container: server app 127.0.0.1:8000 check; the page says 503",
        "The traefik container gets connection refused from the backend http://127.0.0.1:8000",
    ),
)
def test_a_proxy_in_a_container_asks_itself(text: str) -> None:
    assert _causes(text) == ["loopback-is-the-container"]


def test_an_image_shows_that_the_proxy_is_in_a_container() -> None:
    text = "reverse_proxy localhost:3000\ngives 502"
    assert _causes(text, _CADDY) == ["loopback-is-the-container"]
    assert _causes(text) == []


@each_row(
    "text",
    (
        "Nginx Proxy Manager. Forward Hostname / IP: app, forward port 3001. 502 Bad Gateway.",
        "Nginx Proxy Manager with network_mode: host forwards to localhost:3001. 502 Bad Gateway.",
        "Nginx Proxy Manager forwards to localhost:81, all is well.",
        "nginx on my server: proxy_pass http://localhost:5000; every page is a 502. The app is in a container.",
        "nginx proxy manager forwards to localhost.example.org, 502",
        "python -m http.server 8000 -b 127.0.0.1, and the nginx container gets connection refused from the host",
    ),
)
def test_other_proxies_do_not(text: str) -> None:
    assert _causes(text) == []


_INSPECT = """\
$ docker inspect api
[{"Id":"9a8b7c6d5e4f","Name":"/api","State":{"Status":"running","Running":true},"HostConfig":{"NetworkMode":"front"},
"Config":{"Image":"api"},"NetworkSettings":{"Networks":{"front":{"NetworkID":"4f1c2d3e5b6a","IPAddress":"172.30.0.3",
"IPPrefixLen":16,"Gateway":"172.30.0.1"}}}}]
"""
_ALONE = "$ docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' api\n172.30.0.3\n"
_LOG = 'connect() failed (111: Connection refused) while connecting to upstream, upstream: "http://172.30.0.{}:80/"\n'


def _weights_of(text: str) -> list[int]:
    prose = prose_of(enumerate(text.splitlines(), 1))
    known = host(text)
    assert known.told is not None
    found = list(keeps_old_address(prose, known, known.told))
    assert {each.cause for each in found} <= {"name-pinned-to-old-address"}
    return [each.weight for each in found]


@each_row(
    ("text", "weights"),
    (
        ("nginx answers 502 after a deploy, until nginx is restarted.", [SURE]),
        ("docker network disconnect front api\nThe haproxy container says 503 since then.", [SURE]),
        ("nginx: 502 since the api container got another address: the IP has changed.", [SURE]),
        ("502 from npm: the address of the app has changed since the last start.", [SURE]),
        ("重启 nginx 后恢复，之前一直是 502", [SURE]),
        ("After the backend container is recreated, nginx gives 502.", [24]),
        ("docker compose up -d --force-recreate api, then nginx says 502 Bad Gateway.", [24]),
        ("nginx gives 502 at each request, also after a fresh start of everything.", []),
        ("After the backend container is recreated, the page is refused.", []),
        ("nginx -s reload was run. The page opens.", []),
    ),
)
def test_words_about_an_old_address(text: str, weights: list[int]) -> None:
    assert _weights_of(text) == weights


@pytest.mark.parametrize("shown", (_INSPECT, _ALONE))
@pytest.mark.parametrize(("last", "weights"), ((9, [SURE]), (3, [])))
def test_a_log_names_an_address_that_no_container_has(shown: str, last: int, weights: list[int]) -> None:
    assert _weights_of(shown + _LOG.format(last)) == weights


_SOCKETS = """\
$ docker exec web netstat -tln
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 {}            {}               LISTEN
"""


@each_row(
    ("socket", "peer", "text", "found"),
    (
        ("::1:3000", ":::*", "The proxy asks http://127.0.0.1:3000", True),
        ("::1:3000", ":::*", "The upstream is 127.0.0.1", True),
        ("127.0.0.1:3000", "0.0.0.0:*", 'upstream: "http://[::1]:3000/" is refused', True),
        ("0.0.0.0:3000", "0.0.0.0:*", 'upstream: "http://[::1]:3000/" is refused', True),
        ("0.0.0.0:3000", "0.0.0.0:*", "The proxy asks 127.0.0.1:3000", False),
        ("0.0.0.0:3000", "0.0.0.0:*", "The proxy asks [::1]", False),
        (":::3000", ":::*", "The proxy asks 127.0.0.1:3000", False),
        ("::1:3000", ":::*", "The proxy asks 127.0.0.1:4000", False),
        ("::1:3000", ":::*", "Other services listen on 127.0.0.1:3000", False),
        ("::1:3000", ":::*", "The proxy asks app:3000", False),
    ),
)
def test_a_client_asks_the_loopback_address_of_the_other_family(socket: str, peer: str, text: str, found: bool) -> None:
    told = host(_SOCKETS.format(socket, peer), target="80")
    assert told.told is not None
    causes = [each.cause for each in asks_other_family(prose_of([(1, text)]), told, told.told)]
    assert causes == (["service-listens-on-wrong-family"] if found else [])
