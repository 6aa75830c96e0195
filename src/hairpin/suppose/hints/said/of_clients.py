"""The words that tell on which side a connection works, which address a client is given, and which names nobody
resolves."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, hint
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
    ZONE,
)
from hairpin.suppose.hints.told_names import SURE
from hairpin.words.pattern import sought

_MACHINE = r"(?:nas|synology|diskstation|dsm|qnap|unraid|host|server|machine|raspberry pi|pi|box|vm|vps|node|computer)"
_NOT = r"(?:\bnot\b|n't\b|\bcannot\b|\bunable\b|\bnever\b|\bfail\w*|\bno\b)"
_BY_MULTICAST = (
    r"(?a:\b(?:homekit|m-?dns|multicast|bonjour|avahi|zeroconf|ssdp|dlna|upnp|chromecasts?|google cast|airplay|airprint"
    r"|spotify connect|emulated_hue|hue emulation|(?:auto-?|network |device )discover\w*)\b)|组播|多播"
)
_NOT_FOUND = (
    r"(?a:(?:\b(?:do|does|did|can|could|will|would|is|are|was|were)(?: not|n't)|\bcannot|\bnever|\bunable to|\bfail(?:s"
    r"|ed)? to)\b(?: \w+){0,3} (?:find|found|discover(?:ed)?|detect(?:ed)?|show(?:s|n|ing)? up|appear(?:s|ing)?"
    r"|visible)\b|\bnot? (?:being )?(?:found|discovered|detected|discoverable|advertised)\b|\bno (?:devices?|bridges?"
    r"|servers?|accessor(?:y|ies)|speakers?|players?)\b(?: \w+){0,2} (?:found|discovered|detected)\b|\bdiscovery "
    r"(?:\w+ ){0,3}(?:fails?|does(?: not|n't)|is broken)\b)|找不到|发现不了|发现不到|搜索不到|搜不到"
)
_ON_HOSTS_NETWORK = rf"{HOST_NETWORK}(?!.{{0,80}}(?:works?|helps?|fine|finds|正常|可以|没问题))"
"""Matches that the container is on the host's network.  It does not match the words that this network helps."""
_MULTICAST_AT = (
    "docker inspect --format '{{.Name}} {{.HostConfig.NetworkMode}}' $(docker ps -q); "
    "sudo tcpdump -ni any udp port 5353 or udp port 1900"
)
_MULTICAST = message(
    "Clients find the service by multicast (mDNS, SSDP), and multicast does not leave a bridge network: the container "
    "needs the host's network, a macvlan or a reflector"
)
_MULTICAST_SHOWS = message(
    "the container is on a bridge network, and no packet with its offer (224.0.0.251, 239.255.255.250) leaves by the "
    "uplink"
)
_HOST_ALONE = (
    rf"(?a:\bonly (?:by |from |on |at |in )?(?:the |my |this )?{_MACHINE}(?: itself)? (?:can |is able to )?(?:opens?"
    rf"|reach(?:es)?|connects?|access(?:es)?|loads?|sees?|gets?|works?)\b|\bonly (?:works?|opens?|loads?|reachable"
    rf"|accessible|available|answers?)(?: \w+)? (?:on|from|at|in) (?:the |my )?(?:{_MACHINE}|localhost|127\.0\.0\.1)\b"
    rf"|\b(?:works?|opens?|reachable|accessible|answers?)\b[^\n.]{{0,40}}\b(?:on|from|at) (?:the |my )?(?:{_MACHINE}"
    r"(?: itself)?|localhost)\b.{0,120}\b(?:not|n't|never|cannot)\b[^\n.]{0,40}\bother (?:machines|computers|devices"
    r"|pcs|hosts|clients)\b)|只有(?:本机|宿主机|主机)[^\n]{0,10}(?:能|可以)"
)
_WITH_FIREWALLD = sought(
    r"(?a:\b(?:open ?suse|suse|sles|fedora|centos|rhel|red ?hat|rocky|alma(?:linux)?|oracle linux|firewalld)\b)"
)
_HOST_LEFT_OUT = (
    rf"(?a:\b{_MACHINE} (?:itself|alone)\b[^\n.]{{0,80}}{_NOT}|\bfrom (?:the |my )?{_MACHINE} "
    rf"itself\b[^\n.]{{0,80}}{_NOT}|{_NOT}[^\n.]{{0,60}}\b(?:from|on) (?:the |my )?{_MACHINE} itself\b|\bonly (?:from "
    rf"|on )?(?:the |my )?{_MACHINE}(?: itself)? (?:can(?:not|'t)|does(?: not|n't)|fails?)\b)"
    r"|(?:宿主机|主机|本机)(?:自己|本身)[^\n]{0,20}(?:不能|无法|不通|访问不了|ping不)"
)
_OTHERS_SERVED = (
    r"(?a:\b(?:network|lan|(?:all |every |any )?other (?:machines?|devices?|clients?|computers?|pcs?|hosts?)|clients"
    r"|everything else|everyone else|my (?:laptop|phone|pc|desktop))\b[^\n.]{0,60}\b(?:uses?|using|works?|fine|well"
    r"|reach(?:es)?|can|ok|resolves?)\b(?! not))|(?:其他|别的|局域网)[^\n]{0,20}(?:正常|可以|能)"
)
_GATEWAY_SILENT = (
    r"(?a:\b(?:ping|reach|connect|contact|talk)\w*\b[^\n.,;]{0,60}\b(?:gateway|router)\b[^\n.,;]{0,40}"
    r"(?:\bnot\b|n't\b|\bfail|\bno (?:reply|answer|response)|unreachable|100%|\btim(?:e|ed|es) ?out)"
    rf"|{_NOT}[^\n.]{{0,30}}\b(?:ping|reach|connect|contact)\w*\b[^\n.]{{0,40}}\b(?:gateway|router)\b)"
    r"|(?:网关|路由器)[^\n]{0,12}(?:不通|ping不|无法)|(?:无法|不能|ping ?不通)[^\n]{0,20}(?:网关|路由器)"
)
_SERVES_TUNNELS = sought(
    r"(?a:\b(?:wg-?easy|wireguard(?:-ui)?|wg\d?|openvpn|ipsec|l2tp|ikev2|pivpn|amnezia\w*|softether|ocserv"
    r"|vpn server)\b)"
)
_TUNNEL_IS_UP = sought(
    r"(?a:\b(?:clients?|peers?|phones?|laptops?|devices?)\b[^\n.]{0,40}\bconnect(?:s|ed)?\b|\bhandshakes?\b"
    r"|\bconnect(?:s|ed)? (?:fine|successfully|to the (?:vpn|server))\b)|连上|连接成功|已连接|握手"
)
_NO_INTERNET = sought(
    rf"(?a:{_NOT}[^\n.]{{0,40}}\binternet\b|\binternet\b[^\n.]{{0,40}}{_NOT})"
    r"|(?:不能|无法|没有?|上不了|访问不了)[^\n]{0,8}(?:上网|外网|互联网)"
)
_ASKS_A_TUNNEL = sought(r"\bgluetun\b|\bvpn client\b|\banyconnect\b|openvpn-client|\b(?:two|2|both|several) networks\b")
_ENGINE = sought(rf"{CONTAINERS}|\bdocker\b|\bpodman\b|\bcompose\b|容器")
ROUTERS_SYSTEM = sought(r"(?a:\b(?:openwrt|lede|istoreos|immortalwrt|luci\b|dockerman|gl\.?inet|fw[34]))")
"""Matches the name of a router's system, such as OpenWrt."""
BRIDGED_OUT = sought(
    r"(?:bridge|docker0|桥接|网桥).{0,80}(?:internet|外网|上网|联网|\bwan\b|\bout(?:side|bound)?\b|download|\bpull\b)"
    r"|(?:internet|外网|上网|联网|\bwan\b|\bout(?:side|bound)?\b).{0,80}(?:bridge|docker0|桥接|网桥)"
    r"|(?:容器|containers?\b).{0,40}(?:外网|上网|联网|internet)"
)
"""Matches words that a container on a bridge does not get out."""

