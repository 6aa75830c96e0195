"""The words that tell on which side a connection works: on the host alone, everywhere but on the host, only with the
host's network, or only inside of a tunnel; and the words about names and discovery that go with them."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import CONTAINERS, DESKTOP, FORWARD, HOST_NETWORK, INPUT, ZONE

_MACHINE = r"(?:nas|synology|diskstation|dsm|qnap|unraid|host|server|machine|raspberry pi|pi|box|vm|vps|node|computer)"
_NOT = r"(?:\bnot\b|n't\b|\bcannot\b|\bunable\b|\bnever\b|\bfail\w*|\bno\b)"
_BY_MULTICAST = (
    r"(?a:\b(?:homekit|m-?dns|multicast|bonjour|avahi|zeroconf|ssdp|dlna|upnp|chromecasts?|google cast|airplay"
    r"|airprint|spotify connect|emulated_hue|hue emulation|(?:auto-?|network |device )discover\w*)\b)"
    r"|组播|多播|マルチキャスト"
)
_DISCOVERING = (
    r"(?a:\b(?:plex|jellyfin|emby|kodi|sonos|alexa|home app|smart ?tvs?|roon|squeezebox|scrypted|homebridge)\b)"
)
_NOT_FOUND = (
    r"(?a:(?:\b(?:do|does|did|can|could|will|would|is|are|was|were)(?: not|n't)|\bcannot|\bnever|\bunable to"
    r"|\bfail(?:s|ed)? to)\b(?: \w+){0,3}"
    r" (?:find|found|discover(?:ed)?|detect(?:ed)?|show(?:s|n|ing)? up|appear(?:s|ing)?|visible)\b"
    r"|\bnot? (?:being )?(?:found|discovered|detected|discoverable|advertised)\b"
    r"|\bno (?:devices?|bridges?|servers?|accessor(?:y|ies)|speakers?|players?)\b(?: \w+){0,2}"
    r" (?:found|discovered|detected)\b|\bdiscovery (?:\w+ ){0,3}(?:fails?|does(?: not|n't)|is broken)\b)"
    r"|找不到|发现不了|发现不到|搜索不到|搜不到|見つから|検出され(?:ない|ま)|не (?:находит|видит|обнаруж)"
    r"|findet[^\n]{0,40} nicht\b|nicht gefunden|ne (?:trouve|voit|détecte)[^\n]{0,20} pas"
    r"|no (?:encuentra|detecta|aparece)|não (?:encontra|aparece|detecta)"
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
    rf"(?a:\bonly (?:by |from |on |at |in )?(?:the |my |this )?{_MACHINE}(?: itself)? (?:can |is able to )?"
    r"(?:opens?|reach(?:es)?|connects?|access(?:es)?|loads?|sees?|gets?|works?)\b"
    r"|\bonly (?:works?|opens?|loads?|reachable|accessible|available|answers?)(?: \w+)? (?:on|from|at|in)"
    rf" (?:the |my )?(?:{_MACHINE}|localhost|127\.0\.0\.1)\b"
    rf"|\b(?:works?|opens?|reachable|accessible|answers?)\b[^\n.]{{0,40}}\b(?:on|from|at) (?:the |my )?(?:{_MACHINE}"
    r"(?: itself)?|localhost)\b.{0,120}\b(?:not|n't|never|cannot)\b[^\n.]{0,40}\bother (?:machines|computers|devices"
    r"|pcs|hosts|clients)\b)|只有(?:本机|宿主机|主机)[^\n]{0,10}(?:能|可以)"
)
_WITH_FIREWALLD = words(
    r"(?a:\b(?:open ?suse|suse|sles|fedora|centos|rhel|red ?hat|rocky|alma(?:linux)?|oracle linux|firewalld)\b)"
)
_HOST_LEFT_OUT = (
    rf"(?a:\b{_MACHINE} (?:itself|alone)\b[^\n.]{{0,80}}{_NOT}"
    rf"|\bfrom (?:the |my )?{_MACHINE} itself\b[^\n.]{{0,80}}{_NOT}"
    rf"|{_NOT}[^\n.]{{0,60}}\b(?:from|on) (?:the |my )?{_MACHINE} itself\b"
    rf"|\bonly (?:from |on )?(?:the |my )?{_MACHINE}(?: itself)? (?:can(?:not|'t)|does(?: not|n't)|fails?)\b)"
    r"|(?:宿主机|主机|本机)(?:自己|本身)[^\n]{0,20}(?:不能|无法|不通|访问不了|ping不)"
)
_OTHERS_SERVED = (
    r"(?a:\b(?:network|lan|(?:all |every |any )?other (?:machines?|devices?|clients?|computers?|pcs?|hosts?)|clients"
    r"|everything else|everyone else|my (?:laptop|phone|pc|desktop))\b[^\n.]{0,60}"
    r"\b(?:uses?|using|works?|fine|well|reach(?:es)?|can|ok|resolves?)\b(?! not))"
    r"|(?:其他|别的|局域网)[^\n]{0,20}(?:正常|可以|能)"
)
_GATEWAY_SILENT = (
    r"(?a:\b(?:ping|reach|connect|contact|talk)\w*\b[^\n.,;]{0,60}\b(?:gateway|router)\b[^\n.,;]{0,40}"
    r"(?:\bnot\b|n't\b|\bfail|\bno (?:reply|answer|response)|unreachable|100%|\btim(?:e|ed|es) ?out)"
    rf"|{_NOT}[^\n.]{{0,30}}\b(?:ping|reach|connect|contact)\w*\b[^\n.]{{0,40}}\b(?:gateway|router)\b)"
    r"|(?:网关|路由器)[^\n]{0,12}(?:不通|ping不|无法)|(?:无法|不能|ping ?不通)[^\n]{0,20}(?:网关|路由器)"
)
_SERVES_TUNNELS = words(
    r"(?a:\b(?:wg-?easy|wireguard(?:-ui)?|wg\d?|openvpn|ipsec|l2tp|ikev2|pivpn|amnezia\w*|softether|ocserv"
    r"|vpn server)\b)"
)
_TUNNEL_IS_UP = words(
    r"(?a:\b(?:clients?|peers?|phones?|laptops?|devices?)\b[^\n.]{0,40}\bconnect(?:s|ed)?\b|\bhandshakes?\b"
    r"|\bconnect(?:s|ed)? (?:fine|successfully|to the (?:vpn|server))\b)|连上|连接成功|已连接|握手|подключ\w+"
)
_NO_INTERNET = words(
    rf"(?a:{_NOT}[^\n.]{{0,40}}\binternet\b|\binternet\b[^\n.]{{0,40}}{_NOT})"
    r"|(?:不能|无法|没有?|上不了|访问不了)[^\n]{0,8}(?:上网|外网|互联网)|нет (?:доступа (?:к|в) )?интернет"
)
_ASKS_A_TUNNEL = words(r"\bgluetun\b|\bvpn client\b|\banyconnect\b|openvpn-client|\b(?:two|2|both|several) networks\b")
_ENGINE = words(rf"{CONTAINERS}|\bdocker\b|\bpodman\b|\bcompose\b|容器|контейнер")
ROUTERS_SYSTEM = words(r"(?a:\b(?:openwrt|lede|istoreos|immortalwrt|luci\b|dockerman|gl\.?inet|fw[34]))")
"""Matches the name of a router's system, such as OpenWrt."""
BRIDGED_OUT = words(
    r"(?:bridge|docker0|桥接|网桥).{0,80}(?:internet|外网|上网|联网|\bwan\b|\bout(?:side|bound)?\b|download|\bpull\b)"
    r"|(?:internet|外网|上网|联网|\bwan\b|\bout(?:side|bound)?\b).{0,80}(?:bridge|docker0|桥接|网桥)"
    r"|(?:容器|containers?\b).{0,40}(?:外网|上网|联网|internet)"
)
"""Matches words that a container on a bridge does not get out."""

