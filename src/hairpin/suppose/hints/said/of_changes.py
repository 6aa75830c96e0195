"""The words about what a restart, an upgrade, a setting or another program has changed, and what a server, a link or
an engine's helper says of itself."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, hint
from hairpin.suppose.hints.said.phrases import (
    CONTAINERS,
    ENGINE_AT,
    HOST_NETWORK,
    JOINED,
    LOCALHOST,
    MANY_NETWORKS,
    MANY_NETWORKS_SHOWS,
    MTU,
    NESTED,
    RULES,
    VM_SHOWS,
)
from hairpin.suppose.hints.told_names import SURE
from hairpin.suppose.parts import inside_command
from hairpin.words.pattern import sought

_ENGINE = sought(rf"{CONTAINERS}|\bdocker\b|\bpodman\b|\bcompose\b|容器")
_SHARES = (
    r"(?:\bnetwork_mode\b(?! ?: ?[\"']?(?:host|bridge|none|default))|\b\w+'s network (?:stack|namespace)\b"
    r"|--net(?:work)?[= ](?:container|service):"
    r"|\b(?:use|using|share|sharing|shares|through|via|behind)\b[^\n.]{0,60}\bnetwork (?:stack|namespace)?"
    r"[^\n.]{0,20}\b(?:of|from) (?:the )?(?:\w+ )?(?:vpn|gluetun|container|service))"
)
_MADE_ANEW = (
    r"(?a:\b(?:re-?start(?:s|ed|ing)?(?! ?:)|re-?creat\w+|re-?boots?|rebooted|updat\w+|watchtower|crash(?:es|ed)?"
    r"|re-?deploy\w*|dies|died|goes down|went down|reconnect\w*)\b)|重启|重建|更新"
)
_LOST = (
    r"(?a:\b(?:lose|loses|lost|losing|stops? (?:to )?(?:work|function)\w*|no longer|any ?more|no (?:network|internet"
    r"|connect\w+)|unreachable|unavailable|inaccessible|drops?|can(?:no|')t (?:be )?(?:access|reach|connect)\w*)\b)"
    r"|不通|断网|无法访问"
)
_OWNER_ANEW = rf"(?:{_MADE_ANEW}).{{0,200}}(?:{_LOST})|(?:{_LOST}).{{0,120}}(?:{_MADE_ANEW})"
_SAME_BRIDGE = (
    r"(?a:\bbetween (?:the |two |my |both )?containers\b|\bcontainers? to containers?\b|\binter-container\b"
    r"|\b(?:in|on|inside|within) (?:one|the same|a single|same) (?:docker )?(?:bridge|network)\b)|容器之间|容器间"
)
_NEWER = (
    r"(?a:\b(?:docker(?:-ce| ce)?(?: engine)?|engine|moby|dockerd)[ -]?(?:v|version |to |from [\d.]+ to )?(?:2[789]"
    r"|3\d)\b|\b(?:upgrad\w+|updat\w+)[^\n.]{0,40}\bto (?:v|version |docker |docker engine )?(?:2[789]|3\d)\.\d)"
    r"|升级[^\n]{0,20}(?:2[789]|3\d)\b"
)
_MANAGERS = r"(?a:\b(?:shorewall6?|csf|configserver|firehol|ferm|apf|arno-?iptables\w*|ipfire|vuurmuur|fwbuilder)\b)"
_OFF_HELPS = (
    r"(?a:\b(?:without|stop(?:ped|ping)?|clear(?:ed)?|disabl\w+|turn\w* off|switch\w* off|when|while|with|if|once"
    r"|as soon as)\b[^\n.]{0,40}\b(?:shorewall6?|csf|firehol|ferm|apf|firewall)\b)"
)
_OWN_BRIDGE = (
    r"(?a:\bdocker0\b|\bbr-\w+|\bcompose\b|\bnetworks?:|\bcustom networks?\b|\buser[- ]defined\b|\bbridges?\b"
    r"|\bnetwork create\b|\b172\.(?:1[89]|2\d|3[01])\.\d+\.\d+)"
)
_FIREWALL = r"(?:firewall\w*|ufw|csf|shorewall|zones?|iptables|nft(?:ables)?|public)"
_CLOSED = (
    rf"(?a:\bnot (?:open|opened|allowed|listed|permitted) (?:in|by|on|with) (?:the |my |any |a )?(?:\w+ )?{_FIREWALL}\b"
    rf"|\b(?:blocked|denied|closed|dropped) (?:in|by|on|with) (?:the |my |a )?{_FIREWALL}\b"
    rf"|\b{_FIREWALL} (?:is set to |is configured to )?(?:blocks?|den(?:y|ies)|drops?|only allows?|allows? only"
    r"|does(?: not|n't) allow)\b)|防火墙(?:没有?|未)(?:开放|放行)"
    rf"|(?a:\b(?:block(?:ed|ing)?|den(?:y|ied|ying)|clos(?:e|ed|ing)|disabl(?:e|ed|ing)|restrict(?:ed|ing)?)\b"
    rf"[^\n.]{{0,40}}\b(?:in|by|with|via|using|through) (?:the |my )?{_FIREWALL}\b)|(?-i:\bDENY(?: IN)? +Anywhere\b)"
)
_POSITIVE = r"(?:(?!\bnot\b|n't\b|\bcannot\b|\bno\b|\bnever\b|\btim)[^\n.]){0,80}?"
_FAR = (
    r"(?:\bfrom (?:the )?(?:outside|internet|another|other|any\w*|every\w*|public|remote|external)\b|\binternet\b"
    r"|\banyone\b|\beveryone\b|\bthe world\b|\bpublicly\b|\bexternally\b)"
)
_OPENS = (
    r"(?:\bsucceeds?|\bconnects?|\bworks?|\breach\w*|\baccess\w*|\bopen|\bvisible|\banswers?|\bexposed|\bavailable)\b"
)
_OPEN_ANYWAY = (
    rf"(?a:\b(?:but|yet|still|however|nevertheless|although|though)\b{_POSITIVE}(?:{_FAR}{_POSITIVE}{_OPENS}"
    rf"|{_OPENS}{_POSITIVE}{_FAR})"
    r"|\bwhy (?:does|is|do|can|did)(?:n't| not)?\b[^\n?]{0,40}\bfirewall\w*\b[^\n?]{0,60}"
    r"(?:\bnot\b|\bkeep\b|\bblock\w*|\bignor\w*|\bbypass\w*))|(?:但|却|仍|还)[^\n]{0,20}(?:外网|外部|任何)[^\n]{0,10}(?:能|可以)"
)
_EMPTY_NAT = (
    r"(?a:\bnat[ -]?(?:table|rules?|chains?)\b[^\n.,;]{0,30}\b(?:empty|no rules?|nothing|missing|gone|blank)\b"
    r"|\bPOSTROUTING\b[^\n.,;]{0,40}\b(?:empty|no (?:rules?|masquerade)|nothing|missing)\b"
    r"|\b(?:no|empty|missing) (?:\w+ )?(?:nat (?:table|rules?)|masquerad\w* (?:rules?|entry|for)|POSTROUTING rules?)\b)"
    r"|(?:NAT|nat) ?(?:表|规则)[^\n，。；]{0,12}(?:空|没有|缺|丢)|(?:没有|缺少|丢失)[^\n，。；]{0,12}(?:MASQUERADE"
    r"|masquerade|NAT 规则|伪装)"
)
_OUT = r"(?a:\b(?:internet|outside|8\.8\.8\.8|1\.1\.1\.1|external|apt(?:-get)?|wan)\b)|外网|外部|公网|上网"
_ONE_ALONE = (
    r"(?a:\b(?:all |the |my |any )?other (?:docker )?containers?\b(?:(?!\bnot\b|n't\b"
    r"|\bcannot\b)[^\n.]){0,60}\b(?:reach(?:es)?|access|ping|connect to|have|has|get|go|resolve)\b(?:(?!\bfrom\b"
    r"|\bno\b)[^\n.]){0,30}\b(?:internet|outside|external|8\.8\.8\.8|1\.1\.1\.1|wan)\b|\bonly (?:this|one|that) (?:\w+ "
    r")?container\b[^\n.]{0,60}(?:\bnot\b|n't|\bcannot\b|\bfails? to\b)[^\n.]{0,30}\b(?:internet|outside|external"
    r"|8\.8\.8\.8|1\.1\.1\.1)\b)|(?:其他|别的|其它)容器[^\n，。]{0,16}(?:外网|上网|互联网)"
)
_LOCAL_SERVER = r"(?a:\bnameserver\b[^\n]{0,20}\b127\.0\.(?:1\.1|0\.53|0\.1)\b)"
_PUBLIC_SERVERS = r"\b8\.8\.8\.8\b.{0,30}\b8\.8\.4\.4\b"
_NO_NAMES = (
    r"(?a:\bresolv\w+\b[^\n.]{0,40}\b(?:names?|hosts?|anything|any|dns|domain\w*)\b|\bdns\b|\bname resolution\b"
    r"|no such host|unknown host)|解析"
)
_PORT_VARIABLE = (
    r"(?a-i:\b(?:[A-Z][A-Z0-9]*_)*PORT\b[\"'`]? ?(?:to|=|:|is|as|set to|is set to) ?[\"'`]?\d{2,5}\b"
    r"|\b(?:environment|env)\b[^\n.]{0,40}\b(?:[A-Z][A-Z0-9]*_)*PORT\b)"
)
_RESET = (
    r"(?:reset by peer|connection (?:was )?reset|ECONNRESET|empty reply|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"
    r"|socket hang up|didn.t send any data|重置)"
)
_BOTH_FAMILIES = (
    r"(?:\b0\.0\.0\.0\b[^\n]{0,30}(?:\band\b|\+|&|,)[^\n]{0,20}(?:\[?::\]?(?![\w:])|\[::\]|\bIPv6\b)|\b(?:localhost"
    r"|name) (?:is|resolves? to|means|gives|->|=)[^\n]{0,20}\[?::1\]?|\bIPv6\b[^\n]{0,60}\bfirst\b)"
)

OWNERS = "docker inspect --format '{{.Name}} {{.Id}} {{.HostConfig.NetworkMode}}' $(docker ps -aq)"
LEFT = message(
    "The container uses the network namespace of another container. Once the owner is started or made anew, it has a "
    "new namespace, and the others keep the old one: they have to be created anew, too"
)


CHANGES: tuple[Hint, ...] = (
    hint("shared-namespace-left", 26, _SHARES, _OWNER_ANEW, means=LEFT),
    hint("bridge-address-missing", SURE,
        r"--internal\b|\binternal: true\b|\"Internal\": true|\binternal (?:docker )?networks?\b",
        r"(?a:\b(?:docker|engine|version|moby)\b[^\n]{0,30}\b25\.0(?:\.\d)?\b)",
        means=message("Docker 25.0 gives the bridge of an internal network no address, so the host has no route to the "
            "containers in it. Later versions give it one again"),
        command="ip addr; ip route; docker network inspect $(docker network ls -q)",
            shows=message("the bridge of the internal network has no inet line")),
    hint("nft-base-chain-drop-other-table", SURE, _NEWER, _SAME_BRIDGE,
        r"\b(?:filter\w*|drop\w*|block\w*|firewall\w*)\b|过滤|丢弃",
        means=message("Docker 27 and later loads br_netfilter for its ip6tables rules. Packets inside a bridge then "
            "pass the host's own forward chain, and its policy drops them"),
        command="lsmod | grep br_netfilter; sysctl net.bridge; sudo nft list ruleset; sudo iptables-save",
            shows=message("bridge-nf-call-iptables is 1, and a forward chain with the policy drop has no rule for the "
            "bridge")),
    hint("third-party-forward-chain-drops", 27, _MANAGERS, _OFF_HELPS, _OWN_BRIDGE,
        means=message("The firewall program knows docker0 alone: a network of compose or of a user has a bridge of its "
            "own (br-…), which belongs to no zone of the program, so its chains drop the packets"),
        command=f"{RULES}; ip -br link", shows=message("the chains of the firewall program name docker0, and no rule "
            "names the bridge br-…")),
    hint("published-bypasses-host-firewall", SURE, _CLOSED, _OPEN_ANYWAY, _ENGINE, is_error=True,
        means=message("Packets to a published port are accepted in FORWARD by Docker's own rules. These packets never "
            "pass INPUT, where the firewall's rules are")),
    hint("masquerade-missing", SURE, _EMPTY_NAT, _OUT, _ENGINE,
        means=message("The nat table has no rule of the engine, so no rule masquerades the containers' addresses, and "
            "no answer finds back. A restart of the engine makes the rules again"),
        command="sudo iptables -t nat -S; sudo iptables-legacy -t nat -S; sudo nft list ruleset"),
    hint("container-on-internal-network-only", 22, _ONE_ALONE, _OUT, unless=HOST_NETWORK,
        means=message("Other containers of this host get out, so the difference is the container's own network: an "
            "internal network has no way to the outside")),
    hint("resolv-conf-rewritten", SURE, _LOCAL_SERVER, _PUBLIC_SERVERS, _NO_NAMES, is_error=True,
        means=message("The host has only a local name server, which containers cannot reach, so dockerd gives them "
            "8.8.8.8 and 8.8.4.4. The network blocks these two servers; the option dns of dockerd names the network's "
            "own server"),
        command="cat /etc/resolv.conf; resolvectl status; nslookup example.org 8.8.8.8",
            shows=message("the host's resolv.conf names only a loopback address, and 8.8.8.8 does not answer the "
            "host")),
    hint("service-listens-on-other-port", 20, _PORT_VARIABLE, _RESET, _ENGINE, unless=HOST_NETWORK,
        means=message("The program in the image does not read this variable, or reads it for another purpose: it "
            "listens on another port than the container's published one"),
        command="docker logs --tail 50 {container}; docker exec {container} cat /proc/net/tcp /proc/net/tcp6",
            shows=message("the log names another port than the one behind the arrow of `docker ps`")),
    hint("service-listens-on-wrong-family", 22, _BOTH_FAMILIES, _RESET, r"(?a:\blocalhost\b|\bhost\b|::1)", _ENGINE,
        means=message("The port is published on IPv6, too, and the client takes ::1 first, while the service in the "
            "container listens on IPv4 only"),
        command="curl -4v http://localhost:{port}; curl -6v http://localhost:{port}; docker exec {container} cat "
            "/proc/net/tcp /proc/net/tcp6", shows=message("curl -4 gets an answer and curl -6 does not: the service "
            "listens on IPv4 only")),
    hint("no-common-network-for-name", 26,
        r"(?a:\b(?:traefik|nginx-proxy|docker-gen|caddy-docker-proxy|reverse[ -]proxy)\b)", r"(?a:\b(?:wrong|other"
        r"|different|unreachable|second) (?:container )?(?:ip|address|network)\b|\b(?:ip"
        r"|address)\b[^\n.]{0,40}\b(?:can(?:not|'t)|not|unable)\b[^\n.]{0,12}\breach)", r"(?a:\bnetworks?\b)",
        means=MANY_NETWORKS,
        command=f"docker network ls; {JOINED}", shows=MANY_NETWORKS_SHOWS),
    hint("service-listens-on-wrong-family", 25, r"\bcurl -4\b[^\n]{0,80}\b(?:works?|ok|200|answers?|fine)\b"
        r"|\b(?:127\.0\.0\.1|IPv4)\b[^\n.]{0,20}\b(?:works?|answers?|fine|ok)\b[^\n.]{0,60}(?:\blocalhost\b|::1"
        r"|\bIPv6\b)[^\n.]{0,40}(?:\bnot\b|n't\b|\bfails?\b|\breset\b|\brefused\b|\bhangs?\b)",
        r"::1|\bIPv6\b|\bcurl -6\b|\blocalhost\b", _ENGINE,
        means=message("The client takes ::1 for localhost, and the port or the service in the container is on IPv4 "
            "only"),
        command="getent ahosts localhost; docker ps; docker exec {container} cat /proc/net/tcp /proc/net/tcp6",
            shows=message("localhost is ::1 first, and the port or the service is on IPv4 only")),
    hint("", SURE, r"(?a:\b(?:static|fixed|reserved) (?:ipv?4? ?)?(?:ips?|address(?:es)?)\b|\bipv4_address\b"
        r"|\bIPAMConfig\b|--ip[ =]\d)", r"\baddress (?:is )?already in use\b", _ENGINE,
        unless=r"\bbind: |\blisten (?:tcp|udp)|\buserland proxy\b|\bEADDRINUSE\b", is_error=True,
        means=message("Another container has got the fixed address of this one: while this one was stopped, the engine "
            "gave the address to a container without a fixed one. An --ip-range without the fixed addresses keeps them "
            "free"),
        command="docker network inspect $(docker network ls -q)", shows=message("another container has the address, or "
            "--ip-range covers it")),
    # --- the size of packets ---
    hint("mtu-black-hole", 28, r"(?a:(?:\bnot|n't|\bnever|\bcannot) (?:\w+ )?(?:finish|complet\w+|get past|pass) "
        r"(?:the |its |a )?(?:TLS|SSL)?[ -]?handshake|\bhandshake\b[^\n.]{0,40}\b(?:not|never|time[ds]? ?out|hangs?"
        r"|stalls?)\b|\bClient hello\b|\bSSL_ERROR_SYSCALL\b|\bcurl: \(28\) [^\n]*SSL|\bSSL connection time-?out\b"
        r"|\bTLS handshake timeout)", rf"{HOST_NETWORK}.{{0,80}}\b(?:works?|worked|does|goes|fine|ok|success\w*"
        rf"|finish\w*|through|pass\w*)\b|\b(?:works?|goes through|fine|ok)\b[^\n.]{{0,40}}{HOST_NETWORK}|{NESTED}",
        _ENGINE, means=MTU),
)  # fmt: skip

_INSIDE = inside_command("{container}")
_STORE = (
    r"(?:redis|valkey|postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|rabbit(?:mq)?|kafka|memcached|elastic\w*|database|db"
    r"|broker|cache|mqtt)"
)
_WORKS_OUTSIDE = (
    r"(?a:\b(?:works?|runs?|connects?|fine|ok|no (?:problems?|issues?|errors?))\b[^.\n]{0,60}\b(?:(?:when|if) "
    r"(?:it(?:'s| is) )?not (?:in|inside|running in) (?:a |the )?(?:docker|containers?)|outside (?:of )?(?:the |a "
    r")?(?:docker|containers?)|without (?:docker|a container|the container|containers?)|(?:directly )?on (?:the|my) "
    r"host(?: machine)?(?! (?:network|mode)))\b|\b(?:outside (?:of )?(?:the |a )?(?:docker|container)|without docker"
    r"|on (?:the|my) host(?: machine)?|locally)\b[^.\n]{0,40}\b(?:works?|runs?|connects?|is (?:fine|ok))\b)|(?:不用"
    r"|脱离|没有用?) ?(?:docker|容器)[^\n，。]{0,12}(?:正常|可以|没问题)|(?:宿主机|本机|本地)[^\n，。]{0,8}(?:正常|可以"
    r"|没问题)"
)
_RUN_INSIDE = (
    r"(?a:\b(?:run|running|start|launch|deploy|put|inside|in|within|from)\b[^.\n]{0,30}\b(?:containers?|docker|image"
    r"|compose)\b|\bdockeri[sz]\w+)|容器"
)
_REFUSED = r"connection refused|\brefused\b|ECONNREFUSED|os error 111|\berrno 111\b|\b(?:error )?111\b|拒绝"

SERVERS: tuple[Hint, ...] = (
    # --- a server says in its log where it listens ---
    hint("service-listens-on-container-loopback", SURE, r"Starting in local only mode|Network: use --host to expose"
        r"|(?:listening|bound|binding|accepting connections|started|serving|running)\b[^\n]{0,40}\b(?:only )?on "
        r"(?:loopback|localhost)(?: interface)? only|loopback only mode|protected[- ]mode is enabled, no bind address",
        unless=r"--net(?:work)?[= ]host|network_mode: ?.?host|\bfixed\b|\bsolved\b",
        means=message("The server's log says that it listens on loopback only: in a container this is the container's "
            "own loopback, which no other container and no client outside reaches. It needs a listener on 0.0.0.0"),
        command=f"docker logs {{container}}; {_INSIDE}"),
    # --- a destination that is no address of a machine ---
    hint("loopback-is-the-container", 26, r"(?:dial tcp|connect(?:ing)?(?: to)?|ECONNREFUSED|Get [\"']?https?://"
        r"|targets?: ?\[ ?[\"']?|proxy_pass https?://|upstream: [\"']?https?://|tcp connect error[^\n]{0,20}) "
        r"?[\"'(]?0\.0\.0\.0:\d+", unless=r"\blisten\w* (?:tcp )?0\.0\.0\.0:\d+: bind"
        r"|https?://(?=[\w.-]*[a-z])(?!localhost)[\w.-]+[^\n]{0,60}dial tcp 0\.0\.0\.0",
        means=message("0.0.0.0 is no valid target: a client that asks it asks itself, and in a container this is the "
            "container itself. The client needs the name of the other container, or the host's real address "
            "(host.docker.internal)"),
        command=f"docker ps; {_INSIDE}; docker exec {{container}} getent hosts host.docker.internal",
            shows=message("the client runs in a container, and its configuration names 0.0.0.0")),
    # --- the address that a program asks by itself is its own loopback ---
    hint("loopback-is-the-container", 24, rf"\b{_STORE}\b", _REFUSED, _WORKS_OUTSIDE, _RUN_INSIDE,
        unless=rf"host\.(?:docker|containers)\.internal|\b172\.1[7-9]\.0\.1\b|reset by peer|\bno route to host\b"
        rf"|(?:ECONNREFUSED|dial tcp|connecting to|connect to|to server at) [\"'(]?(?!127|localhost|\[?::1|a\b|the\b"
        rf"|my\b|{_STORE} )[\w.-]+[\"']?[:, ]",
        means=message("The same settings work on the host and are refused in the container: they say 127.0.0.1 or "
            "localhost, and in a container this is the container itself. Name the other container, or the host"),
        command="docker compose config; docker ps; docker exec {container} env | grep -iE 'host|url|uri|addr'",
            shows=message("the setting of the address says 127.0.0.1 or localhost")),
    # --- the server is not ready yet ---
    hint("", 26, r"(?a:\bfor the first time\b|\b(?:on|at|during|after) (?:the |its )?(?:very )?first (?:start\w*|run"
        r"|boot|launch|up|docker\S* up)\b|\bfirst time (?:I|we|you|it) \w+|\b(?:second|next) (?:time|try|attempt|start"
        r"|run)\b[^.\n]{0,40}\b(?:works?|fine|ok|succeeds?)\b|\b(?:works?|fine|ok) (?:on|at|after) (?:the |a "
        r")?(?:second|next|another|re-?) ?(?:time|try|attempt|start|run)\b|\bstarts? (?:up )?(?:too early|before"
        r"|faster)\b|\bnot (?:yet )?ready\b|\brace condition\b)|(?:第一次|首次)[^\n，。]{0,6}(?:启动|运行)", _REFUSED,
        rf"\b{_STORE}\b", r"\bcompose\b|\bcontainers?\b|\bdocker\b|\S+[-_]\d\s+\|", unless=r"\b(?:refused|connect\w*"
        r"|server at|ECONNREFUSED)[^\n]{0,40}(?:localhost|127\.0\.0\.1|::1)\b|condition: service_healthy"
        r"|\bwait-for-it\b|\bwas ready (?:long )?before\b",
        means=message("The server is not yet ready when the client connects: on its first start a database makes its "
            "files before it listens. depends_on waits only for the start; `condition: service_healthy` with a health "
            "check, or a client that tries again, waits until the server listens"),
        command="docker compose logs; docker compose ps", shows=message("the server logs that it accepts connections "
            "only after the client's error")),
    # --- a container without IPv6 ---
    hint("", 24, r"(?<![\w:])2[0-9a-f]{3}:[0-9a-f]{1,4}:[0-9a-f:]+|\bIPv6[- ]only\b|\b(?:over|via|by|with|use|using) "
        r"IPv6\b|\bhttps?://(?:ipv6|v6|test-ipv6)\.", r"\b(?:from|in|inside|within) (?:the |a |an |my |any )?(?:\w+ "
        r")?containers?\b[^\n]{0,100}(?:n't\b|\bnot\b|\bfails?\b|unreachable|\bcannot\b|\btime)|容器(?:内|里"
        r"|中)[^\n]{0,30}(?:不|无法|失败)|\bcontainers? (?:\w+ )?(?:cannot|can't|do(?:es)? not|do(?:es)?n't|fails?|has "
        r"no|have no)\b",
        r"\b(?:from|on) (?:the |my )?host\b[^\n]{0,60}\b(?:works?|fine|ok|can)\b|宿主机[^\n]{0,20}(?:可以|正常)",
        unless=r"EnableIPv6\"?: true|enable_ipv6|\"ipv6\"|fixed-cidr-v6|ip6tables|inet6 [23]|--ipv6|ndp|NAT66|ipv6nat"
        r"|\bprefix\b|accept_ra|forwarding",
        means=message("The container has no IPv6 address and no IPv6 route: Docker's default bridge, and networks made "
            "without enable_ipv6, are for IPv4 alone"),
        command="docker network inspect --format '{{.Name}} {{.EnableIPv6}}' $(docker network ls -q); docker exec "
            "{container} ip -6 addr", shows=message("EnableIPv6 is false, and the container has no global IPv6 "
            "address")),
    # --- a bridge without ports ---
    hint("veth-detached-from-bridge", 26, r"\b8000\.0{12}\b|\b(?:docker0|br-\w+|bridge)\b[^\n.]{0,60}\b(?:has|have|with"
        r"|shows?|lists?) no (?:interfaces?|ports?|members?|veths?\w*)\b|\bno veth\w*[^\n.]{0,40}\b(?:in|on|attached to"
        r"|under|joined) (?:the )?(?:docker0|bridge|br-\w+)|veth\w*[^\n]{0,20}没有[^\n]{0,10}(?:docker0|网桥)"
        r"|(?:docker0|网桥)[^\n，。]{0,12}没有[^\n，。]{0,8}(?:接口|veth|网卡)", rf"{CONTAINERS}|容器",
        unless=r"no containers? (?:is |are )?(?:running|started|up)|没有(?:运行|启动)[^\n]{0,6}容器",
        means=message("The bridge has no port, so the containers' veth links are not attached to it: a manager of "
            "links has taken them out, or the kernel is too old for this engine"),
        command="uname -r; brctl show; bridge link; networkctl; nmcli device", shows=message("docker0 has no ports "
            "while containers run, and the kernel is older than the distribution")),
    # --- the size of packets ---
    # --- a helper of the engine keeps an old forwarding ---
    hint("", 24, r"\bvpnkit(?:\.exe)?\b|\bcom\.docke(?:\b|r\.(?:backend|proxy|slirp|vpnkit|driver)\S*)"
        r"|\bwslrelay(?:\.exe)?\b|\bgvproxy(?:\.exe)?\b|\bwinnat\b[^\n]{0,40}\bDocker Desktop\b",
        r"\bLISTEN(?:ING)?\b|\bnetstat\b|\blsof\b|\bGet-NetTCPConnection\b|\bholds? (?:the )?port\b|\bin use\b",
        rf"{LOCALHOST}|\b(?:since|after) (?:the |an? |my )?(?:\w+ )?(?:update|upgrade|restart|sleep|hibernat\w*|crash"
        rf"|resume)\b", unless="port is already allocated",
        means=message("A helper of Docker Desktop (vpnkit, com.docker.backend, wslrelay) listens for the engine's "
            "published ports, and it may keep a stale forwarding of a container that no longer runs, for example after "
            "an update or sleep. A restart of Docker Desktop, or of the computer, makes the forwardings anew"),
        command=f"docker ps -a; netstat -a -b; {ENGINE_AT}", shows=VM_SHOWS),
)  # fmt: skip
