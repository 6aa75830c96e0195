"""The words that point to a firewall or a switch of the host, to single rules, and to commands that somebody typed.

No reading shows whether a typed command had an effect: it may have failed, or may have been undone later.  So its
cause is only likely.
"""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, hint
from hairpin.suppose.hints.said.phrases import (
    BRIDGE_ZONE,
    CONTAINERS,
    DESKTOP,
    FLUSHED,
    FORWARD,
    FROM_OUTSIDE,
    HOST_NETWORK,
    INPUT,
    LOCALHOST,
    MACHINE,
    PROXIED,
    RULES,
    ZONE,
)

FIREWALLS: tuple[Hint, ...] = (
    hint("firewalld-bridge-in-wrong-zone", 20, r"\bfirewalld\b",
        r"host is unreachable|no route to host|\bprohibited\b|EHOSTUNREACH",
        "(?:network create|--net(?:work)?[= ]|two containers|(?:an)?other container|same network|bridge)",
        unless="firewalld (?:is )?(?:not (?:running|installed|active)|inactive|disabled|off)|no firewalld|published",
        means=BRIDGE_ZONE),
    hint("input-chain-drops-proxied-traffic", 20, r"\bfirewalld\b",
        r"host is unreachable|no route to host|\bprohibited\b|EHOSTUNREACH",
        r"\b(?:the|its|own) host'?s? (?:own )?(?:address|ip)|<[^>]*host[^>]*ip>|\bpublic (?:host )?ip\b", CONTAINERS,
        unless="firewalld (?:is )?(?:not (?:running|installed|active)|inactive|disabled|off)|no firewalld",
        means=PROXIED),
    hint("firewalld-zone-blocks-port", 22, r"\bfirewalld\b", rf"\brootless\b|without root|non-root|{HOST_NETWORK}",
        means=ZONE),
    hint("firewalld-zone-blocks-port", 10, r"\bfirewalld\b", FROM_OUTSIDE,
        unless="firewalld (?:is )?(?:not (?:running|installed|active)|inactive|disabled)|no firewalld", means=ZONE),
    hint("firewalld-restart-wipes-docker", 10, r"(?:restart|reload|stop|start)(?:s|ed|ing)? (?:of )?(?:the "
        r")?(?:firewalld|iptables)|systemctl (?:re)?(?:start|load) (?:firewalld|iptables)|firewall-cmd --reload"
        r"|iptables -F\b|iptables (?:were |was |are |is )?flush",
        means=message("A restart of the firewall deletes the engine's rules. Only a restart of the engine makes these "
            "rules again")),
    hint("input-drops-host-service", 10, HOST_NETWORK, r"publish\w*|\bports?\b", unless=rf"{DESKTOP}|{MACHINE}",
        means=message("A container on the host's network publishes no port: its packets pass INPUT, while packets to "
            "published ports do not")),
    hint("input-drops-host-service", 18, r"(?:with|when|if|after|once|disabl(?:ing|ed?)|without|turn(?:ing|ed)? "
        r"off).{0,20}\bufw\b.{0,90}\b(?:works?|worked|fine|ok|solve[sd]?|fix(?:es|ed)|connects?|answers?)|ufw "
        r"disable.{0,60}\bwork",
        unless=r"(?:even|still|also) (?:with|when|if|after) (?:\w+ )?ufw|ufw.{0,30}does(?: not|n't) help", means=INPUT),
    hint("input-chain-drops-proxied-traffic", 16, r"\bINPUT\b.{0,60}\b(?:DROP|REJECT)\b|\b(?:DROP"
        r"|REJECT)\b.{0,30}\bINPUT\b|-P INPUT DROP|\bdefault (?:policy (?:is|of) )?(?:DROP|deny)\b", LOCALHOST,
        means=PROXIED),
    hint("input-chain-drops-proxied-traffic", 18,
        r"\bpolicy\b.{0,40}\b(?:DROP|deny|REJECT)\b|-P INPUT DROP|\bINPUT\b.{0,60}\b(?:DROP|REJECT)\b",
        r"\b(?:from )?inside (?:of )?(?:that|the|this) same container|\bcontainer itself\b|\bits own published\b"
        r"|\bfrom (?:inside )?(?:the|a|that|another) container\b.{0,80}\b(?:published|host's address|docker ?host)\b",
        means=PROXIED),
    hint("forward-policy-drop", 18, r"\b(?:static )?routes? (?:to|for|on)\b|\bip route add\b|\brouted\b",
        r"\bcontainers?(?:'s|s')? (?:own )?(?:ips?|addresses|address|subnet|network)\b|\bdirectly\b",
        r"\b(?:another|other|second|client|remote|different) (?:machine|host|computer|server|vm|node)s?\b|\brouter\b"
        r"|\blan\b",
        means=message("FORWARD drops packets from outside for a container's own address and a port that is not "
            "published"), shows=message("FORWARD has the policy DROP, and no rule accepts packets for a container's "
            "own address")),
    hint("forward-policy-drop", 20, r"iptables -P FORWARD ACCEPT\b", means=FORWARD),
    hint("forward-policy-drop", 12, r"\biptables\b.{0,60}\b(?:default )?(?:DROP|deny)\b.{0,20}\bpolicy|\b(?:default "
        r")?policy\b.{0,30}\b(?:DROP|deny)\b",
        r"apt(?:-get)?|yum|could not resolve|internet|outbound|egress|download|pull|\bping\b", CONTAINERS,
        means=message("The policy DROP of FORWARD stops packets that containers send. Rules for the host's own packets "
            "do not apply to them")),
    hint("masquerade-missing", 12, r"iptables (?:-w )?-t nat -[AI] POSTROUTING[^\n]{0,80}MASQUERADE",
        means=message("No rule translates the containers' addresses, so no answer from outside finds its way back")),
    hint("published-bypasses-host-firewall", 12, r"\bufw\b|\bfirewalld\b|\biptables\b", r"\bstill (?:be )?(?:reach"
        r"|access|open|connect|visible)|\b(?:bypass|ignor)\w* (?:the |my )?(?:ufw|firewall|rules)|(?:no|without) "
        r"effect", is_error=True,
        means=message("Packets to a published port are accepted in FORWARD by Docker's own rules. These packets never "
            "pass INPUT, where the firewall's rules are")),
    hint("ban-list-hits-client-or-container", 8, r"\b(?:fail2ban|crowdsec|sshguard)\b",
        means=message("A ban list drops the client's packets")),
    hint("two-iptables-backends-in-use", 10,
        r"iptables-legacy\b|update-alternatives[^\n]{0,40}iptables|\bnf_tables\b[^\n]{0,60}\blegacy",
        means=message("Both back ends of iptables have rules, and a packet passes both")),
    hint("icc-off", 18, r"--icc(?:=| )false|[\"']icc[\"']: false|enable_icc[\"']?[:=] ?[\"']?false",
        means=message("Containers of this network do not reach each other")),
    hint("userland-proxy-off-no-route-localnet", 10, r"userland-proxy[\"']?(?:=|: ?| )false",
        means=message("Without docker-proxy, connections to localhost need route_localnet")),
    hint("isolation-drops-between-bridges", 10, r"\bdifferent (?:docker |bridge |compose )?networks?\b|(?:another|other"
        r"|different) (?:docker-)?compose (?:file|project|stack)|on (?:its|their) own (?:docker |bridge )?networks?\b",
        r"\bcontainers?\b.{0,200}\b(?:time|tim)\w* ?out|cannot (?:reach|ping|connect)|can't (?:reach|ping|connect)|no "
        r"route",
        means=message("The engine isolates its networks from each other: containers on two networks cannot reach each "
            "other's addresses")),
    hint("firewall-manager-flushed-rules", 12, r"\b(?:csf|lfd|shorewall|ferm|firehol|apf)\b(?! -)|(?:docker restart\b"
        r"|restart(?:ing|ed)? (?:the )?docker\b|systemctl restart docker).{0,60}\b(?:works?|worked|fix(?:es|ed)?|helps?"
        r"|helped|solve[sd]?)\b",
        unless="restart(?:ing|ed)? (?:the )?docker.{0,40}(?:no change|not help|n't help|didn't|did not|no effect)",
        means=FLUSHED),
    hint("ip-forward-off", 12,
        r"(?:service network restart|systemctl restart network(?:ing|manager)?\b|/etc/init.d/network restart)",
        means=message("A restart of the network's scripts loads sysctl.conf, and that file switches forwarding off")),
    hint("reject-rule-before-docker", 14, r"\biptables\.service\b[^\n]*\bfirewall|/etc/sysconfig/iptables\b"
        r"|\biptables-services\b|\bservice iptables (?:status|save|restart)",
        unless=r"iptables\.service[^\n]*(?:not-found|masked)|Active: inactive[^\n]*\s*$(?!.*Active: active)",
        means=message("The saved rules of the iptables service end FORWARD with a REJECT, and the engine's rules come "
            "after it")),
)  # fmt: skip

