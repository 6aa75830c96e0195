"""The words that a server, a link or an engine's helper says of itself: a log that says where the server listens, a
destination that is no address, a bridge without ports, and a helper that keeps an old forwarding."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import CONTAINERS, ENGINE_AT, LOCALHOST, MTU, VM_SHOWS
from hairpin.suppose.hints.told_names import SURE
from hairpin.suppose.parts import inside_command

_INSIDE = inside_command("{container}")
_STORE = (
    r"(?:redis|valkey|postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|rabbit(?:mq)?|kafka|memcached|elastic\w*|database|db"
    r"|broker|cache|mqtt)"
)
_WORKS_OUTSIDE = (
    r"(?a:\b(?:works?|runs?|connects?|fine|ok|no (?:problems?|issues?|errors?))\b[^.\n]{0,60}"
    r"\b(?:(?:when|if) (?:it(?:'s| is) )?not (?:in|inside|running in) (?:a |the )?(?:docker|containers?)"
    r"|outside (?:of )?(?:the |a )?(?:docker|containers?)|without (?:docker|a container|the container|containers?)"
    r"|(?:directly )?on (?:the|my) host(?: machine)?(?! (?:network|mode)))\b"
    r"|\b(?:outside (?:of )?(?:the |a )?(?:docker|container)|without docker|on (?:the|my) host(?: machine)?|locally)\b"
    r"[^.\n]{0,40}\b(?:works?|runs?|connects?|is (?:fine|ok))\b)"
    r"|(?:不用|脱离|没有用?) ?(?:docker|容器)[^\n，。]{0,12}(?:正常|可以|没问题)"
    r"|(?:宿主机|本机|本地)[^\n，。]{0,8}(?:正常|可以|没问题)"
    r"|(?:ohne Docker|außerhalb[^.\n]{0,20}(?:Docker|Container))[^.\n]{0,40}(?:geht|funktioniert|läuft)"
)
_RUN_INSIDE = (
    r"(?a:\b(?:run|running|start|launch|deploy|put|inside|in|within|from)\b[^.\n]{0,30}\b(?:containers?|docker|image"
    r"|compose)\b|\bdockeri[sz]\w+)|容器|コンテナ|Container"
)
_REFUSED = r"connection refused|\brefused\b|ECONNREFUSED|os error 111|\berrno 111\b|\b(?:error )?111\b|拒绝"

SERVERS: tuple[Hint, ...] = (
    # --- a server says in its log where it listens ---
    Hint(
        says=(
            words(
                r"Starting in local only mode|Network: use --host to expose"
                r"|(?:listening|bound|binding|accepting connections|started|serving|running)\b[^\n]{0,40}"
                r"\b(?:only )?on (?:loopback|localhost)(?: interface)? only"
                r"|loopback only mode|protected[- ]mode is enabled, no bind address"
            ),
        ),
        unless=words(r"--net(?:work)?[= ]host|network_mode: ?.?host|\bfixed\b|\bsolved\b"),
        cause="service-listens-on-container-loopback",
        weight=SURE,
        command=f"docker logs {{container}}; {_INSIDE}",
        means=message(
            "The server's log says that it listens on loopback only: in a container this is the container's own "
            "loopback, which no other container and no client outside reaches. It needs a listener on 0.0.0.0"
        ),
    ),
    # --- a destination that is no address of a machine ---
    Hint(
        says=(
            words(
                r"(?:dial tcp|connect(?:ing)?(?: to)?|ECONNREFUSED|Get [\"']?https?://|targets?: ?\[ ?[\"']?|proxy_pass"
                r" https?://|upstream: [\"']?https?://|tcp connect error[^\n]{0,20}) ?[\"'(]?0\.0\.0\.0:\d+"
            ),
        ),
        unless=words(
            r"\blisten\w* (?:tcp )?0\.0\.0\.0:\d+: bind"
            r"|https?://(?=[\w.-]*[a-z])(?!localhost)[\w.-]+[^\n]{0,60}dial tcp 0\.0\.0\.0"
        ),
        cause="loopback-is-the-container",
        weight=26,
        command=f"docker ps; {_INSIDE}; docker exec {{container}} getent hosts host.docker.internal",
        shows=message("the client runs in a container, and its configuration names 0.0.0.0"),
        means=message(
            "0.0.0.0 is no valid target: a client that asks it asks itself, and in a container this is the container "
            "itself. The client needs the name of the other container, or the host's real address "
            "(host.docker.internal)"
        ),
    ),
    # --- the address that a program asks by itself is its own loopback ---
    Hint(
        says=(words(rf"\b{_STORE}\b"), words(_REFUSED), words(_WORKS_OUTSIDE), words(_RUN_INSIDE)),
        unless=words(
            r"host\.(?:docker|containers)\.internal|\b172\.1[7-9]\.0\.1\b|reset by peer|\bno route to host\b"
            r"|(?:ECONNREFUSED|dial tcp|connecting to|connect to|to server at) [\"'(]?(?!127|localhost|\[?::1|a\b|the\b"
            rf"|my\b|{_STORE} )[\w.-]+[\"']?[:, ]"
        ),
        cause="loopback-is-the-container",
        weight=24,
        command="docker compose config; docker ps; docker exec {container} env | grep -iE 'host|url|uri|addr'",
        shows=message("the setting of the address says 127.0.0.1 or localhost"),
        means=message(
            "The same settings work on the host and are refused in the container: they say 127.0.0.1 or localhost, "
            "and in a container this is the container itself. Name the other container, or the host"
        ),
    ),
    # --- the server is not ready yet ---
    Hint(
        says=(
            words(
                r"(?a:\bfor the first time\b|\b(?:on|at|during|after) (?:the |its )?(?:very )?first (?:start\w*|run"
                r"|boot|launch|up|docker\S* up)\b|\bfirst time (?:I|we|you|it) \w+"
                r"|\b(?:second|next) (?:time|try|attempt|start|run)\b[^.\n]{0,40}\b(?:works?|fine|ok|succeeds?)\b"
                r"|\b(?:works?|fine|ok) (?:on|at|after) (?:the |a )?(?:second|next|another|re-?) ?(?:time|try|attempt"
                r"|start|run)\b|\bstarts? (?:up )?(?:too early|before|faster)\b|\bnot (?:yet )?ready\b"
                r"|\brace condition\b)"
                r"|(?:第一次|首次)[^\n，。]{0,6}(?:启动|运行)|beim ersten (?:Start|Mal)"
                r"|au premier (?:lancement|démarrage)"
                r"|la primera vez|na primeira vez|при первом запуске|最初の起動"
            ),
            words(_REFUSED),
            words(rf"\b{_STORE}\b"),
            words(r"\bcompose\b|\bcontainers?\b|\bdocker\b|\S+[-_]\d\s+\|"),
        ),
        unless=words(
            r"\b(?:refused|connect\w*|server at|ECONNREFUSED)[^\n]{0,40}(?:localhost|127\.0\.0\.1|::1)\b"
            r"|condition: service_healthy|\bwait-for-it\b|\bwas ready (?:long )?before\b"
        ),
        weight=26,
        command="docker compose logs; docker compose ps",
        shows=message("the server logs that it accepts connections only after the client's error"),
        means=message(
            "The server is not yet ready when the client connects: on its first start a database makes its files "
            "before it listens. depends_on waits only for the start; `condition: service_healthy` with a health check, "
            "or a client that tries again, waits until the server listens"
        ),
    ),
    # --- a container without IPv6 ---
    Hint(
        says=(
            words(
                r"(?<![\w:])2[0-9a-f]{3}:[0-9a-f]{1,4}:[0-9a-f:]+|\bIPv6[- ]only\b"
                r"|\b(?:over|via|by|with|use|using) IPv6\b"
                r"|\bhttps?://(?:ipv6|v6|test-ipv6)\."
            ),
            words(
                r"\b(?:from|in|inside|within) (?:the |a |an |my |any )?(?:\w+ )?containers?\b[^\n]{0,100}"
                r"(?:n't\b|\bnot\b|\bfails?\b|unreachable|\bcannot\b|\btime)|容器(?:内|里|中)[^\n]{0,30}(?:不|无法|失败)"
                r"|\bcontainers? (?:\w+ )?(?:cannot|can't|do(?:es)? not|do(?:es)?n't|fails?|has no|have no)\b"
            ),
            words(
                r"\b(?:from|on) (?:the |my )?host\b[^\n]{0,60}\b(?:works?|fine|ok|can)\b|宿主机[^\n]{0,20}(?:可以|正常)"
            ),
        ),
        unless=words(
            r"EnableIPv6\"?: true|enable_ipv6|\"ipv6\"|fixed-cidr-v6|ip6tables|inet6 [23]|--ipv6|ndp|NAT66"
            r"|ipv6nat|\bprefix\b|accept_ra|forwarding"
        ),
        weight=24,
        command="docker network inspect --format '{{.Name}} {{.EnableIPv6}}' $(docker network ls -q); "
        "docker exec {container} ip -6 addr",
        shows=message("EnableIPv6 is false, and the container has no global IPv6 address"),
        means=message(
            "The container has no IPv6 address and no IPv6 route: Docker's default bridge, and networks made without "
            "enable_ipv6, are for IPv4 alone"
        ),
    ),
    # --- a bridge without ports ---
    Hint(
        says=(
            words(
                r"\b8000\.0{12}\b"
                r"|\b(?:docker0|br-\w+|bridge)\b[^\n.]{0,60}\b(?:has|have|with|shows?|lists?) no (?:interfaces?|ports?"
                r"|members?|veths?\w*)\b"
                r"|\bno veth\w*[^\n.]{0,40}\b(?:in|on|attached to|under|joined) (?:the )?(?:docker0|bridge|br-\w+)"
                r"|veth\w*[^\n]{0,20}没有[^\n]{0,10}(?:docker0|网桥)|(?:docker0|网桥)[^\n，。]{0,12}没有[^\n，。]{0,8}(?:接口|veth|网卡)"
            ),
            words(rf"{CONTAINERS}|容器"),
        ),
        unless=words(r"no containers? (?:is |are )?(?:running|started|up)|没有(?:运行|启动)[^\n]{0,6}容器"),
        cause="veth-detached-from-bridge",
        weight=26,
        command="uname -r; brctl show; bridge link; networkctl; nmcli device",
        shows=message("docker0 has no ports while containers run, and the kernel is older than the distribution"),
        means=message(
            "The bridge has no port, so the containers' veth links are not attached to it: a manager of links has "
            "taken them out, or the kernel is too old for this engine"
        ),
    ),
    # --- the size of packets ---
    Hint(
        says=(
            words(
                r"\b(?:many |lots? of |only |see |of )?fragment(?:ed|ation)\b[^\n.]{0,30}"
                r"\b(?:packets?|frames?|ip|needed)\b|\b(?:packets?|frames?)\b[^\n.]{0,20}\bfragment(?:ed|ation)"
                r"|\bIP fragments?\b|分片"
            ),
            words(rf"{CONTAINERS}|\bdocker (?:pull|push|login|build)\b|容器"),
        ),
        unless=words(r"\bGRO\b|checksum"),
        cause="mtu-black-hole",
        weight=26,
        means=MTU,
    ),
    Hint(
        says=(
            words(
                r"\b408\b[^\n]{0,60}\brequest time-?out\b|didn't send a complete request in time"
                r"|error parsing HTTP 408"
            ),
            words(r"\bdocker\b|\bpodman\b|\bcontainers?\b|\bregistry\b|容器"),
        ),
        unless=words(r"\b(?:slowloris|client_body_timeout|client_header_timeout|timeout http-request)\b"),
        cause="mtu-black-hole",
        weight=24,
        means=message(
            "The server says that the request did not arrive whole: the small packets that open a connection pass, and "
            "full-sized packets are lost, because a link on the way has a smaller MTU"
        ),
    ),
    # --- a helper of the engine keeps an old forwarding ---
    Hint(
        says=(
            words(
                r"\bvpnkit(?:\.exe)?\b|\bcom\.docke(?:\b|r\.(?:backend|proxy|slirp|vpnkit|driver)\S*)|\bwslrelay(?:\.exe)?\b"
                r"|\bgvproxy(?:\.exe)?\b|\bwinnat\b[^\n]{0,40}\bDocker Desktop\b"
            ),
            words(
                r"\bLISTEN(?:ING)?\b|\bnetstat\b|\blsof\b|\bGet-NetTCPConnection\b|\bholds? (?:the )?port\b"
                r"|\bin use\b"
            ),
            words(
                rf"{LOCALHOST}|\b(?:since|after) (?:the |an? |my )?(?:\w+ )?(?:update|upgrade|restart|sleep|hibernat\w*"
                r"|crash|resume)\b"
            ),
        ),
        unless=words(r"port is already allocated"),
        weight=24,
        command=f"docker ps -a; netstat -a -b; {ENGINE_AT}",
        shows=VM_SHOWS,
        means=message(
            "A helper of Docker Desktop (vpnkit, com.docker.backend, wslrelay) listens for the engine's published "
            "ports, and it may keep a stale forwarding of a container that no longer runs, for example after an update "
            "or sleep. A restart of Docker Desktop, or of the computer, makes the forwardings anew"
        ),
    ),
)
