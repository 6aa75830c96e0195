"""The words, in several languages, that say that something does not work, and what a client then saw.

Such a sentence counts only in a text about a network (:func:`speaks_of_network`), because other things fail, too.
"""

import re

from hairpin.evidence.told import Result
from hairpin.sought import AnyOf, Sought

_NOT = (
    r"(?:can(?:no|')?t|could(?: not|n't)|(?:do|does|did|will|would)(?: not|n't)|unable to|fail(?:s|ed|ing)? to|never)"
)
_DONE = (
    r"(?:answer|respond|connect|reach|load|work|open|resolve|access|ping|pass|finish|arrive|come|see|fetch|pull"
    r"|find|join|go out|communicate|talk|download|clone|curl|telnet|ssh|browse"
    r"|get (?:out|through|to|in|any|a)|be (?:reach|access|open|resolve|fetch|ping|contact))"
)
_ENGLISH = (
    rf"\b{_NOT} (?:\w+ )?{_DONE}",
    (
        r"\b(?:no|none of the|neither) (?:\w+ )?(?:clients?|browsers?|devices?|machines?|computers?|players?|users?"
        rf"|hosts?|pods?|containers?) (?:can|could|is able to|manages? to|gets?|{_DONE})"
    ),
    r"\b(?:times?|timed|timing)[ -]?out\b|\btime-?outs?\b|\b50[24]\b.{0,20}(?:gateway|time-?out)",
    r"\bbad (?:gateway|request)\b",
    r"\b(?:answers?|response|returns?|gives?|gets?|status|shows?|error)\b[^\n]{0,40}\b50[234]\b",
    r"\bends? (?:up )?(?:in|with) [^\n]{0,40}\b50[234]\b",
    r"\b(?:do|does|did|are|is|was|were|will)(?: not|n't)(?: \w+){0,2}$",
    r"\b(?:do|does|is|are)(?: not|n't)(?=[.,;:]| with| by| from| in)",
    (
        r"\breach(?:es)? (?:nothing|nobody|no\b)|\bno route to host\b|\bneither\b.{0,80}(?:\bnor\b|\b(?:ping|reach"
        r"|answer|connect))"
    ),
    r"\breach\w* .{0,40}\bnothing (?:beyond|else|behind|outside)\b",
    r"\b(?:reach|connect|answer|resolve|ping|load|access)\w*\b.{0,40}\b(?:any ?more|no longer)\b",
    r"\bno longer (?:reach|connect|answer|work|respond|resolve)\w*",
    r"\b(?:is|are|was|were) not (?:resolved|reached|answered|found|delivered|loaded)|\bno name is resolved",
    r"\b(?:is|are|was|gets?) (?:lost|dropped|rejected|blocked|closed|stealth|filtered)\b|\bas (?:being )?stealth\b",
    r"\b(?:says?|answers?|gets?) .?no |\bstays? at\b",
    r"\b(?:hung|stalls?|stalled|stuck|freezes)\b|(?<!\d )\b(?:fails|failed|fail)\b",
    r"\bno (?:answer|response|reply|replies|connection|connectivity|internet|network|way out|access|traffic)\b",
    r"\bno (?:other )?(?:device|machine|client|computer|host|pc|phone)s? (?:gets?|can|reach\w*|connects?|sees?)\b",
    r"\bno (?:web ?)?(?:page|site)s? (?:is|are|loads?)\b|\b(?:but|and) not (?:from|by|on|in) \w+",
    r"\b(?:gets?|has|have|with) no (?:advertisement|arp|reply|address|route|dns|packets?)\b",
    (
        r"\bnothing (?:comes|answers|arrives|happens|gets|passes|works|reaches|behind|beyond|goes|is (?:shown"
        r"|loaded))\b|\b(?:nobody|no ?one|none) (?:of \w+ )?(?:gets|answers|reaches|can|works)\b"
    ),
    r"\b(?:becomes?|goes|went|is|are|was|were) (?:\w+ )?unavailable\b",
    r"\b(?:unreachable|inaccessible|not (?:be )?(?:reachable|accessible|working|reached|accessed)|refused|hangs?)\b",
    (
        r"\b(?:los(?:es?|t|ing)|drop(?:s|ped|ping)?) (?:[\w']+ ){0,4}(?:connections?|connectivity|packets|internet"
        r"|network|routes?|address(?:es)?|ip|lease|way out|access)\b|\bhave no way out\b|\bhas no way out\b"
    ),
    (
        r"\b(?:performance|throughput|bandwidth|speeds?|downloads?|transfers?)\b[^\n.]{0,40}\b(?:bad|poor|slow|terrible"
        r"|horrible|awful|drops)\b"
        r"|\b(?:slow|poor|bad|terrible) (?:\w+ ){0,2}(?:performance|throughput|network|speeds?|bandwidth|downloads?)\b"
    ),
    r"\b(?:instead of|not) (?:the |a )?(?:real |original )?(?:client|source)(?:'s)? (?:ip|address)",
)
_SYSTEM = (
    r"connection (?:was )?(?:reset|refused|closed|aborted)|reset by peer|forcibly closed|empty reply from server",
    r"\bE(?:CONN(?:REFUSED|RESET|ABORTED)|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|PERM)\b|\bENOTFOUND\b",
    r"(?:network|host) (?:is )?(?:unreachable|down)\b|operation not permitted|\bhost prohibited\b|socket hang up",
    r"name or service not known|temporary failure in name resolution|could not resolve|no such host|unknown host",
    r"address already in use|port is already allocated|cannot assign requested address|\bNXDOMAIN\b|\bSERVFAIL\b",
    (
        r"^(?:\S+ )?\W{0,6}(?:ERROR|FATAL)\b[: ].{0,80}(?:forward|network|connect|iptables|route|dns|port|address"
        r"|bridge)"
    ),
    r"\b(?:permission )?denied\b|\bfailed \(|\bunreachable\b|\bis rejected\b|\bcan(?:no|')t be\b",
    r"\bHY000/20\d\d\b|\btable full, dropping\b",
    r"\b100% packet loss\b|Destination (?:Host|Net|Port) \w+|\bERR_[A-Z_]{6,}\b",
)
_OTHERS = (
    "无法|不能|访问不了|不通|不了|连不上|连接不上|超时|拒绝连接|打不开|卡住|失败|出不去|上不了|没有回应|没回应|ping不|连不了|获取不到|拿不到|解析不|一直转圈|没有网|没有反应|没反应|没有响应|无响应|报错|错误|异常|不可达|丢包|不生效",
    "連不|無法|不能連|逾時|拒絕|失敗|錯誤",
)
WEAK_TROUBLE = Sought(
    r"\b(?:\w+n't|not|nothing|nobody|never|no longer|any ?more|los(?:es?|t|ing)|fail\w*|denied|wrong(?:ly)?"
    r"|problems?|issues?|unable|instead of|why|broken|breaks?|stop(?:s|ped) \w+ing|disappears?|trouble|errors?)\b"
    r"|不|没|問題|问题",
    re.IGNORECASE,
)
"""Matches words that nearly every text about a failure has, but that a text about a healthy host may have, too.  These
words count only if no sentence clearly says that something fails."""
_NETWORK = Sought(
    r"\b(?:docker|podman|containers?|pods?|kube\w*|k3s|k8s|lx[cd]|incus|nerdctl|bridge|veth\w*|iptables|nft(?:ables)?"
    r"|ufw|firewalld?|localhost|tcp|udp|icmp|dns|ping|curl|telnet|vpn|wireguard|subnet|router|gateway|routes?|ports?"
    r"|pages?|web ?sites?|browser|server|hosts?|laptop|reach\w*|connect\w*|internet|network\w*"
    r"|nginx|apache|macvlan|vlan|nat|masquerade|ip_forward|sysctl|https?|tcpdump|netns|interfaces?|compose|proxy)\b"
    r"|\d+\.\d+\.\d+\.\d+|访问|浏览器|网络|连接|容器|端口|防火墙",
    re.IGNORECASE | re.ASCII,
)
_SAID: tuple[tuple[Result, str], ...] = (
    ("refused", (r"connection[ _-]refused|\brefus(?:ed|es)\b(?! to (?:start|run))|ECONNREFUSED|拒绝|拒絕")),
    ("reset", (r"reset by peer|connection (?:was )?reset|ECONNRESET|ERR_CONNECTION_RESET|forcibly closed"
        r"|socket hang up|重置")),
    ("empty", r"empty reply|ERR_EMPTY_RESPONSE|didn.t send any data"),
    ("prohibited", r"host prohibited|packet filtered|admin(?:istratively)? prohibited|operation not permitted"),
    ("unreachable", (r"no route to host|EHOSTUNREACH|host (?:is )?unreachable|network (?:is )?unreachable"
        r"|ENETUNREACH|不可达")),
    ("no-name", ("could(?: not|n't) resolve|bad address '|not translate host|name or service not known|name resolution"
    "|temporary failure in name|no such host|unknown host|NXDOMAIN|EAI_AGAIN|ENOTFOUND|SERVFAIL")),
    ("timeout", (r"\btim(?:e|es|ed|ing)[ -]?outs?\b|ETIMEDOUT|超时|逾時|deadline exceeded"
        r"|100% packet loss|\bstealth\b|ERR_TIMED_OUT")),
)  # fmt: skip
_SEEN: tuple[tuple[Result, Sought], ...] = tuple((result, Sought(pattern, re.IGNORECASE)) for result, pattern in _SAID)
_ANY_SCRIPT = (*_OTHERS, *(pattern for _, pattern in _SAID))
TROUBLE = AnyOf(
    # The word bounds of the English words are those of ASCII: no space stands around them in Chinese or Korean.
    Sought("|".join((f"(?a:{'|'.join((*_ENGLISH, *_SYSTEM))})", *_ANY_SCRIPT)), re.IGNORECASE),
    *(Sought(each, re.IGNORECASE | re.ASCII) for each in (*_ENGLISH, *_SYSTEM)),
    *(Sought(each, re.IGNORECASE) for each in _ANY_SCRIPT),
)


def seen_in_words(line: str) -> Result:
    """Return the outcome that a client saw, from the words of a line; ``failed`` if the words do not show it."""
    seen: tuple[Result, ...] = tuple(result for result, pattern in _SEEN if pattern.search(line) is not None)
    return seen[0] if seen else "failed"


def speaks_of_network(text: str) -> bool:
    """Return whether a text is about a network.  A failure in any other text does not count."""
    return _NETWORK.search(text) is not None