SIDES: tuple[Hint, ...] = (
    # --- discovery ---
    Hint(
        says=(words(_BY_MULTICAST), words(_NOT_FOUND)),
        unless=words(_ON_HOSTS_NETWORK),
        weight=26,
        command=_MULTICAST_AT,
        shows=_MULTICAST_SHOWS,
        means=_MULTICAST,
    ),
    Hint(
        says=(
            words(rf"{_DISCOVERING}[^\n.]{{0,60}}(?:{_NOT_FOUND})[^\n.]{{0,20}}\b(?:server|bridge|hub|devices?|it)\b"),
            _ENGINE,
        ),
        unless=words(_ON_HOSTS_NETWORK),
        weight=16,
        command=_MULTICAST_AT,
        shows=_MULTICAST_SHOWS,
        means=_MULTICAST,
    ),
    # --- the host alone, or all but the host ---
    Hint(
        says=(words(HOST_NETWORK), words(_HOST_ALONE), _WITH_FIREWALLD),
        unless=words(rf"{DESKTOP}|listen\w*[^\n]{{0,30}}127\.0\.0\.1"),
        cause="firewalld-zone-blocks-port",
        weight=25,
        means=ZONE,
    ),
    Hint(
        says=(words(HOST_NETWORK), words(_HOST_ALONE)),
        unless=words(rf"{DESKTOP}|listen\w*[^\n]{{0,30}}127\.0\.0\.1"),
        cause="input-drops-host-service",
        weight=24,
        means=INPUT,
    ),
    Hint(
        says=(words(_HOST_LEFT_OUT), words(_OTHERS_SERVED), _ENGINE),
        unless=words(
            r"\b(?:public|external|domain|duckdns|hairpin\w*|loopback)\b|port[ -]?forward|->\d+/(?:tcp|udp)"
            r"|-p \d+:\d+|\bports: ?$"
        ),
        cause="macvlan-host-cannot-reach",
        weight=22,
        means=message(
            "A macvlan and the link below it exchange no packets: the host and the container do not reach each other"
        ),
    ),
    Hint(
        says=(words(r"\bmacvlan\b"), words(_GATEWAY_SILENT)),
        cause="upstream-filters-container-addresses",
        weight=27,
        command="ip -d link; sudo tcpdump -eni any arp or icmp",
        shows=message(
            "promiscuity of the parent link is 0, or requests leave by it and no answer for the container's hardware "
            "address comes back"
        ),
        means=message(
            "The parent link, or what is behind it, takes no frames for the container's own hardware address: "
            "promiscuous mode is off, or a hypervisor, a Wi-Fi or a filter drops these frames"
        ),
    ),
    # --- tunnels ---
    Hint(
        says=(
            words(r"^\W{0,4}DNS ?= ?\[?(?:\d+\.|[0-9a-f]*:)"),
            words(r"(?a:\bcontainer(?:'s)?[ -]names?\b|\bnames? of (?:the |other )?(?:containers?|services?)\b"
                  r"|\bby (?:its |their |the )?(?:\w+ )?names?\b|no such host|bad address|could(?: not|n't) resolve"
                  r"|\bnot resolve)|容器名|服务名|имен\w* контейнер|по имени|имена"),
            _ENGINE,
        ),
        cause="resolv-conf-rewritten",
        weight=26,
        command="docker exec {container} cat /etc/resolv.conf",
        shows=message("nameserver is the address after `DNS =`, instead of the engine's name server"),
        means=message(
            "wg-quick writes the servers of its line `DNS =` into the container's resolv.conf, and the engine's name "
            "server, which knows the containers' names, is no longer asked"
        ),
    ),
    Hint(
        says=(_SERVES_TUNNELS, _TUNNEL_IS_UP, _NO_INTERNET, _ENGINE),
        unless=_ASKS_A_TUNNEL,
        cause="masquerade-missing",
        weight=25,
        command="docker exec {container} iptables -t nat -S; sudo iptables-save -t nat",
        shows=message("POSTROUTING has no MASQUERADE for the clients' range"),
        means=message(
            "The tunnel stands, and the clients' packets leave with an address of the tunnel, to which no answer finds "
            "back: the masquerading for the clients' range is missing"
        ),
    ),
    Hint(
        says=(_SERVES_TUNNELS, _TUNNEL_IS_UP, _NO_INTERNET, _ENGINE),
        unless=_ASKS_A_TUNNEL,
        cause="ip-forward-off",
        weight=24,
        means=message("The server does not forward the packets of its tunnel's clients"),
    ),
    # --- a router's firewall ---
    Hint(
        says=(ROUTERS_SYSTEM, BRIDGED_OUT),
        cause="third-party-forward-chain-drops",
        weight=26,
        command="sudo iptables-save; sudo nft list ruleset; uci show firewall",
        shows=message("no zone of the router's firewall has the bridge, and its FORWARD rejects other packets"),
        means=message(
            "The firewall of OpenWrt rejects forwarded packets unless a zone with the bridge may forward to the WAN"
        ),
    ),
    Hint(
        says=(ROUTERS_SYSTEM, BRIDGED_OUT),
        cause="forward-policy-drop",
        weight=24,
        means=FORWARD,
    ),
    # --- names that are answered with no address ---
    Hint(
        says=(
            words(
                r"\b(?:Get|Head|Post|Put) \"?https?://(?!localhost)(?=[^/\s]*[a-z])[\w-]+(?:\.[\w-]+)+[^\s\"]*\"?:"
                r" dial tcp (?:0\.0\.0\.0|\[::\]):\d+"
                r"|\bPING (?=[\w.-]*[a-z])[\w.-]+ ?\((?:0\.0\.0\.0|::)\)"
                r"|(?=[\w.-]*[a-z])[\w-]+(?:\.[\w-]+)+\)?\.{3} (?:0\.0\.0\.0|::)(?:,|\s|$)"
                r"|\bto (?=[\w.-]*[a-z])[\w-]+(?:\.[\w-]+)+ \((?:0\.0\.0\.0|::)\) port \d+"
                r"|\bIN\s+A\s+0\.0\.0\.0|\bhas address 0\.0\.0\.0|\bresolve[sd]? (?:as|to) 0\.0\.0\.0"
            ),
        ),
        weight=30,
        is_error=True,
        command="cat /etc/resolv.conf; getent ahosts NAME; dig NAME; dig NAME @1.1.1.1",
        shows=message("the host's resolver answers 0.0.0.0, and another resolver has a real address"),
        means=message(
            "The resolver (DNS) answers 0.0.0.0 for this name, because a filter such as Pi-hole or AdGuard blocks it: "
            "the client connects to its own machine"
        ),
    ),
    Hint(
        says=(words(r"\bTrying (?:0\.0\.0\.0|\[::\]):\d+"),),
        unless=words(r"(?:\w+://|\b(?:curl|wget)\b[^\n]* )(?:0\.0\.0\.0|\[::\])"),
        weight=30,
        command="cat /etc/resolv.conf; getent ahosts NAME; dig NAME; dig NAME @1.1.1.1",
        shows=message("the host's resolver answers 0.0.0.0, and another resolver has a real address"),
        means=message(
            "The resolver (DNS) answers 0.0.0.0 for this name, because a filter such as Pi-hole or AdGuard blocks it: "
            "the client connects to its own machine"
        ),
    ),
)  # fmt: skip
