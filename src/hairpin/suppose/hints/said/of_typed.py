"""The hints of commands that somebody typed, or has in a script, and that change the path of packets.

No reading shows whether such a command had an effect: it may have failed, or may have been undone later.  So its cause
is only likely.
"""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import FLUSHED, FORWARD, INPUT

_IPTABLES = r"(?:\biptables|\$\{?(?:IPT|IPTABLES|ipt)\}?)"
"""Matches the program's name, or a variable in which scripts keep this name."""
_BRIDGE = r"(?!eth|en[ops]|wl|lo\b|tun|wg|ppp)[\w.-]+"

TYPED: tuple[Hint, ...] = (
    Hint(
        says=(words(rf"{_IPTABLES}[^\n]* -P OUTPUT (?:DROP|REJECT)|:OUTPUT DROP"),),
        cause="output-policy-drop",
        weight=20,
        means=message("The policy DROP of OUTPUT stops packets that the host itself sends, even to its own containers"),
    ),
    Hint(
        says=(words(rf"{_IPTABLES}[^\n]* -P FORWARD (?:DROP|REJECT)|:FORWARD DROP"),),
        cause="forward-policy-drop",
        weight=16,
        means=FORWARD,
    ),
    Hint(
        says=(
            words(
                rf"{_IPTABLES}[^\n]* -[AI] FORWARD (?!.*(?:-[isdmp]|ctstate|-m) )[^\n]*-j (?:DROP|REJECT)"
                rf"|{_IPTABLES}[^\n]* -I FORWARD[^\n]*-j (?:DROP|REJECT)"
            ),
        ),
        cause="reject-rule-before-docker",
        weight=16,
        means=message("A rule of FORWARD stops packets before the engine's rules can accept them"),
    ),
    Hint(
        says=(words(rf"{_IPTABLES}[^\n]* -P INPUT (?:DROP|REJECT)"),),
        cause="input-drops-host-service",
        weight=10,
        means=INPUT,
    ),
    Hint(
        says=(
            words(
                rf"{_IPTABLES}(?:-legacy|-nft)?(?: -t (?:nat|filter))?(?: -w)? (?:-F|--flush|-X)(?:\s|$)"
                r"|\bnft flush ruleset|\biptables-restore\b(?! -n)(?! --noflush)[^\n]*<"
            ),
        ),
        cause="firewall-manager-flushed-rules",
        weight=14,
        means=FLUSHED,
    ),
    Hint(
        says=(
            words(
                rf"\bifconfig {_BRIDGE} (?:0(?:\.0\.0\.0)?(?:/0)?|down)\b|\bip link set (?:dev )?{_BRIDGE} down\b"
                rf"|\bip addr(?:ess)? (?:flush|del)[^\n]* (?:dev )?{_BRIDGE}"
            ),
        ),
        cause="bridge-down",
        weight=18,
        means=message(
            "The command removes the bridge's address or sets the bridge down. The ports of the bridge then pass "
            "nothing"
        ),
    ),
    Hint(
        says=(
            words(
                r"\bsysctl (?:-w )?net\.ipv4\.(?:ip_forward|conf\.all\.forwarding) ?= ?0"
                r"|\becho \"?0\"? ?> ?/proc/sys/net/ipv4/ip_forward"
            ),
        ),
        unless=words(r"\becho \"?1\"? ?> ?/proc/sys/net/ipv4/ip_forward"),
        cause="ip-forward-off",
        weight=18,
        means=message("The command switches IPv4 forwarding off"),
    ),
    Hint(
        says=(
            words(r"\bip_forward\b.{0,60}(?:\b(?:is|shows?|says|prints|returns|reads|was)\b|[=:]) ?.?1\b"),
            words(r"\b(?:networkd|nspawn|echo \"?0\"? ?>[^\n]*ip_forward|forwarding)\b"),
        ),
        cause="interface-forwarding-off",
        weight=16,
        means=message("ip_forward is 1, but a network manager has switched forwarding off for a single link"),
    ),
    Hint(
        says=(words(r"\bip route (?:del|delete|flush)[^\n]*\bdefault|\broute del[^\n]* default"),),
        cause="host-default-route-missing",
        weight=16,
        means=message("The command deletes the default route"),
    ),
    Hint(
        says=(
            words(r"\bcompose(?: -\S+(?: [\w./-]+)?)* run\b(?![^\n]*(?:--service-ports|--publish|\s-p\b|\s-\w*P))"),
            words(
                r"\bbrowsers?\b|\blocalhost\b|\b127\.0\.0\.1\b|\brefused\b|\bweb ?(?:page|ui|site|interface)s?\b"
                r"|\bport \d{2,5}\b"
                r"|浏览器|端口|\bnavegador\b|браузер"
            ),
            words(r"\bports? ?:|\bport\b|:\d{2,5}\b|端口"),
        ),
        unless=words(r"--service-ports|\bcompose(?: -\S+(?: [\w./-]+)?)* (?:up|start)\b"),
        cause="port-not-published",
        weight=24,
        means=message(
            "`docker compose run` publishes no port of the service, unless it has the option --service-ports or -p"
        ),
    ),
)
