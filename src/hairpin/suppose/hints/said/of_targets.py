"""The words about the address that a client is given: a port mapping at loopback, an address that a broker advertises,
an address on which a configuration lets a server listen, the bridge's own address, an address outside that pods ask,
and addresses of an engine in a virtual machine or of a cluster in containers."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import (
    CONTAINERS,
    DESKTOP,
    ENGINE_AT,
    FORWARD,
    HOST_NETWORK,
    IN_VM,
    INPUT,
    LOCALHOST,
    MACHINE,
    VM_SHOWS,
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
        means=FORWARD,
    ),
    Hint(
        says=(
            words(
                r"\bkind (?:create|cluster|load|get|v?0\.\d)|kindest/node|\bkind-[\w-]*control-plane"
                r"|\bkind-control-plane\b"
                r"|\bkind-config\b|\bk3d\b|rancher/k3s:"
            ),
            words(r"\bnode ?ports?\b|\bload ?balancer\b|\bingress\b|\b(?:port |:)3[0-2]\d{3}\b"),
            words(rf"{LOCALHOST}|\bbrowser\b|\b172\.(?:1[7-9]|2\d)\.0\.\d+\b"),
        ),
        unless=words(
            r"extraPortMappings|kubectl port-forward|cloud-provider-kind|metallb|\bk3d [^\n]*(?:-p"
            r"|--port) |->(?:80|443|3\d{4})/tcp"
        ),
        cause="port-not-published",
        weight=26,
        command="docker ps",
        shows=message("the node's container publishes the API server's port only"),
        means=message(
            "The cluster's nodes are containers, and they publish only the API server's port: a NodePort or an "
            "ingress is open inside of them. extraPortMappings of kind and --port of k3d publish it"
        ),
    ),
    Hint(
        says=(
            words(r"\bminikube\b"),
            words(r"\b192\.168\.49\.2\b|\bminikube ip\b|\bnode ?ports?\b|\bingress\b"),
            words(rf"{DESKTOP}|driver[= ]docker|docker driver"),
        ),
        unless=words(r"\bminikube (?:tunnel|service)\b[^\n]{0,60}(?:works?|ok|fine)"),
        weight=24,
        command="minikube profile list; docker ps; minikube service list",
        shows=message("the driver is docker, and the engine is in a virtual machine"),
        means=message(
            "With the driver docker, minikube's node is a container in the engine's virtual machine: its address "
            "(minikube ip) is reachable only there. `minikube service NAME --url` and `minikube tunnel` open a way"
        ),
    ),
    Hint(
        says=(
            words(
                r"--dns[= ]127\.\d|[\"']dns[\"'] ?: ?\[ ?[\"']127\.\d|^[ \t]*dns:[ \t]*\n?[ \t]*-?[ \t]*[\"']?127\.\d"
            ),
            words(r"\bresolv\w*|\bDNS\b|\bnames?\b|no such host|EAI_AGAIN|ENOTFOUND|name resolution|域名"),
        ),
        unless=words(rf"pi-?hole|adguard|unbound|dnsmasq|\bbind9?\b|{HOST_NETWORK}"),
        cause="loopback-is-the-container",
        weight=26,
        command="docker exec {container} cat /etc/resolv.conf; cat /etc/docker/daemon.json",
        shows=message("the container's name server is an address of 127.0.0.0/8"),
        means=message(
            "The option dns gives containers a name server at 127.0.0.1: in a container this is the container itself, "
            "where no name server listens"
        ),
    ),
    # --- the engine is in another machine ---
    Hint(says=(words(MACHINE), words(LOCALHOST)), weight=24, command=ENGINE_AT, shows=VM_SHOWS, means=IN_VM),
    Hint(
        says=(words(rf"{DESKTOP}"), words(rf"{HOST_NETWORK}")),
        weight=24,
        command=ENGINE_AT,
        shows=VM_SHOWS,
        means=IN_VM,
    ),
    Hint(
        says=(
            words(rf"{DESKTOP}"),
            words(r"\b(?:in(?:to|side)?|to) the (?:vm|virtual machine|machine)\b|\bssh into\b"),
        ),
        weight=24,
        command=ENGINE_AT,
        shows=VM_SHOWS,
        means=IN_VM,
    ),
    Hint(
        says=(
            words(rf"{DESKTOP}"),
            words(
                r"\b(?:another|other) (?:pc|machine|computer|device|laptop|phone)s?\b|\bfrom (?:the|my) (?:lan|phone)\b"
            ),
        ),
        weight=16,
        command=f"{ENGINE_AT}; podman machine ls",
        shows=VM_SHOWS,
        means=IN_VM,
    ),
    Hint(
        says=(words(rf"{DESKTOP}"), words(r"\b172\.1[7-9]\.0\.\d+\b|\b(?:container'?s?|its own) (?:ip|address)")),
        weight=10,
        command=ENGINE_AT,
        shows=VM_SHOWS,
        means=IN_VM,
    ),
    Hint(
        says=(words(r"\bWSL ?2?\b"), words(r"\b(?:from|in|on|by|under) (?:the )?windows\b"), words(LOCALHOST)),
        unless=words(r"docker desktop"),
        weight=18,
        command="wsl hostname -I; ip addr show eth0",
        shows=message("eth0 of WSL has an address of its own"),
        means=IN_VM,
    ),
    Hint(
        says=(words(r"docker desktop"), words(r"\b(?:in|inside|from|within) (?:the )?wsl ?2?\b"), words(LOCALHOST)),
        weight=18,
        command=ENGINE_AT,
        shows=VM_SHOWS,
        means=IN_VM,
    ),
    Hint(
        says=(
            words(
                r"(?-i:\b(?:Sierra|El Capitan|Yosemite|Mavericks|Mountain Lion)\b)|\bos ?x 10\.(?:[6-9]|1[0-2])\b"
                r"|\bwindows (?:7|8(?:\.1)?|xp|vista)\b|\b(?:windows|win) ?(?:10 )?home\b"
            ),
            words(LOCALHOST),
            words(
                r"refused|\brefuse\b|can(?:no|')t (?:be )?(?:connect|reach|open|load|access)|(?:could|does|do"
                r"|did)(?: not|n't) "
                r"(?:connect|reach|open|load|work)|unable to (?:connect|reach|open)|not (?:reachable|accessible)"
            ),
        ),
        unless=words(rf"{MACHINE}|docker desktop|docker for (?:mac|windows)|\bwsl ?2\b|windows 1[01] pro"),
        weight=24,
        command=f"docker-machine ls; {ENGINE_AT}",
        shows=VM_SHOWS,
        means=message(
            "On this system Docker often runs in a virtual machine (docker-machine, Docker Toolbox): the port is "
            "published at the machine's address (docker-machine ip) and not at localhost"
        ),
    ),
    Hint(
        says=(words(r"\b(?:vagrant|multipass|virtual ?box)\b"), words(LOCALHOST)),
        unless=words(r"forwarded_port|port[ -]forward\w*|\bbridged\b"),
        weight=20,
        command="vagrant port; VBoxManage list runningvms; ip addr",
        shows=message("the virtual machine has an address of its own, and its port is not forwarded"),
        means=IN_VM,
    ),
    Hint(
        says=(
            words(rf"{MACHINE}|{DESKTOP}"),
            words(
                r"(?:from|in|inside|within|of|vom|aus dem|im|depuis le|desde el|dal) (?:the |a |my |this "
                r"|any )?(?:\w+ )?"
                r"(?:containers?|conteneur|contenedor)\b|容器(?:内|里|中)?(?:无法|不能|访问|ping|连)"
            ),
            words(r"(?<![\d.])(?:192\.168|10\.\d+)\.\d+\.(?:\d+|0/\d+)"),
            words(r"\brefused\b|\bunreachable\b|no route to host|\btimed? ?-?out|\breset\b|拒绝|超时"),
            words(
                r"\b(?:from|on|vom|auf) (?:the |my |dem )?(?:mac|windows|host"
                r"|pc)\b[^\n]{0,80}\b(?:works?|fine|ok|geht|can)\b|本机(?:可以|正常)"
                r"|\b(?:mac|windows|pc)\b (?:itself )?(?:reaches|can|works)\b|\bLAN\b"
            ),
        ),
        weight=18,
        command="colima ssh -- ip route; docker run --rm --network host alpine ip route",
        shows=message("a route of the virtual machine covers the LAN's range, or its default route leads elsewhere"),
        means=message(
            "The engine's virtual machine has routes of its own: one of its networks covers the LAN's range, or it has "
            "no way into the LAN, so containers do not reach what the computer itself reaches"
        ),
    ),
)