SIDES: tuple[Hint, ...] = (
    # --- discovery ---
    hint("", 26, _BY_MULTICAST, _NOT_FOUND, unless=_ON_HOSTS_NETWORK, means=_MULTICAST,
        command=_MULTICAST_AT, shows=_MULTICAST_SHOWS),
    # --- the host alone, or all but the host ---
    hint("firewalld-zone-blocks-port", 25, HOST_NETWORK, _HOST_ALONE, _WITH_FIREWALLD,
        unless=rf"{DESKTOP}|listen\w*[^\n]{{0,30}}127\.0\.0\.1", means=ZONE),
    hint("input-drops-host-service", 24, HOST_NETWORK, _HOST_ALONE,
        unless=rf"{DESKTOP}|listen\w*[^\n]{{0,30}}127\.0\.0\.1", means=INPUT),
    hint("macvlan-host-cannot-reach", 22, _HOST_LEFT_OUT, _OTHERS_SERVED, _ENGINE, unless=r"\b(?:public|external|domain"
        r"|duckdns|hairpin\w*|loopback)\b|port[ -]?forward|->\d+/(?:tcp|udp)|-p \d+:\d+|\bports: ?$",
        means=message("A macvlan and the link below it exchange no packets: the host and the container do not reach "
            "each other")),
    hint("upstream-filters-container-addresses", 27, r"\bmacvlan\b", _GATEWAY_SILENT,
        means=message("The parent link, or what is behind it, takes no frames for the container's own hardware "
            "address: promiscuous mode is off, or a hypervisor, a Wi-Fi or a filter drops these frames"),
        command="ip -d link; sudo tcpdump -eni any arp or icmp", shows=message("promiscuity of the parent link is 0, "
            "or requests leave by it and no answer for the container's hardware address comes back")),
    # --- tunnels ---
    hint("resolv-conf-rewritten", 26, r"^\W{0,4}DNS ?= ?\[?(?:\d+\.|[0-9a-f]*:)", r"(?a:\bcontainer(?:'s)?[ -]names?\b"
        r"|\bnames? of (?:the |other )?(?:containers?|services?)\b|\bby (?:its |their |the )?(?:\w+ )?names?\b|no such "
        r"host|bad address|could(?: not|n't) resolve|\bnot resolve)|容器名|服务名", _ENGINE,
        means=message("wg-quick writes the servers of its line `DNS =` into the container's resolv.conf, and the "
            "engine's name server, which knows the containers' names, is no longer asked"),
        command="docker exec {container} cat /etc/resolv.conf", shows=message("nameserver is the address after `DNS "
            "=`, instead of the engine's name server")),
    hint("masquerade-missing", 25, _SERVES_TUNNELS, _TUNNEL_IS_UP, _NO_INTERNET, _ENGINE, unless=_ASKS_A_TUNNEL,
        means=message("The tunnel stands, and the clients' packets leave with an address of the tunnel, to which no "
            "answer finds back: the masquerading for the clients' range is missing"),
        command="docker exec {container} iptables -t nat -S; sudo iptables-save -t nat",
            shows=message("POSTROUTING has no MASQUERADE for the clients' range")),
    hint("ip-forward-off", 24, _SERVES_TUNNELS, _TUNNEL_IS_UP, _NO_INTERNET, _ENGINE, unless=_ASKS_A_TUNNEL,
        means=message("The server does not forward the packets of its tunnel's clients")),
    # --- a router's firewall ---
    hint("third-party-forward-chain-drops", 26, ROUTERS_SYSTEM, BRIDGED_OUT,
        means=message("The firewall of OpenWrt rejects forwarded packets unless a zone with the bridge may forward to "
            "the WAN"),
        command="sudo iptables-save; sudo nft list ruleset; uci show firewall", shows=message("no zone of the router's "
            "firewall has the bridge, and its FORWARD rejects other packets")),
    hint("forward-policy-drop", 24, ROUTERS_SYSTEM, BRIDGED_OUT, means=FORWARD),
    # --- names that are answered with no address ---
)  # fmt: skip

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
    r"|\b(?:internet|outside (?:world)?)(?: \w+)? (?:works?|is fine|is reachable|ok)\b|(?:ping ?通|(?:能|可以) ?(?:访问"
    r"|ping))[^\n]{0,12}(?:外网|www\.|baidu|8\.8\.8\.8|114\.114)|(?:外网|百度)[^\n]{0,8}(?:通|正常|可以)"
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
    hint("published-on-loopback-only", 24, LOOPBACK_MAPPING, r"\b(?:different|another|other|second|remote|separate"
        r"|client) (?:\w+ )?(?:machine|host|server|computer|pc|vm|vps|device|laptop|node|box)s?\b|\b(?:from|on|in) "
        r"(?:the )?(?:outside|lan|internet|local network)\b|\bfrom my (?:phone|laptop|pc|mac)\b|\b(?:public|external"
        r"|lan) (?:ip|address)\b|外网|其他机器|另一台|局域网",
        means=message("The port is published at 127.0.0.1, so clients on other machines do not reach it")),
    hint("service-listens-on-container-loopback", 24, r"redis-server[\s\"',+-]+/\S*\.conf\b",
        r"refused|ECONNREFUSED|\bError 111\b|拒绝", unless=r"^\s*bind\s+(?:0\.0\.0\.0|\*)|--bind 0\.0\.0\.0",
        means=message("Redis was started with a configuration file. The file that Redis ships has `bind 127.0.0.1 "
            "-::1`, so Redis listens on the container's own loopback; without a file it listens on all addresses"),
        command="docker exec {container} grep -E '^(bind|protected-mode)' /usr/local/etc/redis/redis.conf",
            shows=message("`bind 127.0.0.1`, as in the file that Redis ships")),
    hint("service-listens-on-container-loopback", 24, _BINDS_TO_LOOPBACK,
        r"refused|ECONNREFUSED|\bError 111\b|reset by peer|empty reply|拒绝|connect to MySQL server on",
        rf"{CONTAINERS}|\bcompose\b|\bdocker\b|容器", unless=rf"{HOST_NETWORK}|{_ASKS_THE_HOST}|{_BINDS_TO_ALL}",
        means=message("A line of the service's own configuration lets it listen on 127.0.0.1: in a container this is "
            "the container's own loopback, which no client outside of the container reaches"),
        command="docker exec {container} sh -c 'cat /proc/net/tcp /proc/net/tcp6'; docker inspect {container}"),
    hint("container-not-running", SURE, r"\bgitlab\b|\.gitlab-ci|gitlab-runner|^\s*DOCKER_HOST:",
        r"\bdind\b|dind-|docker-in-docker|dockerd-entrypoint",
        "no such host|server misbehaving|could ?n[o']t resolve|lookup .{0,40} fail|fails in DNS|name or service",
        means=message("The name of a job's service container is known only while it runs. dockerd in it ends at once "
            "if the runner is not privileged, or if an option of dockerd is wrong"),
        command="docker ps -a; docker logs $(docker ps -aq --filter status=exited | head -n 1)",
            shows=message("the service container with dockerd has exited")),
    hint("input-drops-host-service", 24, GATEWAY_FAILS, _OUTSIDE_WORKS, rf"{CONTAINERS}|容器", means=INPUT),
    hint("ufw-forward-policy", SURE, r"\b(?:pods?|coredns)\b", r"\b(?:coredns|dns|internet|outside|upstream|egress)\b",
        "no route to host|host (?:is )?unreachable|EHOSTUNREACH|prohibited", r"i/o timeout|\btimed? ?-?out",
        r"\b(?:ubuntu|debian|ufw)\b", unless=r"ufw (?:is )?(?:not (?:running|installed|active|enabled)|inactive"
        r"|disabled)\b|Status: inactive|\bno (?:ufw|firewall)\b|firewalld", means=FORWARD),
    hint("port-not-published", 26, r"\bkind (?:create|cluster|load|get|v?0\.\d)|kindest/node|\bkind-[\w-]*control-plane"
        r"|\bkind-control-plane\b|\bkind-config\b|\bk3d\b|rancher/k3s:",
        r"\bnode ?ports?\b|\bload ?balancer\b|\bingress\b|\b(?:port |:)3[0-2]\d{3}\b",
        rf"{LOCALHOST}|\bbrowser\b|\b172\.(?:1[7-9]|2\d)\.0\.\d+\b", unless=r"extraPortMappings|kubectl port-forward"
        r"|cloud-provider-kind|metallb|\bk3d [^\n]*(?:-p|--port) |->(?:80|443|3\d{4})/tcp",
        means=message("The cluster's nodes are containers, and they publish only the API server's port: a NodePort or "
            "an ingress is open inside of them. extraPortMappings of kind and --port of k3d publish it"),
        command="docker ps", shows=message("the node's container publishes the API server's port only")),
    hint("", 24, r"\bminikube\b", r"\b192\.168\.49\.2\b|\bminikube ip\b|\bnode ?ports?\b|\bingress\b",
        rf"{DESKTOP}|driver[= ]docker|docker driver",
        unless=r"\bminikube (?:tunnel|service)\b[^\n]{0,60}(?:works?|ok|fine)",
        means=message("With the driver docker, minikube's node is a container in the engine's virtual machine: its "
            "address (minikube ip) is reachable only there. `minikube service NAME --url` and `minikube tunnel` open a "
            "way"),
        command="minikube profile list; docker ps; minikube service list", shows=message("the driver is docker, and "
            "the engine is in a virtual machine")),
    hint("loopback-is-the-container", 26,
        r"--dns[= ]127\.\d|[\"']dns[\"'] ?: ?\[ ?[\"']127\.\d|^[ \t]*dns:[ \t]*\n?[ \t]*-?[ \t]*[\"']?127\.\d",
        r"\bresolv\w*|\bDNS\b|\bnames?\b|no such host|EAI_AGAIN|ENOTFOUND|name resolution|域名",
        unless=rf"pi-?hole|adguard|unbound|dnsmasq|\bbind9?\b|{HOST_NETWORK}",
        means=message("The option dns gives containers a name server at 127.0.0.1: in a container this is the "
            "container itself, where no name server listens"),
        command="docker exec {container} cat /etc/resolv.conf; cat /etc/docker/daemon.json",
            shows=message("the container's name server is an address of 127.0.0.0/8")),
    # --- the engine is in another machine ---
    hint("", 24, MACHINE, LOCALHOST, means=IN_VM,
        command=ENGINE_AT, shows=VM_SHOWS),
    hint("", 24, DESKTOP, HOST_NETWORK, means=IN_VM,
        command=ENGINE_AT, shows=VM_SHOWS),
    hint("", 24, DESKTOP, r"\b(?:in(?:to|side)?|to) the (?:vm|virtual machine|machine)\b|\bssh into\b", means=IN_VM,
        command=ENGINE_AT, shows=VM_SHOWS),
    hint("", 16, DESKTOP,
        r"\b(?:another|other) (?:pc|machine|computer|device|laptop|phone)s?\b|\bfrom (?:the|my) (?:lan|phone)\b",
        means=IN_VM,
        command=f"{ENGINE_AT}; podman machine ls", shows=VM_SHOWS),
    hint("", 10, DESKTOP, r"\b172\.1[7-9]\.0\.\d+\b|\b(?:container'?s?|its own) (?:ip|address)", means=IN_VM,
        command=ENGINE_AT, shows=VM_SHOWS),
    hint("", 18, r"\bWSL ?2?\b", r"\b(?:from|in|on|by|under) (?:the )?windows\b", LOCALHOST, unless="docker desktop",
        means=IN_VM,
        command="wsl hostname -I; ip addr show eth0", shows=message("eth0 of WSL has an address of its own")),
    hint("", 18, "docker desktop", r"\b(?:in|inside|from|within) (?:the )?wsl ?2?\b", LOCALHOST, means=IN_VM,
        command=ENGINE_AT, shows=VM_SHOWS),
    hint("", 24, r"(?-i:\b(?:Sierra|El Capitan|Yosemite|Mavericks|Mountain Lion)\b)|\bos ?x 10\.(?:[6-9]|1[0-2])\b"
        r"|\bwindows (?:7|8(?:\.1)?|xp|vista)\b|\b(?:windows|win) ?(?:10 )?home\b", LOCALHOST, r"refused|\brefuse\b"
        r"|can(?:no|')t (?:be )?(?:connect|reach|open|load|access)|(?:could|does|do|did)(?: not|n't) (?:connect|reach"
        r"|open|load|work)|unable to (?:connect|reach|open)|not (?:reachable|accessible)",
        unless=rf"{MACHINE}|docker desktop|docker for (?:mac|windows)|\bwsl ?2\b|windows 1[01] pro",
        means=message("On this system Docker often runs in a virtual machine (docker-machine, Docker Toolbox): the "
            "port is published at the machine's address (docker-machine ip) and not at localhost"),
        command=f"docker-machine ls; {ENGINE_AT}", shows=VM_SHOWS),
)  # fmt: skip

