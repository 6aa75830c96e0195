"""The words about the address that a client is given: a port mapping at loopback, an address that a broker advertises,
an address on which a configuration lets a server listen, the bridge's own address, and an address outside that pods
ask."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.phrases import (
    CONTAINERS,
    FORWARD,
    FORWARD_SHOWS,
    HOST_NETWORK,
    INPUT,
    INPUT_SHOWS,
    RULES,
    SOCKETS,
)
from hairpin.suppose.hints.told_names import SURE

LOOPBACK_MAPPING = (
    r"(?<![\d.])(?:127\.0\.0\.1|localhost|\[::1\]):(?:\$\{\w+:?-?\d*\}|\d{1,5}(?:-\d{1,5})?):\d{1,5}(?![\d.:])"
)
"""Matches a port mapping that publishes the port at a loopback address: ``127.0.0.1:8080:80``."""
_GATEWAY = (
    r"(?:gateway\b|docker0\b|\b172\.1[7-9]\.0\.1\b(?!/)|\b10\.8[89]\.\d+\.1\b(?!/)|bridge'?s? (?:own )?(?:ip|address)"
    r"|网关)"
)
GATEWAY_FAILS = (
    r"\b(?:cannot|can't|could(?: not|n't)|unable to|not|fails? to|never) (?:\w+ )?(?:ping|reach|connect|access|curl"
    rf"|telnet|talk)?\w*[^.\n]{{0,60}}{_GATEWAY}"
    rf"|{_GATEWAY}[^.\n]{{0,40}}\b(?:does not answer|doesn't answer|no answer|not reach\w*|unreachable|fails|times out)"
    rf"|(?:ping|连|访问) ?不(?:通|到|了)[^\n]{{0,20}}{_GATEWAY}|{_GATEWAY}[^\n]{{0,10}}(?:ping ?)?不通"
)
"""Matches words that say that a client does not reach the bridge's own address."""
_OUTSIDE_WORKS = (
    r"(?<!not[ ])(?<!n't[ ])\b(?:ping|reach|access|connect to|curl|open|resolve)(?:e?s|ing)? (?:the )?(?:www\."
    r"|https?://|internet|outside|external|google|baidu|8\.8\.8\.8|1\.1\.1\.1|114\.114|[\w-]+\.(?:com|org|net|cn|de)\b)"
    r"|\b(?:internet|outside (?:world)?)(?: \w+)? (?:works?|is fine|is reachable|ok)\b"
    r"|(?:ping ?通|(?:能|可以) ?(?:访问|ping))[^\n]{0,12}(?:外网|www\.|baidu|8\.8\.8\.8|114\.114)"
    r"|(?:外网|百度)[^\n]{0,8}(?:通|正常|可以)"
)

_BINDS_TO_LOOPBACK = (
    r"^\W{0,4}(?:bind[-_]address|bind_?ip|listen_addresses|(?:network|http|transport)\.(?:bind_)?host"
    r"|server\.(?:address|host)|listen|bind)[\"']?\s*[:= ]\s*[\"'\[]?(?:127\.0\.0\.1|localhost|_local_|::1)"
    r"(?::\d+)?[\"'\];]*\s*(?:#.*)?$"
)
"""Matches a line of a configuration by which a server listens on loopback: MySQL, MongoDB, PostgreSQL, Elasticsearch,
Kibana, PHP-FPM, Redis."""
_BINDS_TO_ALL = (
    r"^\W{0,4}(?:bind[-_]address|bind_?ip|listen_addresses|(?:network|http)\.host|bind)[\"']?\s*[:= ]\s*[\"']?"
    r"(?:0\.0\.0\.0|\*|::)(?:[\s\"']|$)"
)
_ASKS_THE_HOST = (
    r"host\.(?:docker|containers)\.internal|\b172\.17\.0\.1\b|\b(?:on|of) (?:the|my) (?:docker )?host\b"
    r"|\bhost machine\b"
)

