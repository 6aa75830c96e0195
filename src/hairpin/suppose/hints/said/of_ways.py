"""The words that point to the network between machines: the size of packets, tunnels between hosts, and address ranges
that two networks share."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import (
    CLIENT,
    CONTAINERS,
    HANGS,
    MTU,
    NESTED,
    NODES,
    RANGES,
    ROUTES,
    SIZES,
    TUNNEL,
    TUNNELED,
)
from hairpin.suppose.hints.told_names import SURE

_WINDOWS = (
    r"(?:\b(?:wsl ?2?|hyper-v|docker for windows|(?:docker|rancher) desktop (?:for|on) windows|windows server"
    r"|windows host|(?:docker|engine|containers?|host|server|runs?|running|installed)\b"
    r"[^\n,;]{0,20} on (?:a |my )?windows"
    r"|vpnkit|com\.docker\.backend|powershell)\b|\b[A-Z]:\\|在 ?windows|windows ?(?:上|系统|主机|宿主机))"
)
"""Matches words that the engine is on Windows.  Windows may also be the system of a client."""
_MAC = r"\b(?:mac ?os(?: x)?|os x|macbook|imac|mac mini|docker for mac|orbstack|colima)\b"
_FAR_CLIENT = (
    r"(?:(?a:\b(?:other|another|different|second|remote|any|every) (?:\w+ )?(?:devices?|machines?|computers?|pcs?"
    r"|laptops?|phones?|hosts?|clients?)\b|\b(?:from|on|in|over|to) (?:the |my |our |your )?(?:lan"
    r"|local(?: area)? network|phone|outside|same (?:network|wi-?fi|lan))\b|\b(?:lan|external|mobile) (?:clients?"
    r"|devices?|access)\b|\bfrom (?:my|the|an?) (?:\w+ )?(?:laptop|phone|tablet|ipad|iphone|tv|smartphone)\b)"
    r"|局域网|另(?:外)?一台|其他(?:电脑|机器|设备)|别的(?:电脑|机器)|手机|外部访问"
    r"|другого (?:компьютера|устройства)|локальной сети"
    r"|anderen (?:Rechner|PC|Gerät\w*)|autre (?:machine|ordinateur|PC)|otr[ao] (?:máquina|equipo|PC)|別の(?:PC|端末))"
)
_LOCAL_WORKS = (
    r"(?:(?a:\b(?:localhost|127\.0\.0\.1|loopback|on the (?:host|same|machine)|locally|(?:same|host|own) (?:machine|pc"
    r"|computer))\b[^\n.]{0,60}\b(?:works?|worked|fine|ok|opens?|answers?|loads?|shows?|displays?|responds?"
    r"|reach\w*|accessible)\b(?! (?:not|no))"
    r"|\b(?:works?|opens?|answers?|loads?|reach\w*|accessible|access)\b[^\n.]{0,40}\b(?:localhost|127\.0\.0\.1"
    r"|locally|on (?:the|my) (?:same|host)))|(?:本机|localhost)[^\n，。]{0,16}(?:可以|能|正常))"
)
_FIREWALL_OFF = words(
    r"(?a:\bfirewalls? (?:is |are |was |were |has been |completely |fully )*(?:off|disabled|turned off|inactive)"
    r"|\b(?:disabl|turn|switch)\w* (?:off )?(?:the |my |all |both )?(?:windows )?(?:defender )?firewalls?\b"
    r"|\bno firewall\b)|防火墙(?:已|都|全)?(?:经)?关"
)
_WINDOWS_RULES = (
    "netsh interface portproxy show all; netsh advfirewall show currentprofile; Get-NetFirewallRule -Direction Inbound "
    "-Enabled True | Get-NetFirewallPortFilter | Where-Object LocalPort -eq {port}"
)
_WINDOWS_MEANS = message(
    "The firewall of Windows drops connections from other machines: no inbound rule allows the port, or the program "
    "that holds it (com.docker.backend, wslrelay). Connections from Windows itself do not pass this firewall"
)
_WINDOWS_SHOWS = message("no inbound rule allows the port, or the network has the profile Public")
_STARTED = (
    r"\b(?:until|till|after|since|once|when(?:ever)?|as soon as|before|unless|nachdem|sobald|seit|wenn|después de"
    r"|cuando"
    r"|depois|quando|après|dès que|после|когда) (?:\w+ ){0,3}(?:docker|dockerd|podman)(?:[ -]?(?:desktop|daemon"
    r"|engine|service))?"
    r" (?:\w+ ){0,2}(?:start(?:s|ed|ing)?|launch(?:es|ed)?|runs?|running|opened|up|started|ran|gestartet|startet"
    r"|läuft|arranca\w*|inicia\w*"
    r"|démarr\w+|запуст\w+|запуска\w+)\b|\b(?:after|when|since|once|before|on) (?:I )?(?:start|starting|launching"
    r"|running|run|opening|started) "
    r"(?:the )?(?:docker|dockerd|podman)(?: desktop| daemon| engine| service)?(?! (?:run|compose|container|image"
    r"|build))\b"
)
"""Matches words about the time at which an engine starts."""

WAYS: tuple[Hint, ...] = (
    # --- the size of packets ---
    Hint(
        says=(
            words(rf"{CLIENT}.{{0,80}}{HANGS}|\b(?:TLS|SSL)\b.{{0,60}}\b(?:hang\w*|stuck|stall\w*|never finish\w*)"),
            words(CONTAINERS),
        ),
        unless=words(r"docker(?:d| daemon| ps| info)? hangs"),
        cause="mtu-black-hole",
        weight=14,
        means=MTU,
    ),
    Hint(
        says=(
            words(
                r"\b(?:https|TLS|SSL)\b.{0,80}(?:handshake.{0,40}(?:tim(?:e|ed) ?-?out|never|not finish)|never finish)"
                r"|Waiting for headers|Client hello \(1\)|\b(?:large|big|bigger) (?:packets|files?|requests?|responses?"
                r"|payloads?|uploads?|downloads?|transfers?)\b.{0,80}(?:fail|hang|stall|lost|drop|tim)"
            ),
            words(CONTAINERS),
        ),
        cause="mtu-black-hole",
        weight=20,
        means=MTU,
    ),
    Hint(
        says=(
            words(
                r"(?:大|large|big|gro(?:ß|ss)e|больш\w+|grand\w*)[^\n]{0,30}"
                r"(?:卡|超时|不通|hang|stall|time|häng|завис|bloqu)"
            ),
            words(
                r"(?:小|small|kleine|маленьк\w+|petit\w*)[^\n]{0,30}(?:正常|没问题|可以|fine|work|ok|answer|geh|работа|passe)"
            ),
        ),
        cause="mtu-black-hole",
        weight=22,
        means=MTU,
    ),
    Hint(
        says=(words(r"\bMTU\b"), words(rf"{HANGS}|{CLIENT}.{{0,80}}(?:fail|time)")),
        cause="mtu-black-hole",
        weight=14,
        means=MTU,
    ),
    Hint(
        says=(
            words(
                r"\budp\b.{0,30}\b(?:bad|wrong|invalid) (?:udp )?(?:checksum|cksum)|\bbad udp cksum|\bhw csum failure"
            ),
        ),
        weight=24,
        command="ethtool -k eth0 | grep checksum; nstat -az | grep -i csum",
        is_error=True,
        shows=message("the counter of wrong checksums (UdpInCsumErrors) grows, or the offload tx-udp_tnl-csum is on"),
        means=message("Packets of a tunnel have a wrong checksum, and the far kernel drops them"),
    ),
    Hint(
        says=(
            words(
                r"\bsome (?:\w+ )?(?:sites|requests|urls|hosts|addresses|domains|pages"
                r"|downloads)\b.{0,120}\b(?:others?|never|random\w*|not)\b"
                r"|\bping (?:\w+ ){0,2}(?:works?|succeeds|goes through|is fine|ok)\b.{0,160}\b(?:https?|curl"
                r"|wget|tls|ssl|apt|pull|clone)\b"
                r"|\b(?:https?|curl|wget|tls|ssl)\b.{0,200}\bping (?:\w+ ){0,2}(?:works?|succeeds|is fine|ok)\b"
            ),
            words(
                r"\b(?:wireguard|vpn|pppoe|tunnel|gre|vxlan|openstack|overlay|proxmox|ipsec|l2tp|pptp|sdn|wg0"
                r"|tun0|ppp0)\b"
            ),
            words(CONTAINERS),
        ),
        cause="mtu-black-hole",
        weight=18,
        means=MTU,
    ),
    Hint(
        says=(
            words(NESTED),
            words(rf"\b(?:kubernetes|k8s|k3s|kubectl|pods?|gke|eks|aks|openshift|openstack|rancher)\b|{TUNNELED}"),
            words(
                rf"\b(?:SSL|TLS)\w*|\b(?:gnutls|openssl)\w*|curl: \((?:28|35|56)\)|reset by peer|{HANGS}|i/o timeout"
                r"|\b(?:timed?|times|timing)[- ]?outs?\b|deadline exceeded|unexpected EOF|\bslow\b|超时|卡住|卡死"
            ),
        ),
        unless=words(
            r"(?:cannot|couldn't) connect to (?:the )?docker \w+mon|DOCKER_TLS_CERTDIR"
            r"|tls: (?:bad|unknown|failed)|x509|no such host|could not resolve|HTTP request to an HTTPS"
            r"|waiting for docker|:237[56]\b"
        ),
        cause="mtu-black-hole",
        weight=28,
        command=f"{SIZES}; docker network inspect $(docker network ls -q)",
        shows=message("the links of the inner engine have MTU 1500, and the pod's eth0 has less"),
        means=message(
            "The engine in the pod gives its networks MTU 1500, and the pod's own link takes less: larger packets are "
            "lost. The option mtu of dockerd is for the default bridge; other networks need the driver option "
            "com.docker.network.driver.mtu"
        ),
    ),
    Hint(
        says=(
            words(r"[\"']mtu[\"']? ?: ?\d{4}|--mtu[= ]\d{4}"),
            words(r"\bcompose\b|network create|\b(?:custom|user[- ]defined|other|second|new) (?:docker )?networks?\b"),
        ),
        cause="mtu-black-hole",
        weight=22,
        command=f"{SIZES}; docker network inspect $(docker network ls -q)",
        shows=message("the bridge of the network has MTU 1500"),
        means=message(
            "The option mtu of dockerd is for the default bridge alone: a network that a user or compose makes has "
            "MTU 1500, unless com.docker.network.driver.mtu says otherwise"
        ),
    ),
    # --- the firewall of the system around the engine's machine ---
    Hint(
        says=(
            words(
                r"\bportproxy\b|\bnetworkingMode ?= ?mirrored|\bmirrored (?:network\w*|mode)|\bhostAddressLoopback\b"
                r"|\bwslrelay\b"
            ),
            words(_FAR_CLIENT),
        ),
        unless=_FIREWALL_OFF,
        weight=SURE,
        command=_WINDOWS_RULES,
        shows=_WINDOWS_SHOWS,
        means=_WINDOWS_MEANS,
    ),
    Hint(
        says=(words(_WINDOWS), words(_LOCAL_WORKS), words(_FAR_CLIENT)),
        unless=_FIREWALL_OFF,
        weight=24,
        command=_WINDOWS_RULES,
        shows=_WINDOWS_SHOWS,
        means=_WINDOWS_MEANS,
    ),
    Hint(
        says=(
            words(r"\bwsl ?2?\b"),
            words(
                r"\b(?:reach|access|connect to|ping|curl|call|contact)\w*\b[^\n.]{0,60}\b(?:windows(?: host)?"
                r"|vEthernet|host'?s? (?:ip|address))|\bvEthernet ?\(WSL"
                r"|\bservices? (?:running )?(?:on|of) (?:the )?windows"
            ),
            words(r"\btim(?:e|es|ed)[ -]?outs?\b|100% packet loss|no (?:answer|reply|response)|\bhangs?\b|超时|不通"),
        ),
        unless=_FIREWALL_OFF,
        weight=22,
        command="Get-NetFirewallProfile; Get-NetFirewallRule -Direction Inbound -Enabled True | "
        "Where-Object Profile -match 'Any|Public'",
        shows=message("no inbound rule is for the link vEthernet (WSL), which has the profile Public"),
        means=message(
            "The firewall of Windows drops connections that come from WSL: the link vEthernet (WSL) has the profile "
            "Public, and no inbound rule allows the service's port"
        ),
    ),
    Hint(
        says=(words(_MAC), words(_LOCAL_WORKS), words(_FAR_CLIENT)),
        unless=_FIREWALL_OFF,
        weight=20,
        command="/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate --getblockall --listapps; "
        "lsof -nP -iTCP:{port} -sTCP:LISTEN",
        shows=message(
            "the firewall is enabled and blocks the program that holds the port, or the port is on 127.0.0.1"
        ),
        means=message(
            "The firewall of macOS blocks connections from other machines to the program that publishes the port, or "
            "the engine's machine forwards the port to localhost only"
        ),
    ),
    # --- tunnels between hosts ---
    Hint(says=(words(TUNNELED), words(NODES)), cause="vxlan-port-blocked", weight=18, means=TUNNEL),
    # --- ranges and routes ---
    Hint(
        says=(
            words(r"\bdocker\b[^\n]{0,30}\b(?:2[89]|3\d)\.\d"),
            words(
                r"\b(?:subnet router|directly|static route|routed|routes? to|container'?s? (?:own )?(?:ip|address)"
                r"|ping\b[^\n]{0,20}\b172\.\d+\.\d+\.(?:[2-9]|\d\d+))"
            ),
            words(
                r"\b(?:another|other|remote|second|different|client) (?:machine|host|node|computer|peer)s?\b"
                r"|\bfrom (?:the )?(?:lan|vpn|tailnet)\b|\btailnet\b|\brouter\b"
            ),
        ),
        cause="raw-drop-direct-routing",
        weight=18,
        means=message(
            "Since version 28, dockerd drops packets from outside for a container's own address in table raw"
        ),
    ),
    Hint(
        says=(words(r"\bdefault (?:via \S+ )?dev (?:veth|br-|docker0|\.\.\.)|\bdefault route\b.{0,40}\bveth"),),
        cause="bridge-became-default-route",
        weight=22,
        means=message(
            "A network manager treats the engine's veth or bridge as an uplink, and gives it an address and a default "
            "route"
        ),
    ),
    Hint(
        says=(
            words(r"\b169\.254\.\d+\.\d+"),
            words(r"\bveth|\bdocker0\b|\bbr-"),
            words(r"\b(?:dhcpcd|networkmanager|connman|systemd-networkd|networkd|nmcli)\b"),
        ),
        cause="manager-claims-container-links",
        weight=18,
        means=message(
            "A network manager treats the engine's veth or bridge as an uplink, and gives it an address and a default "
            "route"
        ),
    ),
    Hint(
        says=(
            words(
                r"\b(?:until|since|after|before|when|once|hasta|desde|después|seit|nachdem|bis|depuis|après|после)\b"
                r".{0,40}\b(?:instal\w*|установ\w*)\b.{0,20}\bdocker|\binstall(?:ed|ing)? docker\b"
            ),
            words(
                r"no route to host|\bunreachable\b|ninguna ruta|keine route|aucun chemin|нет маршрута|\btimed? ?-?out"
            ),
            words(r"\b(?:proxy|intranet|company|corporate|office|vpn|ssh|server|lan|red|servidor|firmen\w*)\b"),
        ),
        cause="bridge-subnet-overlaps-route",
        weight=16,
        means=message(
            "A bridge of the engine covers the address of a machine elsewhere, so packets to that machine go to the "
            "bridge"
        ),
    ),
    Hint(
        says=(
            words(
                rf"{_STARTED}|启动 ?docker[^\n]{{0,12}}(?:后|之后|以后)|docker[^\n]{{0,10}}启动(?:后|之后|以后|了)"
                r"|start(?:ing)? (?:the )?(?:docker|podman)\w*(?: desktop| daemon| service| engine)? (?:\w+ ){0,3}"
                r"(?:destroy|break|kill|cut|disconnect|disable)s?\b"
            ),
            words(
                r"name resolution|\bresolv(?:e|es|ed|ing)\b|\bDNS\b|域名|\binternet\b|上网|断网|no route to host"
                r"|\bnetwork (?:\w+ )?(?:is |goes |gets )?(?:lost|gone|down|unreachable|dies|stops|breaks)"
                r"|(?:lose|loses|lost|losing|drops?|cuts?) (?:\w+ ){0,3}(?:network|connection|connectivity|ssh)"
            ),
        ),
        unless=words(
            r"\b(?:in|inside|from|within|of) (?:the |a |an |my |all |any |every |docker )?(?:\w+ )?containers?\b|容器内"
            r"|容器里|\bpods?\b"
            r"|\bdocker (?:exec|build)\b|\bcontainers? (?:can(?:no|')t|do(?:es)? not|could)"
        ),
        cause="bridge-subnet-overlaps-route",
        weight=SURE,
        command=f"{ROUTES}; ip addr; cat /etc/resolv.conf",
        shows=message("a route of docker0 or of another bridge covers the gateway or the name server"),
        means=message(
            "The engine's bridge, which is made when the engine starts, covers the address of the gateway or of the "
            "name server: the host sends its own packets into the bridge. Another `bip` or default-address-pools in "
            "daemon.json moves the bridge"
        ),
    ),
    Hint(
        says=(
            words(
                r"\b(?:vpn|anyconnect|openvpn|globalprotect|wireguard|zscaler|forticlient|fortinet|tailscale|zerotier"
                r"|openconnect|pulse secure)\b"
            ),
            words(r"\b(?:when|once|after|while|since|if|as soon as|with|without|behind|through|over|connect\w*)\b"),
        ),
        cause="bridge-subnet-overlaps-route",
        weight=12,
        means=RANGES,
    ),
    Hint(
        says=(
            words(
                r"requested network overlaps with existing network|networks have overlapping IPv4|[Pp]ool "
                r"overlaps with other one"
            ),
        ),
        cause="address-pool-exhausted",
        weight=20,
        is_error=True,
        means=message(
            "Each range that the engine tries for a new network overlaps a route of the host, so the engine finds no "
            "free range"
        ),
    ),
)