SINGLE_RULES: tuple[Hint, ...] = (
    hint("", 24,
        r"\bport \d+ is redirect\w*|\bredirect\w* (?:port \d+ )?to (?:port )?\d+\b|--to-ports? \d+|-j REDIRECT",
        r"\bstop(?:ped)?\b|\bdisabled?\b|\bremoved?\b|\brefused\b",
        means=message("A rule in nat PREROUTING redirects the port to another port, on which nobody listens now"),
        command=f"{RULES} -t nat; sudo ss -lntup", shows=message("PREROUTING has a REDIRECT of the port, and nobody "
            "listens on the other port")),
    hint("ban-misses-published-port", 26, r"\b(?:fail2ban|crowdsec|bann?(?:ed|s)?|bouncer|blocklist)\b",
        r"\balready banned\b|\bstill (?:be )?(?:log|connect|open|reach|access|attack|request|visible|get)\w*|\b(?:does"
        r"|do|is|are) not (?:work|block|blocked|ban|banned)\b|\b(?:no|without) effect\b|\bnot blocked\b",
        means=message("The ban stands in a chain that the packets do not pass: packets to a published port pass "
            "FORWARD and DOCKER-USER, packets to the host itself pass INPUT")),
    hint("podman-rules-missing", 30, r"\bpodman\b|\bnetavark\b|\b10\.8[89]\.\d+\.\d+",
        r"\bfirewall-cmd --(?:complete-)?reload|\b(?:restart|reload)\w* (?:of )?firewalld",
        means=message("A reload of firewalld deletes the rules that Podman made for its containers")),
    hint("", 20,
        r"透明代理|\bfake-?ip\b|\bredir(?:-host)?\b|\bTPROXY\b|\bclash\b|\bmihomo\b|\bsing-?box\b|\bshadowsocks\b",
        rf"{CONTAINERS}|容器",
        means=message("A transparent proxy on the host takes the packets of containers in another way than the host's "
            "own packets"),
        command=f"{RULES}; sudo nft list ruleset; ip rule", shows=message("rules lead only the host's own packets, or "
            "only some ports, to the proxy")),
    hint("masquerade-missing", 22, r"\bmasquerad\w+\b[^\n]{0,80}\b(?:repairs?|fix(?:es|ed)?|helps?|helped|solve[sd]?"
        r"|works|restores?)\b|\b(?:fixed|solved|helped|works) [^.\n]{0,40}\bmasquerad\w+",
        means=message("The text says that a rule with MASQUERADE helps")),
)  # fmt: skip

