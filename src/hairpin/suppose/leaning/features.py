"""The features of a text: which failure a client saw, where it fails and works, which programs and things the text
names.  Each feature is a word of the tables."""

from hairpin.evidence.told import Outcome, ToldParts
from hairpin.host.docker import STACKED
from hairpin.host.host import Host
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Prose
from hairpin.suppose.hints.said.of_clients import GATEWAY_FAILS, LOOPBACK_MAPPING
from hairpin.suppose.places import SENTENCE_END, places_in
from hairpin.words.pattern import sought

_MOST_CHARACTERS = 20_000
"""Words are searched only in this number of characters of a text, because the question is at its beginning."""
_RESULTS: dict[str, str] = {
    "refused": "refused", "reset": "reset", "empty": "reset", "timeout": "timeout", "unreachable": "unreachable",
    "prohibited": "prohibited", "no-name": "no name",
}  # fmt: skip
_POOL = Sought(r"172\.(?:1[6-9]|2\d|3[01])\.|10\.88\.|10\.89\.")
_CLIENT_INSIDE = (
    r"\b(?:from|in|inside|within)(?: of)? (?:the |a |an |any |its |my |this |that |each |every |other |another |same "
    r"|docker )*(?:\w+ )?containers?\b|\bcontainers? (?:\w+ ){0,4}(?:can(?:no|')?t|could(?: not|n't)|shall|has to|have "
    r"to|needs? to|tries|wants?|asks?|connects?|has no|have no|loses?|gets? no|cannot)|容器(?:内|里|中)?(?:无法|不能"
    r"|访问|ping|连)"
)
_WORDS: dict[str, Sought] = {
    name: sought(pattern)
    for name, pattern in {
        # --- what a client saw ---
        "refused": r"connection refused|\brefused\b|ECONNREFUSED|拒绝连接",
        "reset": r"reset by peer|connection (?:was )?reset|ECONNRESET|empty reply|ERR_EMPTY_RESPONSE|socket hang up"
        r"|ERR_CONNECTION_RESET|unexpectedly closed",
        "timeout": r"\btim(?:e|es|ed|ing)[ -]?outs?\b|ETIMEDOUT|超时|\bhangs?\b|\bhung\b|stealth|\bfiltered\b"
        r"|100% packet loss|no (?:answer|response|reply)\b|timeout was reached",
        "unreachable": r"no route to host|EHOSTUNREACH|host (?:is )?unreachable|destination host unreachable",
        "net unreachable": r"network (?:is )?unreachable|ENETUNREACH",
        "prohibited": r"prohibited|packet filtered|port unreachable",
        "not permitted": r"operation not permitted|\bEPERM\b|sendmsg: permission",
        "no name": r"could(?: not|n't) resolve|name or service not known|name resolution|no such host|unknown host"
        r"|EAI_AGAIN|ENOTFOUND|NXDOMAIN|SERVFAIL|bad address|not resolve|not known|host not found",
        "gateway error": r"\b50[234]\b.{0,20}(?:gateway|unavailable|time)|bad gateway"
        r"|\bgives? (?:only )?50[24]\b|\" 50[24] ",
        "application": r"access denied for user|authentication fail|password authentication|unauthorized|no pg_hba"
        r"|invalid (?:credentials|password|host header)|not allowed to connect|DisallowedHost|CORS\b|certificate"
        r"|(?<!permission[ ])\bDENIED\b|protected mode|\bHTTP/[\d.]+\" ?40[0-9]|\b40[134]\b (?:not found|forbidden"
        r"|unauthorized)|login incorrect",
        "hangs": r"\bhang(?:s|ing)?\b|\bhung\b|stall|stuck|freez|never (?:finish|complet|end|return)|very slow|卡住",
        "tls": r"\btls\b|\bssl\b|\bhttps\b|client hello|handshake",
        "large": r"\b(?:large|big|bigger) (?:packets?|files?|requests?|responses?|downloads?|pages)|\bmtu\b|大",
        "sometimes": r"\b(?:intermittent\w*|sporadic\w*|sometimes|occasional\w*|now and then|random(?:ly)?|every (?:few"
        r"|\d+)|after (?:a while|some time|\w+ (?:minutes|hours|seconds))|flaky|half of the|every (?:second|other))\b"
        r"|偶尔|间歇",
        "ping works": r"\bping(?:s|ing)?\b(?: \w+){0,4} (?:works?|succeeds?|is (?:fine|ok|answered)|passes|gets through"
        r"|goes)|\bcan ping\b|ping通|able to ping|\bping in a terminal is answered|\b0% packet loss",
        "exited": r"\bExited \(|docker ps` ?(?:shows|prints|lists) (?:nothing|no)|\bRestarting \(|exits? (?:immediately"
        r"|at once|with)|\bexited with code|has exited|keeps restarting|容器.{0,6}退出|OOMKilled",
        "selinux": r"13: permission denied|\bselinux\b|avc: |\bsetsebool\b",
        # --- programs and things ---
        "published on loopback": rf"{LOOPBACK_MAPPING}|127\.0\.0\.1:\d+->",
        "gateway fails": GATEWAY_FAILS,
        "docker-user": r"DOCKER-USER",
        "userland-proxy": r"userland-proxy",
        "same mac": r"\bsame (?:mac|hardware|hwaddr)|\bcloned?\b|\bboth have (?:the )?(?:mac|hwaddr)"
        r"|duplicate mac|mac.{0,10}(?:相同|冲突)",
        "manager and veth": r"\b(?:connmand?|networkd|NetworkManager|dhcpcd|nmcli)\b[^\n]{0,80}\bveth"
        r"|\bveth\w*[^\n]{0,80}\b(?:connmand?|networkd|NetworkManager|dhcpcd)\b",
        "default route": r"default (?:route|gateway)|默认路由",
        "direct": r"\bdirectly\b|container'?s?'? (?:own )?(?:ips?|address(?:es)?)\b|static route|ip route add|subnet "
        r"router|route to 172\.|container network",
        "new docker": r"\bdocker\b[^\n]{0,30}\b(?:2[89]|3\d)\.\d",
        "http proxy": r"https?_proxy|corporate proxy|\bproxyconnect\b|behind (?:a|the|our|my) (?:\w+ )?proxy|代理",
        "ipv6 loopback": r"\[?::1\]?[:\s]|\bIPv6\b",
        "aardvark": r"aardvark|dnsname",
        "bridge is down": r"\b(?:docker0|br-\w+|virbr\d|cni\d|lxdbr\d)\b[^\n]{0,60}\b(?:DOWN|NO-CARRIER)\b",
        "ufw": r"\bufw\b",
        "firewalld": r"\bfirewalld?\b(?! rules?)|firewall-cmd",
        "iptables": r"\biptables\b|ip6tables",
        "nftables": r"\bnft\b|nftables",
        "firewall off helps": r"(?:disabl|stop|flush|turn\w* off|without|ufw disable|reset).{0,40}(?:firewall|ufw"
        r"|iptables|nft|selinux).{0,60}(?:works?|worked|helps?|fine|solve|fix)|关闭防火墙.{0,20}(?:正常|可以)",
        "drop": r"\bDROP\b|\bREJECT\b|\bdeny\b|policy drop|\bblock(?:s|ed)?\b",
        "forward chain": r"\bFORWARD\b|hook forward|chain forward",
        "input chain": r"\bINPUT\b|hook input|chain input",
        "restart helps": r"(?:restart\w*|reboot\w*) (?:of )?(?:the |my )?(?:docker|daemon|service|engine|host|container"
        r"|podman)\w*.{0,60}(?:works?|worked|helps?|fix|solve|come back|again|fine|get out)|重启\s*(?:docker|容器"
        r"|服务).{0,12}(?:正常|恢复|好了|可以)",
        "after reload": r"(?:reload|restart|flush|service iptables|netfilter-persistent|iptables-restore|firewall-cmd "
        r"--reload|systemctl restart (?:iptables|nftables|firewalld|network\w*))|重启.{0,8}(?:firewalld|防火墙|iptables"
        r"|网络)",
        "container restarted": r"(?:container|service|stack|compose|pod)\w*.{0,30}(?:is |was |are )?(?:restart|recreat"
        r"|re-?deploy|replac|rebuil|updat)\w*|(?:restart|recreat|re-?deploy|rebuil)\w*.{0,30}containers?|stop(?:/| and "
        r"(?:then )?)(?:re)?start\w* (?:\w+ )?(?:container|service|stack|pod)|docker-compose up -d.{0,20}again",
        "after upgrade": r"(?:after|since) (?:the |an |a |my )?(?:\w+ ){0,3}(?:upgrad\w*|updat\w*|reboot\w*|migrat\w*"
        r"|switch\w*)|upgraded? (?:to|from)|升级",
        "vpn": r"\bvpn\b|wireguard|openvpn|\bwg\d?\b|\btun\d\b|gluetun|tailscale|zerotier|anyconnect|ipsec",
        "vpn container": "(?:gluetun|openvpn-client|wg-?easy|linuxserver/wireguard|transmission-openvpn|vpn container"
        "|dperson|network_mode: .?(?:service|container):(?:vpn|gluetun|wireguard))",
        "lan client": r"\blan\b|local network|same network|局域网|home network|\bsubnet\b|192\.168\.",
        "overlay": r"\bvxlan\b|overlay|flannel|calico|weave|geneve|cilium|\bswarm\b",
        "swarm": r"\bswarm\b|docker service|docker stack",
        "nodes": r"\b(?:other|another|different|between|across|two|all|some|both|worker) (?:\w+ )?nodes?\b"
        r"|cross-?(?:node|host)",
        "kubernetes": r"\b(?:kubernetes|k8s|k3s|kubectl|pods?|minikube|kube\w+)\b",
        "macvlan": r"\bmacvlan\b",
        "ipvlan": r"\bipvlan\b",
        "own lan address": r"\bmac_address:|\bipv4_address: ?['\"]?(?:192\.168|10)\.|\bServerIP: ?['\"]?192\.168\."
        r"|\bunraid\b",
        "ipv6": r"\bipv6\b|\bip6\w*|\bndp\b|[0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f:]*:[0-9a-f]*",
        "udp": r"\budp\b|\bdns\b|/udp|\bsip\b|\bdhcp\b",
        "internal": r"--internal\b|internal: true|\"Internal\": true",
        "host network": r"--net(?:work)?[= ]host|network_mode: ?.?host|\bhost (?:network(?:ing)?|mode)\b"
        r"|\bnetwork(?:ing|[ _-]mode| type)?[\"']? ?[:=] ?[\"']?host\b",
        "host network helps": r"with (?:--net(?:work)?[= ]host|host network\w*|network_mode).{0,60}(?:works?|has"
        r"|fine|ok|does)",
        "rootless": r"\brootless\b|slirp4netns|\bpasta\b|rootlesskit",
        "podman": r"\bpodman\b|netavark|aardvark",
        "lxc": r"\blx[cd]\b|\bincus\b|lxdbr0|lxcbr0|proxmox",
        "libvirt": r"\blibvirt\b|virbr\d|\bqemu\b|\bkvm\b|virsh",
        "hypervisor": r"\bvmware\b|\besxi?\b|virtualbox|hyper-v|vsphere|\bguest (?:in|of|on)\b|parallels",
        "bridge-nf": r"bridge-nf-call|br_netfilter",
        "bridged": r"\bbr\d\b|ethernet bridge|bridge_ports|\bbridged\b|brctl|\btap\d?\b|bridged networking",
        "cloud": r"\b(?:ec2|aws|azure|gcp|google cloud|oracle cloud|digital ?ocean|hetzner|lightsail|linode|vultr|ovh"
        r"|aliyun|security groups?)\b|\bvps\b|安全组|阿里云|腾讯云|云服务器",
        "home": r"\bisp\b|\bprovider\b|port[ -]forward|\bdsl\b|cable modem|home (?:server|network)|\bfritz\w*"
        r"|\brouter\b",
        "desktop": r"docker[ -]desktop|docker for (?:mac|windows)|\bwsl ?2?\b|mac ?os|\bos ?x\b|macintosh|orbstack"
        r"|colima|boot2docker|docker-machine|docker toolbox",
        "reverse proxy": r"\b(?:traefik|nginx-proxy|reverse[ -]proxy|caddy|haproxy|proxy_pass|upstream|swag"
        r"|npm proxy|apisix)\b",
        "different networks": r"(?:different|another|other|two|separate|own) (?:docker |compose )?networks?\b|not on "
        r"the same network|external: true|another compose|other compose",
        "localhost": r"\blocalhost\b|127\.0\.0\.1|\[::1\]",
        "gateway name": r"host\.(?:docker|containers)\.internal|host-gateway|\b172\.17\.0\.1\b|docker0 (?:ip|address)",
        "own host": r"\b(?:its|the|own|same|docker)(?: own)? ?host(?:'s)?(?: (?:machine|itself|service|address|ip"
        r"|port))\b|service (?:on|of) (?:the|its|my) host|on the host machine|host machine|on (?:its|the) host\b"
        r"|published on the host",
        "client inside": _CLIENT_INSIDE,
        "to the internet": r"\binternet\b|\b8\.8\.8\.8|1\.1\.1\.1|google\.com|\bapt(?:-get)?\b|\bapk\b|\bpip\b|npm "
        r"install|\byum\b|\boutside world\b|\bway out\b|\bto the outside\b|download|archive\.ubuntu|deb\.debian|外网"
        r"|baidu|\bwan\b|\bgets? out\b|external (?:network|hosts?|sites?)|outbound|egress",
        "two containers": r"\bother container|another container|between (?:the )?(?:two |both )?containers|container "
        r"to container|two containers|both containers|depends_on|container.{0,40}\b(?:reach|access|connect "
        r"to)\b.{0,30}container|containers? .{0,30}each other|\bfrom (?:the )?\w+ container to (?:the )?\w+ container",
        "published on": r"\bpublish\w*|-p \d+:\d+|\bports?:|->\d+/tcp|port mapping|EXPOSE|端口映射",
        "other port works": r"(?:with |on |use |by )?(?:another|other|different) ports?\b.{0,40}(?:works?|fine"
        r"|ok)|换(?:个)?端口.{0,10}(?:可以|正常)",
        "listens on loopback": r"\b(?:listen|running|bind|bound|serving)\w*[^\n]{0,40}(?:127\.0\.0\.1"
        r"|localhost)(?::\d+)?|(?:--?(?:host|bind|b|address)[= ]|HOST=|listen_addresses ?= ?.?"
        r"|bind-address\s*=\s*)['\"]?(?:127\.0\.0\.1|localhost)",
        "listens everywhere": r"\b(?:listen|running|bind|bound|serv|started)\w*[^\n]{0,60}(?:0\.0\.0\.0|\*:"
        r"|\[?::\]?:)\d*",
        "asks itself": r"(?<![a-z])(?:HOST|host|url|URL|server|addr\w*|dial tcp|connect ECONNREFUSED"
        r"|upstream:?)[\"']?\s*[:= ]\s*[\"']?(?:\w+://)?(?:[^\s@\"']*@)?(?:localhost|127\.0\.0\.1|\[?::1\]?)[:/\"'\s]",
        "two uplinks": r"\b(?:two|2|multiple|several|second|both) (?:network )?(?:interfaces|nics|network cards|uplinks"
        r"|isps?|gateways|default (?:gw|gateway|route)s?)\b|\bip rule\b|fwmark|policy routing|\brp_filter\b|martian"
        r"|\busb0\b|\bppp\d|multi-?homed",
        "marks": r"fwmark|--set-x?mark|MARK set|CONNMARK|connmark",
        "some clients": r"\b(?:from|in|on) (?:the )?(?:same|own|local|office|campus|home) (?:subnet|network|lan"
        r"|vlan).{0,80}(?:works?|fine|ok|can|reach)|\b(?:other|another|different|some|certain|remote) (?:subnets?"
        r"|vlans?|networks?|offices?|sites?|ranges?|users|clients|people|hosts|senders|src|sources)\b.{0,60}(?:can(?:no"
        r"|')t|not|fail|time)|校外|校内|跨网段|其他网段|另一个网段|off[- ]campus|only (?:from|for) (?:some|one)",
        "same range": r"\bsame (?:\w+ )?(?:subnet|range|network|addresses|net)\b|overlap\w*|conflict\w* (?:with "
        r")?(?:subnet|route|range|network)|网段冲突|同一?网段|same as (?:that|the)|\bcollid\w+",
        "new network": "network create|created? (?:a |another )?(?:new )?(?:docker )?networks?|docker-compose up"
        "|installing docker|installed docker|since docker|network was added",
        "itself": r"(?:reach|access|connect to|call|curl|ping)\w* itself\b|\bits own (?:service|cluster"
        r"|published|public)|自己访问自己",
        "translated": r"\bDNAT\b|\bport[ -]?forward",
        "hairpin": r"my\.public|from inside (?:of )?(?:the |my |our )?(?:lan|network|office)|\bhairpin\w*|nat "
        r"(?:loopback|reflection)|own (?:public|external|published)|external-ip|public address",
        "arp": r"\barp\b|arping|who-has|neighbou?r (?:solicitation|advertisement|entry|table)|\bincomplete\b"
        r"|proxy_ndp|proxy_arp",
        "conntrack": r"conntrack|table full",
        "port in use": r"(?<!networking:[ ])address already in use|already allocated|bind: |port is already"
        r"|EADDRINUSE|failed to bind",
        "module": r"modprobe|insmod|module \S+ not found|table does not exist|/lib/modules|kernel module"
        r"|unknown symbol",
        "fresh rules": r"iptables does not apply|no (?:docker )?(?:rules|chains?)\b|chains? (?:are "
        r"|is )?(?:missing|gone)|0 references",
        "legacy": r"iptables-legacy|iptables-nft|update-alternatives.{0,40}iptables|nf_tables\)|\(legacy\)",
        "iptables false": r"iptables[\"']?\s*[:=]\s*false",
        "forwarding off": r"forwarding is disabled|ip_forward\s*=\s*0|IPv4 forwarding is disabled"
        r"|ip_forward.{0,30}\b0\b|Networking will not work|sysctl: .{0,60}ip_forward",
        "interface named": r"(?:-[io] |in |out |iif(?:name)? |oif(?:name)? )\"?eth\d\b",
        "other interface": r"\b(?:en[opsx]\w*\d\w*|ens\d+\w*|wlp\w+|wlan\d|usb\d|bond\d|eno\d)\b",
        "wrong source": r"(?:response|reply|answer) from .{0,40}(?:instead of|unexpected|expected)|unexpected source"
        r"|reply from unexpected",
        "client address lost": r"(?:instead of|not) the (?:real|original|actual|true)(?: client'?s?)?(?: (?:ip|address"
        r"|source|client))|(?:every|all) (?:clients?|requests?|visitors?|connections?) (?:\w+ ){0,3}(?:from|have|has|as"
        r"|with) (?:the )?(?:same|172\.|10\.)|(?:real|original|client'?s?|source) ip.{0,60}(?:172\.|gateway|bridge"
        r"|docker|lost|wrong)|X-Forwarded-For",
    }.items()
}


