"""The words about what a restart, an upgrade, a setting or another program has changed: a shared namespace without its
owner, networks of a new engine, a port in a variable, a firewall that knows docker0 alone, rules that are gone."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import (
    CLIENT,
    CONTAINERS,
    HOST_NETWORK,
    JOINED,
    MANY_NETWORKS,
    MANY_NETWORKS_SHOWS,
    MTU,
    NESTED,
    PROXIED,
    RULES,
)
from hairpin.suppose.hints.told_names import SURE

_ENGINE = words(rf"{CONTAINERS}|\bdocker\b|\bpodman\b|\bcompose\b|容器|контейнер")
_SHARES = (
    r"(?:\bnetwork_mode\b(?! ?: ?[\"']?(?:host|bridge|none|default))|\b\w+'s network (?:stack|namespace)\b"
    r"|--net(?:work)?[= ](?:container|service):"
    r"|\b(?:use|using|share|sharing|shares|through|via|behind)\b[^\n.]{0,60}\bnetwork (?:stack|namespace)?"
    r"[^\n.]{0,20}\b(?:of|from) (?:the )?(?:\w+ )?(?:vpn|gluetun|container|service))"
)
MADE_ANEW = (
    r"(?a:\b(?:re-?start(?:s|ed|ing)?(?! ?:)|re-?creat\w+|re-?boots?|rebooted|updat\w+|watchtower|crash(?:es|ed)?"
    r"|re-?deploy\w*|dies|died|goes down|went down|reconnect\w*)\b)"
    r"|重启|重建|更新|перезапус\w+|neu ?start\w*|redémarr\w*|reinici\w*"
)
LOST = (
    r"(?a:\b(?:lose|loses|lost|losing|stops? (?:to )?(?:work|function)\w*|no longer|any ?more"
    r"|no (?:network|internet|connect\w+)|unreachable|unavailable|inaccessible|drops?"
    r"|can(?:no|')t (?:be )?(?:access|reach|connect)\w*)\b)"
    r"|不通|断网|无法访问|не работа\w+|verliert|perd|pierde"
)
"""``MADE_ANEW``, ``LOST``: match words that a container was started again, and that others have no network then."""
OWNER_ANEW = rf"(?:{MADE_ANEW}).{{0,200}}(?:{LOST})|(?:{LOST}).{{0,120}}(?:{MADE_ANEW})"
_REMOVED_HELPS = (
    r"(?a:\b(?:only|until|unless|have to|must|need to|has to)\b[^\n.]{0,80}\b(?:re-?creat\w+|remov\w+|restart\w*"
    r"|down and up|up again|force-recreate|creat\w+ (?:it|them) (?:anew|again))\b)|(?:只能|必须|需要)[^\n]{0,20}重"
)
_SAME_BRIDGE = (
    r"(?a:\bbetween (?:the |two |my |both )?containers\b|\bcontainers? to containers?\b|\binter-container\b"
    r"|\b(?:in|on|inside|within) (?:one|the same|a single|same) (?:docker )?(?:bridge|network)\b)|容器之间|容器间"
)
_NEWER = (
    r"(?a:\b(?:docker(?:-ce| ce)?(?: engine)?|engine|moby|dockerd)[ -]?(?:v|version |to |from [\d.]+ to )?"
    r"(?:2[789]|3\d)\b"
    r"|\b(?:upgrad\w+|updat\w+)[^\n.]{0,40}\bto (?:v|version |docker |docker engine )?(?:2[789]|3\d)\.\d)"
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
_OUT = r"(?a:\b(?:internet|outside|8\.8\.8\.8|1\.1\.1\.1|external|apt(?:-get)?|wan)\b)|外网|外部|公网|上网|интернет"
_ONE_ALONE = (
    r"(?a:\b(?:all |the |my |any )?other (?:docker )?containers?\b(?:(?!\bnot\b|n't\b|\bcannot\b)[^\n.]){0,60}"
    r"\b(?:reach(?:es)?|access|ping|connect to|have|has|get|go|resolve)\b(?:(?!\bfrom\b|\bno\b)[^\n.]){0,30}"
    r"\b(?:internet|outside|external|8\.8\.8\.8|1\.1\.1\.1|wan)\b"
    r"|\bonly (?:this|one|that) (?:\w+ )?container\b[^\n.]{0,60}(?:\bnot\b|n't|\bcannot\b|\bfails? to\b)[^\n.]{0,30}"
    r"\b(?:internet|outside|external|8\.8\.8\.8|1\.1\.1\.1)\b)"
    r"|(?:其他|别的|其它)容器[^\n，。]{0,16}(?:外网|上网|互联网)"
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
    r"(?:\b0\.0\.0\.0\b[^\n]{0,30}(?:\band\b|\+|&|,)[^\n]{0,20}(?:\[?::\]?(?![\w:])|\[::\]|\bIPv6\b)"
    r"|\b(?:localhost|name) (?:is|resolves? to|means|gives|->|=)[^\n]{0,20}\[?::1\]?"
    r"|\bIPv6\b[^\n]{0,60}\bfirst\b)"
)

OWNERS = "docker inspect --format '{{.Name}} {{.Id}} {{.HostConfig.NetworkMode}}' $(docker ps -aq)"
LEFT = message(
    "The container uses the network namespace of another container. Once the owner is started or made anew, it has a "
    "new namespace, and the others keep the old one: they have to be created anew, too"
)

_ITSELF = r"\b(?:localhost|127\.0\.0\.1)\b"

CHANGES: tuple[Hint, ...] = (
    Hint(
        says=(words(_SHARES), words(OWNER_ANEW), words(_REMOVED_HELPS)),
        cause="shared-namespace-left",
        weight=SURE,
        means=LEFT,
    ),
    Hint(says=(words(_SHARES), words(OWNER_ANEW)), cause="shared-namespace-left", weight=26, means=LEFT),
    Hint(
        says=(
            words(r"--internal\b|\binternal: true\b|\"Internal\": true|\binternal (?:docker )?networks?\b"),
            words(r"(?a:\b(?:docker|engine|version|moby)\b[^\n]{0,30}\b25\.0(?:\.\d)?\b)"),
        ),
        cause="bridge-address-missing",
        weight=SURE,
        command="ip addr; ip route; docker network inspect $(docker network ls -q)",
        shows=message("the bridge of the internal network has no inet line"),
        means=message(
            "Docker 25.0 gives the bridge of an internal network no address, so the host has no route to the containers"
            " in it. Later versions give it one again"
        ),
    ),
    Hint(
        says=(words(_NEWER), words(_SAME_BRIDGE), words(r"\b(?:filter\w*|drop\w*|block\w*|firewall\w*)\b|过滤|丢弃")),
        cause="nft-base-chain-drop-other-table",
        weight=SURE,
        command="lsmod | grep br_netfilter; sysctl net.bridge; sudo nft list ruleset; sudo iptables-save",
        shows=message(
            "bridge-nf-call-iptables is 1, and a forward chain with the policy drop has no rule for the bridge"
        ),
        means=message(
            "Docker 27 and later loads br_netfilter for its ip6tables rules. Packets inside a bridge then pass the "
            "host's own forward chain, and its policy drops them"
        ),
    ),
    Hint(
        says=(words(_MANAGERS), words(_OFF_HELPS), words(_OWN_BRIDGE)),
        cause="third-party-forward-chain-drops",
        weight=27,
        command=f"{RULES}; ip -br link",
        shows=message("the chains of the firewall program name docker0, and no rule names the bridge br-…"),
        means=message(
            "The firewall program knows docker0 alone: a network of compose or of a user has a bridge of its own "
            "(br-…), which belongs to no zone of the program, so its chains drop the packets"
        ),
    ),
    Hint(
        says=(
            words(_MANAGERS),
            words(
                rf"{_ITSELF}[^\n.]{{0,80}}(?:\bhangs?\b|\bnot\b|n't\b|\breset\b|\bempty\b|\bfail\w*|\btime[sd]?\b)"
                rf"|(?:\bcannot|\bcan't|\bnot|\bunable to)\b[^\n.]{{0,60}}{_ITSELF}"
            ),
            _ENGINE,
        ),
        cause="input-chain-drops-proxied-traffic",
        weight=26,
        means=PROXIED,
    ),
    Hint(
        says=(words(_MANAGERS), words(_OFF_HELPS), _ENGINE),
        cause="third-party-forward-chain-drops",
        weight=22,
        command=f"{RULES}; ip -br link",
        shows=message("FORWARD leads into chains of the firewall program, and none of them accepts the packet"),
        means=message("The chains of the firewall program stand in FORWARD, and they drop the containers' packets"),
    ),
    Hint(
        says=(words(_CLOSED), words(_OPEN_ANYWAY), _ENGINE),
        cause="published-bypasses-host-firewall",
        weight=SURE,
        is_error=True,
        means=message(
            "Packets to a published port are accepted in FORWARD by Docker's own rules. These packets never pass "
            "INPUT, where the firewall's rules are"
        ),
    ),
    Hint(
        says=(words(_EMPTY_NAT), words(_OUT), _ENGINE),
        cause="masquerade-missing",
        weight=SURE,
        command="sudo iptables -t nat -S; sudo iptables-legacy -t nat -S; sudo nft list ruleset",
        means=message(
            "The nat table has no rule of the engine, so no rule masquerades the containers' addresses, and no answer "
            "finds back. A restart of the engine makes the rules again"
        ),
    ),
    Hint(
        says=(words(_ONE_ALONE), words(_OUT)),
        unless=words(HOST_NETWORK),
        cause="container-on-internal-network-only",
        weight=22,
        means=message(
            "Other containers of this host get out, so the difference is the container's own network: an internal "
            "network has no way to the outside"
        ),
    ),
    Hint(
        says=(words(_LOCAL_SERVER), words(_PUBLIC_SERVERS), words(_NO_NAMES)),
        cause="resolv-conf-rewritten",
        weight=SURE,
        is_error=True,
        command="cat /etc/resolv.conf; resolvectl status; nslookup example.org 8.8.8.8",
        shows=message("the host's resolv.conf names only a loopback address, and 8.8.8.8 does not answer the host"),
        means=message(
            "The host has only a local name server, which containers cannot reach, so dockerd gives them 8.8.8.8 and "
            "8.8.4.4. The network blocks these two servers; the option dns of dockerd names the network's own server"
        ),
    ),
    Hint(
        says=(words(_PORT_VARIABLE), words(_RESET), _ENGINE),
        unless=words(HOST_NETWORK),
        cause="service-listens-on-other-port",
        weight=20,
        command="docker logs --tail 50 {container}; docker exec {container} cat /proc/net/tcp /proc/net/tcp6",
        shows=message("the log names another port than the one behind the arrow of `docker ps`"),
        means=message(
            "The program in the image does not read this variable, or reads it for another purpose: it listens on "
            "another port than the container's published one"
        ),
    ),
    Hint(
        says=(words(_BOTH_FAMILIES), words(_RESET), words(r"(?a:\blocalhost\b|\bhost\b|::1)"), _ENGINE),
        cause="service-listens-on-wrong-family",
        weight=22,
        command="curl -4v http://localhost:{port}; curl -6v http://localhost:{port}; "
        "docker exec {container} cat /proc/net/tcp /proc/net/tcp6",
        shows=message("curl -4 gets an answer and curl -6 does not: the service listens on IPv4 only"),
        means=message(
            "The port is published on IPv6, too, and the client takes ::1 first, while the service in the container "
            "listens on IPv4 only"
        ),
    ),
    Hint(
        says=(
            words(r"(?a:\b(?:traefik|nginx-proxy|docker-gen|caddy-docker-proxy|reverse[ -]proxy)\b)"),
            words(
                r"(?a:\b(?:wrong|other|different|unreachable|second) (?:container )?(?:ip|address|network)\b"
                r"|\b(?:ip|address)\b[^\n.]{0,40}\b(?:can(?:not|'t)|not|unable)\b[^\n.]{0,12}\breach"
                r")"
            ),
            words(r"(?a:\bnetworks?\b)"),
        ),
        cause="no-common-network-for-name",
        weight=26,
        command=f"docker network ls; {JOINED}",
        shows=MANY_NETWORKS_SHOWS,
        means=MANY_NETWORKS,
    ),
    Hint(
        says=(
            words(
                r"\bcurl -4\b[^\n]{0,80}\b(?:works?|ok|200|answers?|fine)\b|\b(?:127\.0\.0\.1|IPv4)\b[^\n.]{0,20}"
                r"\b(?:works?|answers?|fine|ok)\b[^\n.]{0,60}(?:\blocalhost\b|::1|\bIPv6\b)[^\n.]{0,40}"
                r"(?:\bnot\b|n't\b|\bfails?\b|\breset\b|\brefused\b|\bhangs?\b)"
            ),
            words(r"::1|\bIPv6\b|\bcurl -6\b|\blocalhost\b"),
            _ENGINE,
        ),
        cause="service-listens-on-wrong-family",
        weight=25,
        command="getent ahosts localhost; docker ps; docker exec {container} cat /proc/net/tcp /proc/net/tcp6",
        shows=message("localhost is ::1 first, and the port or the service is on IPv4 only"),
        means=message(
            "The client takes ::1 for localhost, and the port or the service in the container is on IPv4 only"
        ),
    ),
    Hint(
        says=(
            words(
                r"(?a:\b(?:static|fixed|reserved) (?:ipv?4? ?)?(?:ips?|address(?:es)?)\b|\bipv4_address\b"
                r"|\bIPAMConfig\b|--ip[ =]\d)"
            ),
            words(r"\baddress (?:is )?already in use\b"),
            _ENGINE,
        ),
        unless=words(r"\bbind: |\blisten (?:tcp|udp)|\buserland proxy\b|\bEADDRINUSE\b"),
        weight=SURE,
        is_error=True,
        command="docker network inspect $(docker network ls -q)",
        shows=message("another container has the address, or --ip-range covers it"),
        means=message(
            "Another container has got the fixed address of this one: while this one was stopped, the engine gave the "
            "address to a container without a fixed one. An --ip-range without the fixed addresses keeps them free"
        ),
    ),
    # --- the size of packets ---
    Hint(
        says=(
            words(
                r"\b(?:eth\d|en[ops]\w+|uplink|host|pod|node|instance|workspace|vm|interface|physical|outer|tunnel|vpn|wg\d)\b"
                r"[^\n.]{0,40}\bmtu\b[^\n.]{0,20}\b1[2-4]\d\d\b|\bmtu\b[^\n.]{0,12}\b1[2-4]\d\d\b[^\n.]{0,30}\b(?:eth\d"
                r"|en[ops]\w+|uplink|host|pod|node|instance|vm)\b"
            ),
            words(
                r"\b(?:docker0|bridges?|containers?|br-\w+|inner|docker)\b[^\n]{0,40}\b1500\b"
                r"|\b1500\b[^\n]{0,30}\b(?:docker0|bridges?|containers?|docker)\b"
            ),
        ),
        cause="mtu-black-hole",
        weight=28,
        means=MTU,
    ),
    Hint(
        says=(
            words(
                r"(?a:\bpartial (?:html|content|response|page|body)\b|\bheaders? (?:and|then|but)[^\n.]{0,40}\btim"
                r"|\b(?:stops?|stalls?|stuck|freezes|hangs) (?:at|after) (?:about |around )?\d+(?:\.\d+)? ?"
                r"(?:k|kb|kib|bytes|%))"
            ),
            words(CLIENT),
            _ENGINE,
        ),
        cause="mtu-black-hole",
        weight=20,
        means=MTU,
    ),
    Hint(
        says=(
            words(
                r"(?a:(?:\bnot|n't|\bnever|\bcannot) (?:\w+ )?(?:finish|complet\w+|get past|pass) (?:the |its |a )?"
                r"(?:TLS|SSL)?[ -]?handshake|\bhandshake\b[^\n.]{0,40}\b(?:not|never|time[ds]? ?out|hangs?|stalls?)\b"
                r"|\bClient hello\b|\bSSL_ERROR_SYSCALL\b|\bcurl: \(28\) [^\n]*SSL"
                r"|\bSSL connection time-?out\b|\bTLS handshake timeout)"
            ),
            words(
                rf"{HOST_NETWORK}.{{0,80}}\b(?:works?|worked|does|goes|fine|ok|success\w*|finish\w*|through|pass\w*)\b"
                rf"|\b(?:works?|goes through|fine|ok)\b[^\n.]{{0,40}}{HOST_NETWORK}|{NESTED}"
            ),
            _ENGINE,
        ),
        cause="mtu-black-hole",
        weight=28,
        means=MTU,
    ),
)
