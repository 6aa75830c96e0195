"""The words that point to single rules: bans, Podman's rules, rules of a transparent proxy, a MASQUERADE rule that
helps, and rules for system calls that are older than the image."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words
from hairpin.suppose.hints.said.phrases import CONTAINERS, RULES

SINGLE_RULES: tuple[Hint, ...] = (
    Hint(
        says=(
            words(
                r"\bport \d+ is redirect\w*|\bredirect\w* (?:port \d+ )?to (?:port )?\d+\b|--to-ports? \d+|-j REDIRECT"
            ),
            words(r"\bstop(?:ped)?\b|\bdisabled?\b|\bremoved?\b|\brefused\b"),
        ),
        weight=24,
        command=f"{RULES} -t nat; sudo ss -lntup",
        shows=message("PREROUTING has a REDIRECT of the port, and nobody listens on the other port"),
        means=message("A rule in nat PREROUTING redirects the port to another port, on which nobody listens now"),
    ),
    Hint(
        says=(
            words(r"\b(?:fail2ban|crowdsec|bann?(?:ed|s)?|bouncer|blocklist)\b"),
            words(
                r"\balready banned\b|\bstill (?:be )?(?:log|connect|open|reach|access|attack|request|visible|get)\w*"
                r"|\b(?:does|do|is|are) not (?:work|block|blocked|ban|banned)\b|\b(?:no|without) effect\b"
                r"|\bnot blocked\b"
            ),
        ),
        cause="ban-misses-published-port",
        weight=26,
        means=message(
            "The ban stands in a chain that the packets do not pass: packets to a published port pass FORWARD and "
            "DOCKER-USER, packets to the host itself pass INPUT"
        ),
    ),
    Hint(
        says=(
            words(r"\bpodman\b|\bnetavark\b|\b10\.8[89]\.\d+\.\d+"),
            words(r"\bfirewall-cmd --(?:complete-)?reload|\b(?:restart|reload)\w* (?:of )?firewalld"),
        ),
        cause="podman-rules-missing",
        weight=30,
        means=message("A reload of firewalld deletes the rules that Podman made for its containers"),
    ),
    Hint(
        says=(
            words(
                r"透明代理|\bfake-?ip\b|\bredir(?:-host)?\b|\bTPROXY\b|\bclash\b|\bmihomo\b|\bsing-?box\b|\bshadowsocks\b"
            ),
            words(rf"{CONTAINERS}|容器"),
        ),
        weight=20,
        command=f"{RULES}; sudo nft list ruleset; ip rule",
        shows=message("rules lead only the host's own packets, or only some ports, to the proxy"),
        means=message(
            "A transparent proxy on the host takes the packets of containers in another way than the host's own packets"
        ),
    ),
    Hint(
        says=(
            words(
                r"\bmasquerad\w+\b[^\n]{0,80}\b(?:repairs?|fix(?:es|ed)?|helps?|helped|solve[sd]?|works|restores?)\b"
                r"|\b(?:fixed|solved|helped|works) [^.\n]{0,40}\bmasquerad\w+"
            ),
        ),
        cause="masquerade-missing",
        weight=22,
        means=message("The text says that a rule with MASQUERADE helps"),
    ),
    Hint(
        says=(
            words(
                r"\b(?:Jan +1|1 Jan|01-01)\b[^\n]{0,30}\b1970\b|\b1970-01-01\b|\blibseccomp2?\b"
                r"|\b(?:buster|raspbian 10|docker (?:version )?(?:18|19)\.\d\d)\b"
                r"(?=.{0,2000}\balpine:? ?(?:linux )?v?3\.(?:1[3-9]|2\d))"
            ),
            words(r"temporary error|could(?: not|n't) resolve|bad address|fail(?:s|ed)?\b|operation not permitted"),
        ),
        is_error=True,
        weight=28,
        command="docker version; dpkg -l libseccomp2; docker run --rm alpine date",
        shows=message("libseccomp2 is older than 2.4.4, and `date` in the container says 1970"),
        means=message(
            "The host's libseccomp2 or engine is older than the image: its filter refuses the system calls for the "
            "time of newer images, so clocks, names and TLS fail in the container, although the network works"
        ),
    ),
)