_FIREWALL_OFF = sought(
    r"\bfirewalls?d? (?:is |are |was |has been )?(?:already )?(?:disabled|off|inactive|stopped|turned off|switched "
    r"off)\b|\bfirewalld? (?:is )?not (?:running|active|enabled|installed)\b|\b(?:no|without (?:a|any)) firewalls?\b"
    r"|\b(?:disabled|stopped|turned off) (?:the |my |any |all )?firewalld?\b|\bufw (?:is )?(?:inactive|disabled|not "
    r"active)\b|防火墙(?:已经?|都)?(?:关闭|关了|关掉|没开|未开)|关闭了?防火墙"
)
_OF_FIREWALLS = frozenset(("ufw", "firewalld"))


def features_of(prose: Prose, host: Host, told: ToldParts) -> frozenset[str]:
    """Return the features of a text about the host."""
    text = prose.text[:_MOST_CHARACTERS]
    found = {name for name, pattern in _WORDS.items() if pattern.search(text) is not None}
    if _FIREWALL_OFF.search(text) is not None and "firewall off helps" not in found:
        found -= _OF_FIREWALLS
    sentences = (each for line in text.splitlines() for each in SENTENCE_END.split(line))
    found |= {f"{place} {'fails' if fails else 'works'}" for each in sentences for place, fails in places_in(each)}
    for each in told.outcomes:
        found |= set(_of_outcome(each, host))
    return frozenset(found | set(_of_host(host, told)))