_IPTABLES = r"(?:\biptables|\$\{?(?:IPT|IPTABLES|ipt)\}?)"
"""Matches the program's name, or a variable in which scripts keep this name."""
_BRIDGE = r"(?!eth|en[ops]|wl|lo\b|tun|wg|ppp)[\w.-]+"

TYPED: tuple[Hint, ...] = (
    hint("output-policy-drop", 20, rf"{_IPTABLES}[^\n]* -P OUTPUT (?:DROP|REJECT)|:OUTPUT DROP",
        means=message("The policy DROP of OUTPUT stops packets that the host itself sends, even to its own "
            "containers")),
    hint("forward-policy-drop", 16, rf"{_IPTABLES}[^\n]* -P FORWARD (?:DROP|REJECT)|:FORWARD DROP", means=FORWARD),
    hint("input-drops-host-service", 10, rf"{_IPTABLES}[^\n]* -P INPUT (?:DROP|REJECT)", means=INPUT),
    hint("firewall-manager-flushed-rules", 14, rf"{_IPTABLES}(?:-legacy|-nft)?(?: -t (?:nat|filter))?(?: -w)? (?:-F"
        rf"|--flush|-X)(?:\s|$)|\bnft flush ruleset|\biptables-restore\b(?! -n)(?! --noflush)[^\n]*<", means=FLUSHED),
    hint("bridge-down", 18, rf"\bifconfig {_BRIDGE} (?:0(?:\.0\.0\.0)?(?:/0)?|down)\b|\bip link set (?:dev )?{_BRIDGE} "
        rf"down\b|\bip addr(?:ess)? (?:flush|del)[^\n]* (?:dev )?{_BRIDGE}",
        means=message("The command removes the bridge's address or sets the bridge down. The ports of the bridge then "
            "pass nothing")),
    hint("interface-forwarding-off", 16,
        r"\bip_forward\b.{0,60}(?:\b(?:is|shows?|says|prints|returns|reads|was)\b|[=:]) ?.?1\b",
        r"\b(?:networkd|nspawn|echo \"?0\"? ?>[^\n]*ip_forward|forwarding)\b",
        means=message("ip_forward is 1, but a network manager has switched forwarding off for a single link")),
    hint("port-not-published", 24,
        r"\bcompose(?: -\S+(?: [\w./-]+)?)* run\b(?![^\n]*(?:--service-ports|--publish|\s-p\b|\s-\w*P))",
        r"\bbrowsers?\b|\blocalhost\b|\b127\.0\.0\.1\b|\brefused\b|\bweb ?(?:page|ui|site|interface)s?\b|\bport "
        r"\d{2,5}\b|浏览器|端口", r"\bports? ?:|\bport\b|:\d{2,5}\b|端口",
        unless=r"--service-ports|\bcompose(?: -\S+(?: [\w./-]+)?)* (?:up|start)\b",
        means=message("`docker compose run` publishes no port of the service, unless it has the option --service-ports "
            "or -p")),
)  # fmt: skip
