"""The words that point to the network between machines (the size of packets, tunnels, ranges that two networks share),
to a network of the engine, to name resolution, or to a client that connects to itself."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, hint
from hairpin.suppose.hints.said.phrases import (
    CLIENT,
    CONTAINERS,
    HANGS,
    HOST_NETWORK,
    MTU,
    NAME_SERVERS,
    NESTED,
    NODES,
    RANGES,
    ROUTES,
    SIZES,
    TUNNEL,
    TUNNELED,
)
from hairpin.suppose.hints.told_names import SURE

_STARTED = (
    r"\b(?:until|till|after|since|once|when(?:ever)?|as soon as|before|unless) (?:\w+ ){0,3}(?:docker|dockerd|podman)"
    r"(?:[ -]?(?:desktop|daemon|engine|service))? (?:\w+ ){0,2}(?:start(?:s|ed|ing)?|launch(?:es|ed)?|runs?|running"
    r"|opened|up|started|ran)\b|\b(?:after|when|since|once|before|on) (?:I )?(?:start|starting|launching|running|run"
    r"|opening|started) (?:the )?(?:docker|dockerd|podman)(?: desktop| daemon| engine| service)?"
    r"(?! (?:run|compose|container|image|build))\b"
)
"""Matches words about the time at which an engine starts."""

WAYS: tuple[Hint, ...] = (
    # --- the size of packets ---
    hint("mtu-black-hole", 14,
        rf"{CLIENT}.{{0,80}}{HANGS}|\b(?:TLS|SSL)\b.{{0,60}}\b(?:hang\w*|stuck|stall\w*|never finish\w*)", CONTAINERS,
        unless="docker(?:d| daemon| ps| info)? hangs", means=MTU),
    hint("mtu-black-hole", 20, r"\b(?:https|TLS|SSL)\b.{0,80}(?:handshake.{0,40}(?:tim(?:e|ed) ?-?out|never|not finish)"
        r"|never finish)|Waiting for headers|Client hello \(1\)|\b(?:large|big|bigger) (?:packets|files?|requests?"
        r"|responses?|payloads?|uploads?|downloads?|transfers?)\b.{0,80}(?:fail|hang|stall|lost|drop|tim)", CONTAINERS,
        means=MTU),
    hint("mtu-black-hole", 14, r"\bMTU\b", rf"{HANGS}|{CLIENT}.{{0,80}}(?:fail|time)", means=MTU),
    hint("", 24, r"\budp\b.{0,30}\b(?:bad|wrong|invalid) (?:udp )?(?:checksum|cksum)|\bbad udp cksum|\bhw csum failure",
        is_error=True,
        means=message("Packets of a tunnel have a wrong checksum, and the far kernel drops them"),
        command="ethtool -k eth0 | grep checksum; nstat -az | grep -i csum", shows=message("the counter of wrong "
            "checksums (UdpInCsumErrors) grows, or the offload tx-udp_tnl-csum is on")),
    hint("mtu-black-hole", 18, r"\bsome (?:\w+ )?(?:sites|requests|urls|hosts|addresses|domains|pages"
        r"|downloads)\b.{0,120}\b(?:others?|never|random\w*|not)\b|\bping (?:\w+ ){0,2}(?:works?|succeeds|goes through"
        r"|is fine|ok)\b.{0,160}\b(?:https?|curl|wget|tls|ssl|apt|pull|clone)\b|\b(?:https?|curl|wget|tls"
        r"|ssl)\b.{0,200}\bping (?:\w+ ){0,2}(?:works?|succeeds|is fine|ok)\b",
        r"\b(?:wireguard|vpn|pppoe|tunnel|gre|vxlan|openstack|overlay|proxmox|ipsec|l2tp|pptp|sdn|wg0|tun0|ppp0)\b",
        CONTAINERS, means=MTU),
    hint("mtu-black-hole", 28, NESTED,
        rf"\b(?:kubernetes|k8s|k3s|kubectl|pods?|gke|eks|aks|openshift|openstack|rancher)\b|{TUNNELED}",
        rf"\b(?:SSL|TLS)\w*|\b(?:gnutls|openssl)\w*|curl: \((?:28|35|56)\)|reset by peer|{HANGS}|i/o timeout"
        rf"|\b(?:timed?|times|timing)[- ]?outs?\b|deadline exceeded|unexpected EOF|\bslow\b|超时|卡住|卡死",
        unless=r"(?:cannot|couldn't) connect to (?:the )?docker \w+mon|DOCKER_TLS_CERTDIR|tls: (?:bad|unknown|failed)"
        r"|x509|no such host|could not resolve|HTTP request to an HTTPS|waiting for docker|:237[56]\b",
        means=message("The engine in the pod gives its networks MTU 1500, and the pod's own link takes less: larger "
            "packets are lost. The option mtu of dockerd is for the default bridge; other networks need the driver "
            "option com.docker.network.driver.mtu"),
        command=f"{SIZES}; docker network inspect $(docker network ls -q)", shows=message("the links of the inner "
            "engine have MTU 1500, and the pod's eth0 has less")),
    hint("mtu-black-hole", 22, r"[\"']mtu[\"']? ?: ?\d{4}|--mtu[= ]\d{4}",
        r"\bcompose\b|network create|\b(?:custom|user[- ]defined|other|second|new) (?:docker )?networks?\b",
        means=message("The option mtu of dockerd is for the default bridge alone: a network that a user or compose "
            "makes has MTU 1500, unless com.docker.network.driver.mtu says otherwise"),
        command=f"{SIZES}; docker network inspect $(docker network ls -q)",
        shows=message("the bridge of the network has MTU 1500")),
    # --- the firewall of the system around the engine's machine ---
    # --- tunnels between hosts ---
    hint("vxlan-port-blocked", 18, TUNNELED, NODES, means=TUNNEL),
    # --- ranges and routes ---
    hint("raw-drop-direct-routing", 18, r"\bdocker\b[^\n]{0,30}\b(?:2[89]|3\d)\.\d", r"\b(?:subnet router|directly"
        r"|static route|routed|routes? to|container'?s? (?:own )?(?:ip|address)"
        r"|ping\b[^\n]{0,20}\b172\.\d+\.\d+\.(?:[2-9]|\d\d+))", r"\b(?:another|other|remote|second|different|client) "
        r"(?:machine|host|node|computer|peer)s?\b|\bfrom (?:the )?(?:lan|vpn|tailnet)\b|\btailnet\b|\brouter\b",
        means=message("Since version 28, dockerd drops packets from outside for a container's own address in "
            "table raw")),
    hint("bridge-became-default-route", 22,
        r"\bdefault (?:via \S+ )?dev (?:veth|br-|docker0|\.\.\.)|\bdefault route\b.{0,40}\bveth",
        means=message("A network manager treats the engine's veth or bridge as an uplink, and gives it an address and "
            "a default route")),
    hint("bridge-subnet-overlaps-route", SURE, rf"{_STARTED}|启动 ?docker[^\n]{{0,12}}(?:后|之后|以后)"
        rf"|docker[^\n]{{0,10}}启动(?:后|之后|以后|了)|start(?:ing)? (?:the " r")?(?:docker|podman)\w*(?: desktop| "
        r"daemon| service| engine)? (?:\w+ ){0,3}(?:destroy|break|kill|cut|disconnect|disable)s?\b",
        r"name resolution|\bresolv(?:e|es|ed|ing)\b|\bDNS\b|域名|\binternet\b|上网|断网|no route to host|\bnetwork "
        r"(?:\w+ )?(?:is |goes |gets )?(?:lost|gone|down|unreachable|dies|stops|breaks)|(?:lose|loses|lost|losing"
        r"|drops?|cuts?) (?:\w+ ){0,3}(?:network|connection|connectivity|ssh)", unless=r"\b(?:in|inside|from|within"
        r"|of) (?:the |a |an |my |all |any |every |docker )?(?:\w+ )?containers?\b|容器内|容器里|\bpods?\b|\bdocker "
        r"(?:exec|build)\b|\bcontainers? (?:can(?:no|')t|do(?:es)? not|could)",
        means=message("The engine's bridge, which is made when the engine starts, covers the address of the gateway or "
            "of the name server: the host sends its own packets into the bridge. Another `bip` or "
            "default-address-pools in daemon.json moves the bridge"),
        command=f"{ROUTES}; ip addr; cat /etc/resolv.conf", shows=message("a route of docker0 or of another bridge "
            "covers the gateway or the name server")),
    hint("bridge-subnet-overlaps-route", 12, r"\b(?:vpn|anyconnect|openvpn|globalprotect|wireguard|zscaler|forticlient"
        r"|fortinet|tailscale|zerotier|openconnect|pulse secure)\b",
        r"\b(?:when|once|after|while|since|if|as soon as|with|without|behind|through|over|connect\w*)\b", means=RANGES),
    hint("address-pool-exhausted", 20, "requested network overlaps with existing network|networks have overlapping IPv4"
        "|[Pp]ool overlaps with other one", is_error=True,
        means=message("Each range that the engine tries for a new network overlaps a route of the host, so the engine "
            "finds no free range")),
)  # fmt: skip

_BARE_NAME = r"(?!localhost\b|host\b)[a-z][\w-]*(?![\w-]*\.[\w])"
_NAME_UNKNOWN = (
    rf"host not found in upstream \"?{_BARE_NAME}|\b(?:does|do|did|could|can|would)(?: not|n't|not) (?:find|resolve"
    rf"|know) (?:the |any |its |their |each other'?s? )?(?:upstreams?|hosts?|services?|names?|hostnames?|container "
    rf"names?|service names?)\b(?!\.\w)|could(?: not|n't) resolve(?: host)?:? ?[\"']?{_BARE_NAME}\b|\b(?:ENOTFOUND"
    rf"|EAI_AGAIN) {_BARE_NAME}|\blookup {_BARE_NAME} on |bad address [\"']?{_BARE_NAME}|unknown (?:\w+ )?host:? "
    rf"[\"']?{_BARE_NAME}|host name \"{_BARE_NAME}\"|getaddrinfo for {_BARE_NAME} failed|UnknownHostException:? "
    rf"{_BARE_NAME}|\bnames? (?:of (?:the |other )?(?:containers?|services?) )?(?:do|does|are|is)(?: not|n't) "
    rf"(?:resolve|known|found)"
    r"|(?:找不到|无法解析|解析不了)[^\n]{0,10}(?:服务名|容器名|主机名)"
)
"""Matches words that say that a program finds no address for a name without a dot, as services of compose have."""
_WITH_HOSTS_NETWORK = rf"{HOST_NETWORK}(?!.{{0,60}}(?:\bworks?\b|\bhelps?\b|\bfine\b|\bresolves?\b|没问题|正常|可以))"

_REFUSED = r"(?:refused|ECONNREFUSED|拒绝|拒絕)"
_ITSELF = r"(?:localhost|127\.0\.0\.1)"
_STORE_PORT = r"(?:3306|5432|6379|27017|5672|1433|9200|11211|3307|5433|4222|2379|8123)"
"""The ports of databases and brokers, which seldom run in the container of the program that asks them."""

NETWORKS: tuple[Hint, ...] = (
    hint("host-network-has-no-names", SURE, _WITH_HOSTS_NETWORK, _NAME_UNKNOWN,
        rf"{CONTAINERS}|\bdocker\b|\bcompose\b|\bpodman\b|容器", unless=r"\b(?:without|not (?:with|on|in|using)"
        r"|instead of|removed?|no) (?:the )?(?:host(?:'s)? network|network_mode|--net)",
        means=message("A container on the host's network is in no network of the project, and asks the host's name "
            "server: the names of services and containers are unknown there. Their published ports are at localhost")),
    # --- networks of the engine ---
    hint("container-on-internal-network-only", 20,
        r"network create[^\n]{0,80}--internal|\binternal: true\b|\"Internal\": true",
        means=message("An internal network has no way to the outside, and no port of it is published")),
    hint("", 20, r"network create(?=[^\n]*(?:macvlan|ipvlan))(?![^\n]*parent=)",
        means=message("The network was made without a parent: its containers are on a link that leads nowhere"),
        command="docker network inspect $(docker network ls -q); ip -d link", shows=message("the network has no "
            "parent, or its parent is a dummy link that the engine has made")),
    hint("macvlan-host-cannot-reach", 18, r"\bmacvlan\b", r"\bhost\b",
        means=message("A macvlan and the link below it exchange no packets: the host and the container do not reach "
            "each other")),
    hint("ipvlan-host-cannot-reach", 18, r"\bipvlan\b", r"\bhost\b",
        means=message("An ipvlan and the link below it exchange no packets: the host and the container do not reach "
            "each other")),
    hint("no-common-network-for-name", 16, r"\b50[24]\b|bad gateway|gateway time-?d? ?-?out",
        r"\b(?:traefik|nginx-proxy|reverse[ -]proxy|caddy|haproxy|jwilder|swag|npm|proxy)\b", r"\bnetworks\b"
        r"|\bexternal: true\b|(?:different|two|default|own|another|other|same) networks?|(?:other|another) (?:compose "
        r")?project",
        means=message("The container is on several networks, and the proxy uses the container's address on a network "
            "to which the proxy is not connected"), shows=message("the proxy shares no network with the container, or "
            "uses the container's address on another network")),
    hint("loopback-is-the-container", 14,
        r"\b(?:50[24]\b|bad gateway|ECONNREFUSED|connection refused|connect\(\) failed)",
        r"(?:proxy_pass|reverse_proxy|upstream|ProxyPass|server)\b[^\n]{0,40}\b(?:localhost|127\.0\.0\.1|\[::1\])[:/]",
        CONTAINERS,
        means=message("In a container, localhost is the container itself: the proxy asks itself"),
            shows=message("the proxy runs in a container, and the address behind the proxy is a loopback address")),
    hint("loopback-is-the-container", 24, r"\bhost \"?(?!localhost)[a-z][\w.-]*\"? \((?:127\.\d+\.\d+\.\d+|::1)\)"
        r"|\bPING (?!localhost)[a-z][\w.-]* \(127\.|connect(?:ed|ing)? to (?!localhost)[a-z][\w.-]* \(127\.",
        is_error=True,
        means=message("/etc/hosts gives the name a loopback address, so the client asks itself"),
        command="docker exec {container} cat /etc/hosts /etc/resolv.conf", shows=message("a line of /etc/hosts gives "
            "the name a loopback address")),
    hint("docker-daemon-iptables-false", 18, r"--iptables(?:=| )false|[\"']?iptables[\"']?: false",
        means=message("dockerd makes no rules: no port is published by DNAT, and no container's address is "
            "masqueraded")),
    hint("loopback-is-the-container", 18, r"ECONNREFUSED (?:127\.0\.0\.1|0\.0\.0\.0|::1):\d+|dial tcp (?:127\.0\.0\.1"
        r"|0\.0\.0\.0|\[::1\]):\d+: connect: connection refused|running on host \"(?:localhost|127\.0\.0\.1)\""
        r"|SQLSTATE\[HY000\] \[2002\] Connection refused|to MySQL server on '(?:localhost|127\.0\.0\.1)",
        r"\bfrom (?:the |a |my |inside )*(?:\w+ )?container\b|\bdepends_on\b|^[\w.-]+[-_]\d+\s*\||\blinks:|(?:other"
        r"|another|second|database|db|postgres|mysql|mongo|redis) container|both containers|two containers",
        means=message("In a container, localhost is the container itself: the client asks itself instead of the other "
            "container")),
    hint("loopback-is-the-container", 12, r"\b(?:from|in|inside|within) (?:the|a|my|this|any) (?:\w+ )?container\b",
        r"\b(?:service|server|api|database|db|app|process|postgres|mysql|redis)\b.{0,40}\b(?:on|at) (?:localhost"
        r"|127\.0\.0\.1)", "refused",
        means=message("In a container, localhost is the container itself, not the host")),
    hint("loopback-is-the-container", 18, r"\b(?:host|server|hostname|DB_HOST|data source)[\"']? ?[=:] "
        r"?[\"']?(?:localhost|127\.0\.0\.1)\b(?!, request)|\b(?:jdbc:\w+|postgres(?:ql)?|mysql2?|mongodb|redis"
        r"|amqp)://[^\s/]{0,60}(?:localhost|127\.0\.0\.1)\b", rf"{_REFUSED}|\b2002\b|no such file", unless=HOST_NETWORK,
        means=message("In a container, localhost is the container itself: the client asks itself instead of the other "
            "container")),
    hint("loopback-is-the-container", 26, rf"\b\w*(?:host(?:name)?|server|addr(?:ess)?|url|dsn)[\"']? ?[=:] "
        rf"?[\"']?{_ITSELF}[\"']?[:,; \n][^\n]{{0,12}}(?:\n\s*)?[\"']?\w*port[\"']? ?[=:] ?[\"']?{_STORE_PORT}\b"
        rf"|\b\w*(?:host(?:name)?|server|addr(?:ess)?|url|dsn|uri)[\"']? ?[=:] "
        rf"?[\"']?[^\s\"']{{0,60}}{_ITSELF}\)?:{_STORE_PORT}\b", rf"{_REFUSED}|\bexited\b|\brestarting\b|退出|打不开",
        r"docker(?:-| )(?:run|compose)\b|\bdocker ps\b|\bcontainers?\b|容器|^\s*services:",
        unless=rf"{HOST_NETWORK}|\bsupervisord?\b|all[- ]in[- ]one",
        means=message("A setting of the program in the container names 127.0.0.1 or localhost for its database: in the "
            "container this is the container itself, so the program does not come up, and nobody answers on its port"),
        command="docker logs --tail 50 {container}; docker compose config; docker ps",
            shows=message("the container's log says that it cannot connect to 127.0.0.1 or localhost")),
    hint("interface-name-hardcoded", 18, r"\b(?:wg-?easy|wireguard|openvpn|gluetun|vpn)\b",
        r"\bcontainer\b|\bdocker exec\b", r"\b(?:two|2|both|several|second|other) networks\b|\beth1\b",
        means=message("Rules inside the container name an interface, and after a restart the container's networks may "
            "be on other interfaces"),
        command="docker exec {container} sh -c 'iptables -t nat -S; ip route'", shows=message("MASQUERADE or another "
            "rule names an interface that does not carry the default route")),
    hint("container-own-firewall", 20, r"\bFIREWALL_(?:OUTBOUND_SUBNETS|INPUT_PORTS|VPN_INPUT_PORTS)\b",
        means=message("The container's own firewall lets out only what its settings name. It drops the answers to "
            "other clients")),
    hint("policy-rule-diverts-container-traffic", 22, r"\btailscale\b",
        r"\baccept-routes\b|\bexit[ -]node\b|\btable 52\b", rf"{CONTAINERS}|\bdocker\b",
        means=message("A policy rule of Tailscale leads packets by its table 52, so a container's answers go into the "
            "tunnel"),
        command="ip rule; ip route show table 52; tailscale status", shows=message("table 52 has a default route, or a "
            "route to the range of a container network")),
    hint("", 24, r"\bBGP not established\b|\bBIRD is not ready\b|\bcalico\b",
        r"\b10\.0\.2\.15\b|\bfirst-found\b|\bautodetect\w*|\bBGP not established\b|\b(?:two|several) (?:links|nics)\b",
        means=message("Calico has taken the address of a link by which the other nodes are not reached"),
        command="ip addr; kubectl get nodes -o wide; calicoctl node status", shows=message("calico has the address of "
            "another link than the one by which the nodes reach each other")),
    hint("", 16, r"\b(?:flannel|vxlan)\b",
        r"\bhost ?network\b|\bfrom (?:the|a) (?:host|node)s?\b|\bon (?:the )?(?:host|node)\b",
        r"\bcluster ?ip\b|\b10\.(?:43|96)\.\d+\.\d+",
        means=message("Packets that a node itself sends into the tunnel have a wrong checksum, and the other node "
            "drops them"),
        command="ethtool -k flannel.1 | grep checksum; sudo tcpdump -ni any udp port 8472",
            shows=message("checksum offload is on, and the other node counts packets with a wrong checksum")),
    hint("", 24, r"\bpasta\b", r"\bhost\.(?:containers|docker)\.internal\b|\bhost'?s? (?:own |primary |lan )?address\b",
        means=message("pasta gives a rootless container the host's own address, so a connection to that address ends "
            "in the container itself"),
        command="podman exec {container} ip addr; podman info", shows=message("the container has the same address as "
            "the host")),
    # --- names ---
    hint("", 30, r"\blookup \S+ on (?:\[::1\]|127\.0\.0\.1):53\b", is_error=True,
        means=message("The host's /etc/resolv.conf names no name server, so the program asks its own address, where "
            "nobody listens"),
        command="ls -l /etc/resolv.conf; cat /etc/resolv.conf; systemctl status systemd-resolved",
            shows=message("the host's /etc/resolv.conf has no line with nameserver")),
    hint("loopback-is-the-container", 20,
        r"(?:SQLSTATE ?\[HY000\] ?\[2002\]|\(HY000/2002\):?) (?:connection refused|no such file)",
        unless=r"\bDB_HOST ?[=:] ?(?!127|localhost)[a-z]",
        means=message("Applications ask 127.0.0.1 unless a setting names the database's service"),
            shows=message("the database runs in another container, and the application asks 127.0.0.1 or localhost")),
    hint("", 24, "Using default external servers", is_error=True,
        means=message("The host has only a local name server, so dockerd gives containers 8.8.8.8 and 8.8.4.4. A "
            "firewall may drop queries to these two servers"),
        command="cat /etc/resolv.conf; resolvectl status", shows=message("the host's resolv.conf names only a loopback "
            "address, and another name server is in the LAN")),
    hint("", 8, r"could(?: not|n't) resolve|temporary failure (?:in name resolution|resolving)|name resolution|bad "
        r"address .?[\w-]+\.[\w.]+|\bEAI_AGAIN\b[^\n]{0,30}\.\w|no such host|servers could be reached", CONTAINERS,
        means=message("The container's name server does not answer the container"),
        command=NAME_SERVERS, shows=message("the container's network does not reach the container's name server")),
    hint("", 24, "ignoring query from non-local network", is_error=True,
        means=message("The query arrives, but dnsmasq ignores it: dnsmasq answers only clients in networks of its own "
            "links, and the container's network is not one of these networks"),
        command="docker exec {container} sh -c 'cat /etc/dnsmasq.conf /etc/pihole/pihole.toml'",
        shows=message("local-service, or a mode in which dnsmasq listens for local networks only")),
)  # fmt: skip