def _of_outcome(outcome: Outcome, host: Host) -> list[str]:
    """Return the client's outcome and place as features."""
    inside = outcome.origin.startswith("container:")
    if not outcome.failed:
        return ["inside works"] if inside else ["host works"] if outcome.origin == "host" else []
    found = [_RESULTS[outcome.result]] if outcome.result in _RESULTS else []
    if outcome.result == "unreachable" and outcome.by:
        found.append("arp")
    if inside:
        found.append("client inside")
    elif outcome.origin == "host":
        found.append("host fails")
    if _POOL.match(outcome.host):
        found.append("own address")
    names = {name for container in host.containers() for name in (container.name, container.service)} - {""}
    if outcome.host in names:
        found.append("two containers")
    outer = {
        each.host_port for one in host.containers() for each in one.bindings if each.host_port != each.container_port
    }
    if outcome.port in outer and (_POOL.match(outcome.host) or outcome.host in names):
        found.append("asks the outer port inside")
    return found


def _of_host(host: Host, told: ToldParts) -> list[str]:
    """Return the kinds of told containers and programs as features."""
    every = tuple(host.containers())
    listening = {each.port for each in told.listeners}
    inner = {each.container_port for one in every for each in one.bindings}
    found = ["published on"] if inner else []
    if listening and inner and not listening & inner:
        found.append("listens elsewhere")
    if any(each.address for each in told.listeners):
        found.append("listens on loopback")
    if any(each.network_mode == "host" for each in every):
        found.append("host network")
    if any(each.joined for each in every):
        found.append("shared namespace")
    networks = [each for engine in host.engines for each in engine.networks]
    found += [each.driver for each in networks if each.driver in STACKED]
    if any(engine.kind == "podman" for engine in host.engines):
        found.append("podman")
    return found
