"""The words that point to a network of the engine, to name resolution, or to a client that connects to itself."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import CONTAINERS, HOST_NETWORK, NAME_SERVERS
from hairpin.suppose.hints.told_names import SURE

_BARE_NAME = r"(?!localhost\b|host\b)[a-z][\w-]*(?![\w-]*\.[\w])"
_NAME_UNKNOWN = (
    rf"host not found in upstream \"?{_BARE_NAME}|\b(?:does|do|did|could|can|would)(?: not|n't|not) (?:find|resolve"
    r"|know) (?:the |any "
    r"|its |their |each other'?s? )?(?:upstreams?|hosts?|services?|names?|hostnames?|container names?"
    r"|service names?)\b(?!\.\w)"
    rf"|could(?: not|n't) resolve(?: host)?:? ?[\"']?{_BARE_NAME}\b|\b(?:ENOTFOUND|EAI_AGAIN) {_BARE_NAME}"
    rf"|\blookup {_BARE_NAME} on |bad address [\"']?{_BARE_NAME}|unknown (?:\w+ )?host:? [\"']?{_BARE_NAME}"
    rf"|host name \"{_BARE_NAME}\"|getaddrinfo for {_BARE_NAME} failed|UnknownHostException:? {_BARE_NAME}"
    rf"|\bnames? (?:of (?:the |other )?(?:containers?|services?) )?(?:do|does|are|is)(?: not|n't) (?:resolve|known"
    r"|found)"
    r"|(?:找不到|无法解析|解析不了)[^\n]{0,10}(?:服务名|容器名|主机名)"
)
"""Matches words that say that a program finds no address for a name without a dot, as services of compose have."""
_WITH_HOSTS_NETWORK = rf"{HOST_NETWORK}(?!.{{0,60}}(?:\bworks?\b|\bhelps?\b|\bfine\b|\bresolves?\b|没问题|正常|可以))"

_REFUSED = r"(?:refused|ECONNREFUSED|拒绝|拒絕|拒否|거부|отказано|verweigert|recusad|rechazad|refusée)"
_ITSELF = r"(?:localhost|127\.0\.0\.1)"
_STORE_PORT = r"(?:3306|5432|6379|27017|5672|1433|9200|11211|3307|5433|4222|2379|8123)"
"""The ports of databases and brokers, which seldom run in the container of the program that asks them."""

NETWORKS: tuple[Hint, ...] = (
    Hint(
        says=(
            words(_WITH_HOSTS_NETWORK),
            words(_NAME_UNKNOWN),
            words(rf"{CONTAINERS}|\bdocker\b|\bcompose\b|\bpodman\b|容器"),
        ),
        unless=words(
            r"\b(?:without|not (?:with|on|in|using)|instead of|removed?|no) (?:the )?(?:host(?:'s)? network"
            r"|network_mode|--net)"
        ),
        cause="host-network-has-no-names",
        weight=SURE,
        means=message(
            "A container on the host's network is in no network of the project, and asks the host's name server: the "
            "names of services and containers are unknown there. Their published ports are at localhost"
        ),
    ),
    # --- networks of the engine ---
    Hint(
        says=(words(r"network create[^\n]{0,80}--internal|\binternal: true\b|\"Internal\": true"),),
        cause="container-on-internal-network-only",
        weight=20,
        means=message("An internal network has no way to the outside, and no port of it is published"),
    ),
    Hint(
        says=(words(r"network create(?=[^\n]*(?:macvlan|ipvlan))(?![^\n]*parent=)"),),
        weight=20,
        command="docker network inspect $(docker network ls -q); ip -d link",
        shows=message("the network has no parent, or its parent is a dummy link that the engine has made"),
        means=message("The network was made without a parent: its containers are on a link that leads nowhere"),
    ),
    Hint(
        says=(words(r"\bmacvlan\b"), words(r"\bhost\b")),
        cause="macvlan-host-cannot-reach",
        weight=18,
        means=message(
            "A macvlan and the link below it exchange no packets: the host and the container do not reach each other"
        ),
    ),
    Hint(
        says=(words(r"\bipvlan\b"), words(r"\bhost\b")),
        cause="ipvlan-host-cannot-reach",
        weight=18,
        means=message(
            "An ipvlan and the link below it exchange no packets: the host and the container do not reach each other"
        ),
    ),
    Hint(
        says=(
            words(r"\b50[24]\b|bad gateway|gateway time-?d? ?-?out"),
            words(r"\b(?:traefik|nginx-proxy|reverse[ -]proxy|caddy|haproxy|jwilder|swag|npm|proxy)\b"),
            words(
                r"\bnetworks\b|\bexternal: true\b|(?:different|two|default|own|another|other|same) networks?"
                r"|(?:other|another) (?:compose )?project"
            ),
        ),
        cause="no-common-network-for-name",
        weight=16,
        shows=message(
            "the proxy shares no network with the container, or uses the container's address on another network"
        ),
        means=message(
            "The container is on several networks, and the proxy uses the container's address on a network to which "
            "the proxy is not connected"
        ),
    ),
    Hint(
        says=(
            words(r"\b(?:50[24]\b|bad gateway|ECONNREFUSED|connection refused|connect\(\) failed)"),
            words(
                r"(?:proxy_pass|reverse_proxy|upstream|ProxyPass|server)\b[^\n]{0,40}\b(?:localhost|127\.0\.0\.1"
                r"|\[::1\])[:/]"
            ),
            words(CONTAINERS),
        ),
        cause="loopback-is-the-container",
        weight=14,
        shows=message("the proxy runs in a container, and the address behind the proxy is a loopback address"),
        means=message("In a container, localhost is the container itself: the proxy asks itself"),
    ),
    Hint(
        says=(
            words(
                r"\bhost \"?(?!localhost)[a-z][\w.-]*\"? \((?:127\.\d+\.\d+\.\d+|::1)\)"
                r"|\bPING (?!localhost)[a-z][\w.-]* \(127\.|connect(?:ed|ing)? to (?!localhost)[a-z][\w.-]* \(127\."
            ),
        ),
        cause="loopback-is-the-container",
        weight=24,
        is_error=True,
        command="docker exec {container} cat /etc/hosts /etc/resolv.conf",
        shows=message("a line of /etc/hosts gives the name a loopback address"),
        means=message("/etc/hosts gives the name a loopback address, so the client asks itself"),
    ),
    Hint(
        says=(words(r"--iptables(?:=| )false|[\"']?iptables[\"']?: false"),),
        cause="docker-daemon-iptables-false",
        weight=18,
        means=message(
            "dockerd makes no rules: no port is published by DNAT, and no container's address is masqueraded"
        ),
    ),
    Hint(
        says=(
            words(
                r"ECONNREFUSED (?:127\.0\.0\.1|0\.0\.0\.0|::1):\d+|dial tcp (?:127\.0\.0\.1|0\.0\.0\.0"
                r"|\[::1\]):\d+: connect: "
                r"connection refused"
                r"|running on host \"(?:localhost|127\.0\.0\.1)\"|SQLSTATE\[HY000\] \[2002\] Connection refused"
                r"|to MySQL server on '(?:localhost|127\.0\.0\.1)"
            ),
            words(
                r"\bfrom (?:the |a |my |inside )*(?:\w+ )?container\b|\bdepends_on\b|^[\w.-]+[-_]\d+\s*\|"
                r"|\blinks:|(?:other|another|second|database|db|postgres|mysql|mongo|redis) container|both "
                r"containers|two containers"
            ),
        ),
        cause="loopback-is-the-container",
        weight=18,
        means=message(
            "In a container, localhost is the container itself: the client asks itself instead of the other container"
        ),
    ),
    Hint(
        says=(
            words(
                r"running on host \"?(?:localhost|127\.0\.0\.1)|ECONNREFUSED (?:127\.0\.0\.1|0\.0\.0\.0|::1):"
                r"|SQLSTATE\[\w+\] \[\d+\] (?:connection refused|no such file)"
            ),
            words(
                r"\b(?:pgadmin|phpmyadmin|adminer|django|flask|laravel|symfony|rails|spring|nestjs|prisma"
                r"|sequelize|sqlalchemy|psycopg2?|knex"
                r"|typeorm|grafana|metabase|wordpress|fastapi|celery|express)\b"
            ),
            words(r"\bcompose\b|\bcontainers?\b"),
        ),
        unless=words(r"\b(?:psql|mysql) -h\b"),
        cause="loopback-is-the-container",
        weight=16,
        means=message(
            "In a container, localhost is the container itself: the client asks itself instead of the other container"
        ),
    ),
    Hint(
        says=(
            words(r"\b(?:from|in|inside|within) (?:the|a|my|this|any) (?:\w+ )?container\b"),
            words(
                r"\b(?:service|server|api|database|db|app|process|postgres|mysql|redis)\b.{0,40}\b(?:on|at) "
                r"(?:localhost|127\.0\.0\.1)"
            ),
            words(r"refused"),
        ),
        cause="loopback-is-the-container",
        weight=12,
        means=message("In a container, localhost is the container itself, not the host"),
    ),
    Hint(
        says=(
            words(
                r"\b(?:host|server|hostname|DB_HOST|data source)[\"']? ?[=:] ?[\"']?(?:localhost"
                r"|127\.0\.0\.1)\b(?!, request)"
                r"|\b(?:jdbc:\w+|postgres(?:ql)?|mysql2?|mongodb|redis|amqp)://[^\s/]{0,60}(?:localhost"
                r"|127\.0\.0\.1)\b"
            ),
            words(rf"{_REFUSED}|\b2002\b|no such file"),
        ),
        unless=words(rf"{HOST_NETWORK}"),
        cause="loopback-is-the-container",
        weight=18,
        means=message(
            "In a container, localhost is the container itself: the client asks itself instead of the other container"
        ),
    ),
    Hint(
        says=(
            words(
                rf"\b\w*(?:host(?:name)?|server|addr(?:ess)?|url|dsn)[\"']? ?[=:] ?[\"']?{_ITSELF}[\"']?[:,; \n]"
                rf"[^\n]{{0,12}}(?:\n\s*)?[\"']?\w*port[\"']? ?[=:] ?[\"']?{_STORE_PORT}\b"
                rf"|\b\w*(?:host(?:name)?|server|addr(?:ess)?|url|dsn|uri)[\"']? ?[=:] ?[\"']?[^\s\"']{{0,60}}"
                rf"{_ITSELF}\)?:{_STORE_PORT}\b"
            ),
            words(rf"{_REFUSED}|\bexited\b|\brestarting\b|退出|打不开"),
            words(r"docker(?:-| )(?:run|compose)\b|\bdocker ps\b|\bcontainers?\b|容器|^\s*services:"),
        ),
        unless=words(rf"{HOST_NETWORK}|\bsupervisord?\b|all[- ]in[- ]one"),
        cause="loopback-is-the-container",
        weight=26,
        command="docker logs --tail 50 {container}; docker compose config; docker ps",
        shows=message("the container's log says that it cannot connect to 127.0.0.1 or localhost"),
        means=message(
            "A setting of the program in the container names 127.0.0.1 or localhost for its database: in the container "
            "this is the container itself, so the program does not come up, and nobody answers on its port"
        ),
    ),
    Hint(
        says=(
            words(r"\b(?:wg-?easy|wireguard|openvpn|gluetun|vpn)\b"),
            words(r"\bcontainer\b|\bdocker exec\b"),
            words(r"\b(?:two|2|both|several|second|other) networks\b|\beth1\b"),
        ),
        cause="interface-name-hardcoded",
        weight=18,
        command="docker exec {container} sh -c 'iptables -t nat -S; ip route'",
        shows=message("MASQUERADE or another rule names an interface that does not carry the default route"),
        means=message(
            "Rules inside the container name an interface, and after a restart the container's networks may be on "
            "other interfaces"
        ),
    ),
    Hint(
        says=(words(r"\bFIREWALL_(?:OUTBOUND_SUBNETS|INPUT_PORTS|VPN_INPUT_PORTS)\b"),),
        cause="container-own-firewall",
        weight=20,
        means=message(
            "The container's own firewall lets out only what its settings name. It drops the answers to other clients"
        ),
    ),
    Hint(
        says=(
            words(r"\btailscale\b"),
            words(r"\baccept-routes\b|\bexit[ -]node\b|\btable 52\b"),
            words(rf"{CONTAINERS}|\bdocker\b"),
        ),
        cause="policy-rule-diverts-container-traffic",
        weight=22,
        command="ip rule; ip route show table 52; tailscale status",
        shows=message("table 52 has a default route, or a route to the range of a container network"),
        means=message(
            "A policy rule of Tailscale leads packets by its table 52, so a container's answers go into the tunnel"
        ),
    ),
    Hint(
        says=(
            words(r"\bBGP not established\b|\bBIRD is not ready\b|\bcalico\b"),
            words(
                r"\b10\.0\.2\.15\b|\bfirst-found\b|\bautodetect\w*|\bBGP not established\b"
                r"|\b(?:two|several) (?:links|nics)\b"
            ),
        ),
        weight=24,
        command="ip addr; kubectl get nodes -o wide; calicoctl node status",
        shows=message("calico has the address of another link than the one by which the nodes reach each other"),
        means=message("Calico has taken the address of a link by which the other nodes are not reached"),
    ),
    Hint(
        says=(
            words(r"\b(?:flannel|vxlan)\b"),
            words(r"\bhost ?network\b|\bfrom (?:the|a) (?:host|node)s?\b|\bon (?:the )?(?:host|node)\b"),
            words(r"\bcluster ?ip\b|\b10\.(?:43|96)\.\d+\.\d+"),
        ),
        weight=16,
        command="ethtool -k flannel.1 | grep checksum; sudo tcpdump -ni any udp port 8472",
        shows=message("checksum offload is on, and the other node counts packets with a wrong checksum"),
        means=message(
            "Packets that a node itself sends into the tunnel have a wrong checksum, and the other node drops them"
        ),
    ),
    Hint(
        says=(
            words(r"\bpasta\b"),
            words(r"\bhost\.(?:containers|docker)\.internal\b|\bhost'?s? (?:own |primary |lan )?address\b"),
        ),
        weight=24,
        command="podman exec {container} ip addr; podman info",
        shows=message("the container has the same address as the host"),
        means=message(
            "pasta gives a rootless container the host's own address, so a connection to that address ends in the "
            "container itself"
        ),
    ),
    # --- names ---
    Hint(
        says=(words(r"\blookup \S+ on (?:\[::1\]|127\.0\.0\.1):53\b"),),
        weight=30,
        is_error=True,
        command="ls -l /etc/resolv.conf; cat /etc/resolv.conf; systemctl status systemd-resolved",
        shows=message("the host's /etc/resolv.conf has no line with nameserver"),
        means=message(
            "The host's /etc/resolv.conf names no name server, so the program asks its own address, where nobody "
            "listens"
        ),
    ),
    Hint(
        says=(
            words(
                r"(?:SQLSTATE ?\[HY000\] ?\[2002\]|\(HY000/2002\):?) (?:connection refused|no such file|conex"
                r"|verbindung)"
            ),
        ),
        unless=words(r"\bDB_HOST ?[=:] ?(?!127|localhost)[a-z]"),
        cause="loopback-is-the-container",
        weight=20,
        shows=message("the database runs in another container, and the application asks 127.0.0.1 or localhost"),
        means=message("Applications ask 127.0.0.1 unless a setting names the database's service"),
    ),
    Hint(
        says=(words(r"Using default external servers"),),
        weight=24,
        is_error=True,
        command="cat /etc/resolv.conf; resolvectl status",
        shows=message("the host's resolv.conf names only a loopback address, and another name server is in the LAN"),
        means=message(
            "The host has only a local name server, so dockerd gives containers 8.8.8.8 and 8.8.4.4. A firewall may "
            "drop queries to these two servers"
        ),
    ),
    Hint(
        says=(
            words(
                r"could(?: not|n't) resolve|temporary failure (?:in name resolution|resolving)|name resolution"
                r"|bad address .?[\w-]+\.[\w.]+|\bEAI_AGAIN\b[^\n]{0,30}\.\w|no such host|servers could be reached"
            ),
            words(CONTAINERS),
        ),
        weight=8,
        command=NAME_SERVERS,
        shows=message("the container's network does not reach the container's name server"),
        means=message("The container's name server does not answer the container"),
    ),
    Hint(
        says=(words(r"ignoring query from non-local network"),),
        weight=24,
        is_error=True,
        command="docker exec {container} sh -c 'cat /etc/dnsmasq.conf /etc/pihole/pihole.toml'",
        shows=message("local-service, or a mode in which dnsmasq listens for local networks only"),
        means=message(
            "The query arrives, but dnsmasq ignores it: dnsmasq answers only clients in networks of its own links, and "
            "the container's network is not one of these networks"
        ),
    ),
)