_BY_NAME = (
    r"(?a:\b(?:by|using|with|via|use) (?:the |its |their |a )?(?:container(?:'s)?|service(?:'s)?|host)?[ -]?names?\b"
    r"|\b(?:container|service|host) ?names? (?:does|do|did|is|are|was|can)(?: not|n't|not)\b"
    r"|\bresolv\w*[^\n.]{0,30}\bnames?\b|\bnames?\b[^\n.]{0,30}\bresolv\w*)|(?:用|通过|使用)(?:容器|服务)?名"
)
_BY_ADDRESS = (
    r"(?a:\b(?:by|via|using|with|over|through|to) (?:the |its |an? |their )?(?:container(?:'s)? )?ip(?: ?v4)?(?: "
    r"?address(?:es)?)?\b[^\n]{0,40}\b(?:works?|worked|fine|ok|succeeds?|is possible|no problem)\b|\bip(?: "
    r"?address(?:es)?)? works?\b|\bworks? (?:fine |well )?(?:by|via|using|with|over|through|to) (?:the |its |an? "
    r"|their )?ip\b)|(?:用|通过|使用) ?ip[^\n，。]{0,10}(?:可以|正常|没问题|能)"
)

NAMES: tuple[Hint, ...] = (
    hint("", 30, r"8\.8\.8\.8\b[^\n]{0,60}(?:\n[^\n]{0,60})?8\.8\.4\.4\b|2001:4860:4860::8888",
        r"(?a:resolv\.conf\b[^\n.]{0,60}\b(?:empty|blank|no nameservers?|nothing in it|has no)\b|\b(?:empty"
        r"|blank)\b[^\n.]{0,30}resolv\.conf\b|\bno non-localhost dns nameservers\b)"
        r"|resolv\.conf[^\n\u3002]{0,20}(?:\u7a7a|\u6ca1\u6709)",
        means=message("If the host's resolv.conf names no server that a container reaches, Docker writes 8.8.8.8 and "
            "8.8.4.4 into the container's. Where these are out of reach, name your own servers: `dns` in daemon.json, "
            "or --dns, or a server in the host's resolv.conf"),
        command="cat /etc/resolv.conf; docker exec CONTAINER cat /etc/resolv.conf; cat /etc/docker/daemon.json",
            shows=message("the host's file names no server, and the container's names 8.8.8.8 and 8.8.4.4")),
    hint("default-bridge-has-no-names", 28, r"\bpodman", _BY_NAME, _BY_ADDRESS,
        unless=r"\b(?:aardvark|dnsname)\b[^\n]{0,60}\b(?:running|installed|listening)\b",
        means=message("A network of Podman resolves names only if dns_enabled is true: with CNI this takes the plug-in "
            "dnsname (package podman-plugins), with netavark the program aardvark-dns. A network that was made without "
            "it has to be made anew, and the default network never has it"),
        command="podman network inspect $(podman network ls -q) | grep -i dns; ls /usr/libexec/cni /opt/cni/bin; "
            "command -v aardvark-dns", shows=message("dns_enabled is false, or neither the plug-in dnsname nor "
            "aardvark-dns is there")),
    hint("", 30, r"\blinks?:\s|--link\b|\blinked\b|\blinks?\b", r"(?a:\b(?:edit|chang|add|updat"
        r"|modif)\w*\b[^\n]{0,60}\b(?:ya?ml|compose|file|link)|\b(?:then|now) (?:I )?(?:added|edited|changed)\b)"
        r"|(?:修改|编辑|添加)[^\n]{0,20}(?:compose|yml|yaml|link)", "name or service not known|could(?: not|n't) "
        "resolve|bad address|unknown host|no such host|ENOTFOUND|temporary failure in name",
        r"\bup -d\b|\brestart\b|\bstop\b", unless=r"\b(?:rm -f|--force-recreate|down)\b",
        means=message("A container gets its links when it is created, and a restart keeps them: recreate it (`docker "
            "compose up -d --force-recreate`, before Compose 1.5 `docker-compose rm` first), or put both on one "
            "network, which needs no links"),
        command="docker compose ps -a; docker inspect --format '{{.Created}} {{.HostConfig.Links}}' CONTAINER; docker "
            "exec CONTAINER cat /etc/hosts", shows=message("the container was created before its `links:` entry was "
            "written into the compose file")),
)  # fmt: skip