TARGETS: tuple[Hint, ...] = (
    Hint(
        says=(
            words(LOOPBACK_MAPPING),
            words(
                r"\b(?:different|another|other|second|remote|separate|client) (?:\w+ )?(?:machine|host|server|computer"
                r"|pc|vm|vps|device|laptop|node|box)s?\b"
                r"|\b(?:from|on|in) (?:the )?(?:outside|lan|internet|local network)\b"
                r"|\bfrom my (?:phone|laptop|pc|mac)\b|\b(?:public|external|lan) (?:ip|address)\b"
                r"|外网|其他机器|另一台|局域网"
                r"|другого компьютера|anderen (?:Rechner|PC|Server)|autre machine|otra máquina|outra máquina|別のPC"
            ),
        ),
        cause="published-on-loopback-only",
        weight=24,
        command="docker ps; sudo ss -lntup",
        shows=message("the port is published at 127.0.0.1"),
        means=message("The port is published at 127.0.0.1, so clients on other machines do not reach it"),
    ),
    Hint(
        says=(words(r"(?:\b|_)ADVERTISED_(?:LISTENERS|HOST(?:_?NAME)?)\b|\badvertised\.(?:listeners|host\.name)\b"),),
        weight=26,
        command="docker compose config | grep -i advertised; docker ps",
        shows=message("the advertised address is localhost or a container's name, and the failing client is elsewhere"),
        means=message(
            "The broker sends each client to the address that it advertises: a container's name, which only containers "
            "on its network resolve, or localhost, which is the client itself. Clients on another side do not reach it"
        ),
    ),
    Hint(
        says=(words(r"redis-server[\s\"',+-]+/\S*\.conf\b"), words(r"refused|ECONNREFUSED|\bError 111\b|拒绝")),
        unless=words(r"^\s*bind\s+(?:0\.0\.0\.0|\*)|--bind 0\.0\.0\.0"),
        cause="service-listens-on-container-loopback",
        weight=24,
        command="docker exec {container} grep -E '^(bind|protected-mode)' /usr/local/etc/redis/redis.conf",
        shows=message("`bind 127.0.0.1`, as in the file that Redis ships"),
        means=message(
            "Redis was started with a configuration file. The file that Redis ships has `bind 127.0.0.1 -::1`, so "
            "Redis listens on the container's own loopback; without a file it listens on all addresses"
        ),
    ),
    Hint(
        says=(
            words(
                r"\b(?:proxy|fastcgi|grpc|uwsgi)_pass (?:\w+://)?\$\w+"
                r"|\bset \$\w*(?:upstream|backend|target|host)\w* \S+;"
                r"|\bresolver (?:8\.8|1\.1|114\.)\S+"
            ),
            words(r"\b50[234]\b|could not be resolved|no resolver|bad gateway|host not found"),
        ),
        weight=28,
        is_error=True,
        command="docker exec {container} sh -c 'nginx -T 2>/dev/null | grep -n resolver; cat /etc/resolv.conf'; "
        "docker logs --tail 50 {container}",
        shows=message(
            "the log says `could not be resolved`: `resolver` is missing or asks another server, or the name is short"
        ),
        means=message(
            "nginx resolves a name in a variable while it runs, and asks only the servers of its line `resolver`: "
            "127.0.0.11 knows Docker's names. It adds no search domain of resolv.conf, so in Kubernetes a short name "
            "is not enough (SERVICE.NAMESPACE.svc.cluster.local)"
        ),
    ),
    Hint(
        says=(
            words(_BINDS_TO_LOOPBACK),
            words(r"refused|ECONNREFUSED|\bError 111\b|reset by peer|empty reply|拒绝|connect to MySQL server on"),
            words(rf"{CONTAINERS}|\bcompose\b|\bdocker\b|容器"),
        ),
        unless=words(rf"{HOST_NETWORK}|{_ASKS_THE_HOST}|{_BINDS_TO_ALL}"),
        cause="service-listens-on-container-loopback",
        weight=24,
        command="docker exec {container} sh -c 'cat /proc/net/tcp /proc/net/tcp6'; docker inspect {container}",
        shows=message("the line of the port has the address 127.0.0.1"),
        means=message(
            "A line of the service's own configuration lets it listen on 127.0.0.1: in a container this is the "
            "container's own loopback, which no client outside of the container reaches"
        ),
    ),
    Hint(
        says=(
            words(_BINDS_TO_LOOPBACK),
            words(r"refused|ECONNREFUSED|\bError 111\b|拒绝|connect to MySQL server on"),
            words(_ASKS_THE_HOST),
        ),
        unless=words(_BINDS_TO_ALL),
        cause="host-service-listens-on-loopback",
        weight=25,
        command=SOCKETS,
        shows=message("the line of the port has the address 127.0.0.1"),
        means=message(
            "A line of the service's configuration lets it listen on 127.0.0.1 of the host, and the container asks "
            "another address of the host"
        ),
    ),
    Hint(
        says=(
            words(r"\bgitlab\b|\.gitlab-ci|gitlab-runner|^\s*DOCKER_HOST:"),
            words(r"\bdind\b|dind-|docker-in-docker|dockerd-entrypoint"),
            words(
                r"no such host|server misbehaving|could ?n[o']t resolve|lookup .{0,40} fail|fails in DNS"
                r"|name or service"
            ),
        ),
        cause="container-not-running",
        weight=SURE,
        command="docker ps -a; docker logs $(docker ps -aq --filter status=exited | head -n 1)",
        shows=message("the service container with dockerd has exited"),
        means=message(
            "The name of a job's service container is known only while it runs. dockerd in it ends at once if the "
            "runner is not privileged, or if an option of dockerd is wrong"
        ),
    ),
    Hint(
        says=(words(GATEWAY_FAILS), words(_OUTSIDE_WORKS), words(rf"{CONTAINERS}|容器")),
        cause="input-drops-host-service",
        weight=24,
        command=RULES,
        shows=INPUT_SHOWS,
        means=INPUT,
    ),
    Hint(
        says=(
            words(r"\b(?:pods?|coredns)\b"),
            words(r"\b(?:coredns|dns|internet|outside|upstream|egress)\b"),
            words(r"no route to host|host (?:is )?unreachable|EHOSTUNREACH|prohibited"),
            words(r"i/o timeout|\btimed? ?-?out"),
            words(r"\b(?:ubuntu|debian|ufw)\b"),
        ),
        unless=words(
            r"ufw (?:is )?(?:not (?:running|installed|active|enabled)|inactive|disabled)\b|Status: inactive"
            r"|\bno (?:ufw|firewall)\b|firewalld"
        ),
        cause="ufw-forward-policy",
        weight=SURE,
        command="sudo ufw status verbose; sudo iptables-save",
        shows=FORWARD_SHOWS,
        means=FORWARD,
    ),
)
