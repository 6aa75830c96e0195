"""The words that point to a firewall or to a switch of the host."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
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
    ZONE,
)

FIREWALLS: tuple[Hint, ...] = (
    Hint(
        says=(
            words(r"\bfirewalld\b"),
            words(r"host is unreachable|no route to host|\bprohibited\b|EHOSTUNREACH"),
            words(r"(?:network create|--net(?:work)?[= ]|two containers|(?:an)?other container|same network|bridge)"),
        ),
        unless=words(
            r"firewalld (?:is )?(?:not (?:running|installed|active)|inactive|disabled|off)|no firewalld|published"
        ),
        cause="firewalld-bridge-in-wrong-zone",
        weight=20,
        means=BRIDGE_ZONE,
    ),
    Hint(
        says=(
            words(r"\bfirewalld\b"),
            words(r"host is unreachable|no route to host|\bprohibited\b|EHOSTUNREACH"),
            words(r"\b(?:the|its|own) host'?s? (?:own )?(?:address|ip)|<[^>]*host[^>]*ip>|\bpublic (?:host )?ip\b"),
            words(CONTAINERS),
        ),
        unless=words(r"firewalld (?:is )?(?:not (?:running|installed|active)|inactive|disabled|off)|no firewalld"),
        cause="input-chain-drops-proxied-traffic",
        weight=20,
        means=PROXIED,
    ),
    Hint(
        says=(words(r"\bfirewalld\b"), words(rf"\brootless\b|without root|non-root|{HOST_NETWORK}")),
        cause="firewalld-zone-blocks-port",
        weight=22,
        means=ZONE,
    ),
    Hint(
        says=(words(r"\bfirewalld\b"), words(FROM_OUTSIDE)),
        unless=words(r"firewalld (?:is )?(?:not (?:running|installed|active)|inactive|disabled)|no firewalld"),
        cause="firewalld-zone-blocks-port",
        weight=10,
        means=ZONE,
    ),
    Hint(
        says=(
            words(
                r"(?:with|when|if|after|once|stop(?:ping|ped)?|disabl(?:ing|ed)|without|turn(?:ing|ed)? off)"
                r".{0,20}\bfirewalld\b.{0,60}\b(?:works?|worked|fine|ok|solve[sd]?|fix(?:es|ed)|connect)"
            ),
        ),
        unless=words(
            r"(?:even|still|also) (?:with|when|if|after) (?:\w+ )?firewalld|firewalld.{0,30}does(?: not|n't) help"
        ),
        cause="firewalld-bridge-in-wrong-zone",
        weight=18,
        means=BRIDGE_ZONE,
    ),
    Hint(
        says=(
            words(
                r"(?:restart|reload|stop|start)(?:s|ed|ing)? (?:of )?(?:the )?(?:firewalld|iptables)"
                r"|systemctl (?:re)?(?:start|load) (?:firewalld|iptables)|firewall-cmd --reload|iptables -F\b"
                r"|iptables (?:were |was |are |is )?flush"
            ),
        ),
        cause="firewalld-restart-wipes-docker",
        weight=10,
        means=message(
            "A restart of the firewall deletes the engine's rules. Only a restart of the engine makes these rules again"
        ),
    ),
    Hint(
        says=(words(rf"{HOST_NETWORK}"), words(r"publish\w*|\bports?\b")),
        unless=words(rf"{DESKTOP}|{MACHINE}"),
        cause="input-drops-host-service",
        weight=10,
        means=message(
            "A container on the host's network publishes no port: its packets pass INPUT, while packets to published "
            "ports do not"
        ),
    ),
    Hint(
        says=(
            words(
                r"\bufw\b|\b(?:oracle|OCI)\b.{0,20}\b(?:cloud|vm|instance|vps|image)\b"
                r"|\bINPUT\b.{0,80}\b(?:REJECT|DROP)\b"
            ),
            words(CONTAINERS),
            words(
                rf"{HOST_NETWORK}|host\.(?:docker|containers)\.internal|\b172\.1[7-9]\.0\.1\b|\b(?:the|its|my"
                rf"|own|this|same)"
                r" (?:own )?(?:docker )?host\b|\bpublic address\b|own address"
            ),
        ),
        unless=words(r"ufw (?:is )?(?:not (?:running|installed|active|enabled)|inactive|disabled)\b|Status: inactive"),
        cause="input-drops-host-service",
        weight=12,
        means=INPUT,
    ),
    Hint(
        says=(
            words(
                r"(?:with|when|if|after|once|disabl(?:ing|ed?)|without|turn(?:ing|ed)? off).{0,20}\bufw\b.{0,90}"
                r"\b(?:works?|worked|fine|ok|solve[sd]?|fix(?:es|ed)|connects?|answers?)|ufw disable.{0,60}\bwork"
            ),
        ),
        unless=words(r"(?:even|still|also) (?:with|when|if|after) (?:\w+ )?ufw|ufw.{0,30}does(?: not|n't) help"),
        cause="input-drops-host-service",
        weight=18,
        means=INPUT,
    ),
    Hint(
        says=(
            words(
                r"\bINPUT\b.{0,60}\b(?:DROP|REJECT)\b|\b(?:DROP|REJECT)\b.{0,30}\bINPUT\b|-P INPUT DROP"
                r"|\bdefault (?:policy (?:is|of) )?(?:DROP|deny)\b"
            ),
            words(LOCALHOST),
        ),
        cause="input-chain-drops-proxied-traffic",
        weight=16,
        means=PROXIED,
    ),
    Hint(
        says=(
            words(r"\bpolicy\b.{0,40}\b(?:DROP|deny|REJECT)\b|-P INPUT DROP|\bINPUT\b.{0,60}\b(?:DROP|REJECT)\b"),
            words(
                r"\b(?:from )?inside (?:of )?(?:that|the|this) same container|\bcontainer itself\b"
                r"|\bits own published\b"
                r"|\bfrom (?:inside )?(?:the|a|that|another) container\b.{0,80}"
                r"\b(?:published|host's address|docker ?host)\b"
            ),
        ),
        cause="input-chain-drops-proxied-traffic",
        weight=18,
        means=PROXIED,
    ),
    Hint(
        says=(
            words(r"\b(?:static )?routes? (?:to|for|on)\b|\bip route add\b|\brouted\b"),
            words(r"\bcontainers?(?:'s|s')? (?:own )?(?:ips?|addresses|address|subnet|network)\b|\bdirectly\b"),
            words(
                r"\b(?:another|other|second|client|remote|different) (?:machine|host|computer|server|vm"
                r"|node)s?\b|\brouter\b|\blan\b"
            ),
        ),
        cause="forward-policy-drop",
        weight=18,
        shows=message("FORWARD has the policy DROP, and no rule accepts packets for a container's own address"),
        means=message(
            "FORWARD drops packets from outside for a container's own address and a port that is not published"
        ),
    ),
    Hint(says=(words(r"iptables -P FORWARD ACCEPT\b"),), cause="forward-policy-drop", weight=20, means=FORWARD),
    Hint(
        says=(
            words(
                r"\biptables\b.{0,60}\b(?:default )?(?:DROP|deny)\b.{0,20}\bpolicy|\b(?:default "
                r")?policy\b.{0,30}\b(?:DROP|deny)\b"
            ),
            words(r"apt(?:-get)?|yum|could not resolve|internet|outbound|egress|download|pull|\bping\b"),
            words(CONTAINERS),
        ),
        cause="forward-policy-drop",
        weight=12,
        means=message(
            "The policy DROP of FORWARD stops packets that containers send. Rules for the host's own packets do not "
            "apply to them"
        ),
    ),
    Hint(
        says=(words(r"iptables (?:-w )?-t nat -[AI] POSTROUTING[^\n]{0,80}MASQUERADE"),),
        cause="masquerade-missing",
        weight=12,
        means=message("No rule translates the containers' addresses, so no answer from outside finds its way back"),
    ),
    Hint(
        says=(
            words(r"\bufw\b|\bfirewalld\b|\biptables\b"),
            words(
                r"\bstill (?:be )?(?:reach|access|open|connect|visible)|\b(?:bypass|ignor)\w* (?:the |my "
                r")?(?:ufw|firewall|rules)"
                r"|(?:no|without) effect"
            ),
        ),
        cause="published-bypasses-host-firewall",
        weight=12,
        is_error=True,
        means=message(
            "Packets to a published port are accepted in FORWARD by Docker's own rules. These packets never pass "
            "INPUT, where the firewall's rules are"
        ),
    ),
    Hint(
        says=(words(r"\b(?:fail2ban|crowdsec|sshguard)\b"),),
        cause="ban-list-hits-client-or-container",
        weight=8,
        means=message("A ban list drops the client's packets"),
    ),
    Hint(
        says=(words(r"iptables-legacy\b|update-alternatives[^\n]{0,40}iptables|\bnf_tables\b[^\n]{0,60}\blegacy"),),
        cause="two-iptables-backends-in-use",
        weight=10,
        means=message("Both back ends of iptables have rules, and a packet passes both"),
    ),
    Hint(
        says=(
            words(
                r"\brp_filter\b|martian source|\b(?:two|2|multiple|several|second) (?:network )?(?:interfaces"
                r"|nics|network cards|uplinks)\b"
            ),
            words(r"time[sd]? ?-?out|no (?:answer|reply|response)|\bdrop|lost|unreachable|not reach"),
        ),
        cause="rp-filter-strict",
        weight=10,
        means=message("Packets come in through one link, but the way back is through another link"),
    ),
    Hint(
        says=(words(r"--icc(?:=| )false|[\"']icc[\"']: false|enable_icc[\"']?[:=] ?[\"']?false"),),
        cause="icc-off",
        weight=18,
        means=message("Containers of this network do not reach each other"),
    ),
    Hint(
        says=(words(r"userland-proxy[\"']?(?:=|: ?| )false"),),
        cause="userland-proxy-off-no-route-localnet",
        weight=10,
        means=message("Without docker-proxy, connections to localhost need route_localnet"),
    ),
    Hint(
        says=(
            words(
                r"\bdifferent (?:docker |bridge |compose )?networks?\b|(?:another|other|different) "
                r"(?:docker-)?compose (?:file|project|stack)"
                r"|on (?:its|their) own (?:docker |bridge )?networks?\b"
            ),
            words(
                r"\bcontainers?\b.{0,200}\b(?:time|tim)\w* ?out|cannot (?:reach|ping|connect)|can't (?:reach"
                r"|ping|connect)|no route"
            ),
        ),
        cause="isolation-drops-between-bridges",
        weight=10,
        means=message(
            "The engine isolates its networks from each other: containers on two networks cannot reach each other's "
            "addresses"
        ),
    ),
    Hint(
        says=(
            words(
                r"\b(?:csf|lfd|shorewall|ferm|firehol|apf)\b(?! -)|(?:docker restart\b|restart(?:ing|ed)? (?:the "
                r")?docker\b|systemctl"
                r" restart docker).{0,60}\b(?:works?|worked|fix(?:es|ed)?|helps?|helped|solve[sd]?)\b"
            ),
        ),
        unless=words(
            r"restart(?:ing|ed)? (?:the )?docker.{0,40}(?:no change|not help|n't help|didn't|did not|no "
            r"effect)"
        ),
        cause="firewall-manager-flushed-rules",
        weight=12,
        means=FLUSHED,
    ),
    Hint(
        says=(
            words(
                r"(?:service network restart|systemctl restart network(?:ing|manager)?\b|/etc/init.d/network "
                r"restart)"
            ),
        ),
        cause="ip-forward-off",
        weight=12,
        means=message("A restart of the network's scripts loads sysctl.conf, and that file switches forwarding off"),
    ),
    Hint(
        says=(
            words(
                r"\biptables\.service\b[^\n]*\bfirewall|/etc/sysconfig/iptables\b|\biptables-services\b"
                r"|\bservice iptables (?:status|save|restart)"
            ),
        ),
        unless=words(r"iptables\.service[^\n]*(?:not-found|masked)|Active: inactive[^\n]*\s*$(?!.*Active: active)"),
        cause="reject-rule-before-docker",
        weight=14,
        means=message(
            "The saved rules of the iptables service end FORWARD with a REJECT, and the engine's rules come after it"
        ),
    ),
)
