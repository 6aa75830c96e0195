"""The words after a rule's addresses in ``iptables -L``, as options of ``iptables-save``.

    words := ("/*" COMMENT "*/" | match)* target?

Each match is a row: the words that a module prints, and the options with the same meaning.  In the options, ``[!]``
becomes ``!`` if the words are negated.  If no row knows a word, this word and all words after it become one match of
the module :data:`UNLISTED`, because later words may belong to the unknown word.

Source: the ``print`` functions in iptables/extensions (libxt_tcp.c, libxt_conntrack.c, libxt_addrtype.c …), versions
1.4.7 to 1.8.11
"""

import re
from collections.abc import Callable
from functools import lru_cache

from hairpin.netfilter.nft.script.constants import SERVICES
from hairpin.pasted.forms.rules.listed_targets import KNOWN_TARGETS, target_options
from hairpin.sought import Sought

UNLISTED = "unlisted"
"""The module of a match that a listing shows in unknown words, or does not show.  No such module exists, so the reader
of rules makes an opaque match, on which the walk forks."""
_COMMENT = Sought(r"/\* (.*?) \*/")
_MORE_SERVICES = {
    "urd": 465, "sql*net": 66, "docker": 2375, "docker-s": 2376, "commplex-main": 5000, "tproxy": 8081, "us-cli": 8082,
    "pcsync-https": 8443, "mqtt": 1883, "cslistener": 9000, "etlservicemgr": 9001, "iscsi-target": 3260, "ssdp": 1900,
    "vat": 3456, "irdmi": 8000, "sunwebadmin": 8800, "distinct": 9999, "hbci": 3000, "ddi-tcp-1": 8888, "webmin": 10000,
    "ndmp": 10000, "snet-sensor-mgmt": 10000, "wsman": 5985, "teredo": 3544, "radan-http": 8088, "d-s-n": 8086,
    "jetdirect": 9100, "hp-pdl-datastr": 9100, "websm": 9090, "xmltec-xmlmail": 9091, "vnc-server": 5900, "rfb": 5900,
    "bootps": 67, "bootpc": 68, "l2tp": 1701, "pptp": 1723, "ipsec-nat-t": 4500, "isakmp": 500, "etcd-client": 2379,
    "etcd-server": 2380, "wap-wsp": 9200, "palace-4": 9995, "mongod": 27017, "sun-sr-https": 6443, "memcache": 11211,
}  # fmt: skip
"""Names of services that are not in Debian's ``/etc/services``, but in longer files of other systems."""
_PORTS = Sought(r"([ds])pts?:(!?)(\S+)$")
_FLAGS = {1: "FIN", 2: "SYN", 4: "RST", 8: "PSH", 16: "ACK", 32: "URG"}
_WORD = r"(?=\s|$)"


@lru_cache(maxsize=4096)
def options_of(text: str, target: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the options of the rule's matches, and the options of its target.  ``text``: the words after the
    addresses.  ``target``: the target's name, empty if the rule has none."""
    if text.count("/*") != text.count("*/"):
        return (unknown_match("words", text),), ()  # a comment has words of its own
    matches = [f'-m comment --comment "{_with_escapes(each)}"' for each in _COMMENT.findall(text)]
    left = " ".join(_COMMENT.sub(" ", text).split())
    left, of_target = target_options(left, target)
    while left:
        for pattern, options in _ROWS:
            found = pattern.match(left)
            made = options(found) if found is not None else None
            if found is not None and made is not None:
                matches += [made] if made else []
                left = left[found.end() :].lstrip()
                break
        else:
            matches.append(unknown_match("words", left))
            # The unknown words may be the target's.  Without any option, a target may have another meaning.
            of_target = of_target or ((f"--{UNLISTED}",) if target in KNOWN_TARGETS - _WITHOUT_OPTIONS else ())
            break
    return tuple(matches), of_target


def unknown_match(what: str, words: str = "") -> str:
    """Return the match that replaces a match which the listing does not show."""
    said = " ".join(words.replace('"', "'").replace("\\", "/").split())
    return f"-m {UNLISTED} --{what}" + (f' "{said}"' if said else "")


def port_number(port: str) -> str:
    """Return the number of a port that is written as a number or as the name of a service; empty if it is unknown."""
    return port if port.isdigit() else str(SERVICES.get(port) or _MORE_SERVICES.get(port) or "")


def _with_escapes(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_WITHOUT_OPTIONS = frozenset({"ACCEPT", "DROP", "RETURN", "LOG", "NFLOG", "ULOG", "NOTRACK", "TRACE"})
_Options = Callable[[re.Match[str]], str | None]


def _row(words: str, options: str | _Options) -> tuple[Sought, _Options]:
    """Return a row.  In ``options``, ``{NAME}`` is replaced by the text of the group with this name."""
    pattern = Sought(words + _WORD)
    if not isinstance(options, str):
        return pattern, options
    template = options

    def fill(found: re.Match[str]) -> str:
        groups = {name: value or "" for name, value in found.groupdict().items()}
        text = template.replace("[!]", "!" if groups.get("n") else "")
        return " ".join(text.format(**groups).split())

    return pattern, fill


def _transport(found: re.Match[str]) -> str | None:
    """Return the options of ``tcp spts:1:5 dpt:!22 flags:0x17/0x02``, of any transport protocol."""
    options: list[str] = []
    for word in found["rest"].split():
        port = _PORTS.match(word)
        if port is not None:
            ends = [port_number(each) for each in port[3].split(":")]
            if not all(ends):
                options.append("")
                continue
            options += [*(["!"] if port[2] else []), "--dport" if port[1] == "d" else "--sport", ":".join(ends)]
        elif word.startswith("flags:"):
            mask, _, compared = word.removeprefix("flags:").removeprefix("!").partition("/")
            options += [*(["!"] if word.startswith("flags:!") else []), "--tcp-flags", _flags(mask), _flags(compared)]
        else:
            number = word.removeprefix("option=")
            options += [*(["!"] if number.startswith("!") else []), "--tcp-option", number.lstrip("!")]
    if "" in options:
        return unknown_match("words", found[0])
    return f"-m {found['m']} {' '.join(options)}" if options else ""


def _flags(text: str) -> str:
    """Return the names of TCP flags; a listing with ``-n`` shows them as one number."""
    if text.startswith("0x"):
        value = int(text, 16)
        return ",".join(name for bit, name in _FLAGS.items() if value & bit) or "NONE"
    return text


def _multiport(found: re.Match[str]) -> str | None:
    ports = [[port_number(end) for end in each.split(":")] for each in found["v"].split(",")]
    if not all(all(each) for each in ports):
        return unknown_match("words", found[0])
    listed = ",".join(":".join(each) for each in ports)
    return f"-m multiport {'! ' if found['n'] else ''}--{found['side']} {listed}"


def _in_dashes(module: str, *, taken: str) -> _Options:
    """Return the reader of words that are options without dashes: ``ctstate NEW``, ``src-type !LOCAL``."""
    pattern = Sought(taken)

    def read(found: re.Match[str]) -> str:
        options = [
            f"{'! ' if each['n'] or each['v'].startswith('!') else ''}--{each['o']} {each['v'].lstrip('! ')}".rstrip()
            for each in pattern.finditer(found[0])
        ]
        return f"-m {module} {' '.join(options)}"

    return read


def _addrtype(found: re.Match[str]) -> str:
    options: list[str] = []
    for each in _TYPE.finditer(found[0]):
        if each["limit"]:
            options.append(f"--limit-iface-{each['limit']}")
        else:
            options.append(f"{'! ' if each['n'] else ''}--{each['o']} {each['v']}")
    return f"-m addrtype {' '.join(options)}"


_TYPE = Sought(r"(?P<o>src-type|dst-type) (?P<n>! ?)?(?P<v>[A-Z,]+)|limit-(?P<limit>in|out)")


def _comparison(module: str) -> _Options:
    names = {"==": ("", "eq"), "!=": ("! ", "eq"), "<": ("", "lt"), ">": ("", "gt")}

    def read(found: re.Match[str]) -> str:
        negated, name = names[found["op"]]
        return f"-m {module} {negated}--{module}-{name} {found['v']}"

    return read


def _icmp(found: re.Match[str]) -> str:
    v6 = found["m"] != "icmp"
    named = found["v"] if found["c"] is None else f"{found['v']}/{found['c']}"
    kind = "any" if named in ("255", "any") and not v6 else named
    return f"-m {'icmp6' if v6 else 'icmp'} {'! ' if found['n'] else ''}--{'icmpv6' if v6 else 'icmp'}-type {kind}"


def _recent(found: re.Match[str]) -> str:
    verb = {"SET": "set", "UPDATE": "update", "CHECK": "rcheck", "REMOVE": "remove"}[found["verb"]]
    parts = [
        f"{'! ' if found['n'] else ''}--{verb}",
        f"--seconds {found['s']}" if found["s"] else "",
        "--reap" if found["reap"] else "",
        f"--hitcount {found['h']}" if found["h"] else "",
        "--rttl" if found["ttl"] else "",
        f"--name {found['name']}",
        f"--mask {found['mask']}" if found["mask"] else "",
        "--rsource" if found["side"] == "source" else "--rdest",
    ]
    return f"-m recent {' '.join(filter(None, parts))}"


def _owner(found: re.Match[str]) -> str:
    options: list[str] = []
    for each in _OWNER.finditer(found[0]):
        name = "0" if each["v"] == "root" else each["v"] or ""
        if each["v"] and re.fullmatch(r"\d+(?:-\d+)?", name) is None:
            return unknown_match("words", found[0])  # the name of a user
        option = f"--{each['id'].lower()}-owner {name}" if each["id"] else "--socket-exists"
        options.append(f"{'! ' if each['n'] else ''}{option}")
    return f"-m owner {' '.join(options)}"


_OWNER = Sought(r"(?P<n>! )?owner (?:(?P<id>UID|GID) match (?P<v>\S+)|socket exists)")
_CONNTRACK = (
    r"(?P<n>! )?(?P<o>ct(?:state|status|proto|expire|dir|(?:orig|repl)(?:src|dst)(?:port)?)) (?P<v>! ?\S+|[^\s!]\S*)"
)
_NAMELESS = Sought(r"\?P<\w+>")


def _many(pattern: str) -> str:
    """Return a pattern for one or more of these words, without names of groups."""
    inner = _NAMELESS.sub("?:", pattern)
    return rf"{inner}(?: {inner})*"


_ROWS: tuple[tuple[Sought, _Options], ...] = (
    _row(r"(?P<m>tcp|udp|udplite|sctp|dccp)(?P<rest>(?: (?:[ds]pts?:!?\S+|option=!?\d+|flags:!?[\w,]+/[\w,]+))*)",
         _transport),
    _row(_many(_CONNTRACK), _in_dashes("conntrack", taken=_CONNTRACK)),
    _row(r"(?P<n>! )?state (?P<v>[A-Z,]+)", "-m state [!] --state {v}"),
    _row(r"ADDRTYPE match(?: (?:(?:src|dst)-type !? ?[A-Z,]+|limit-(?:in|out)))+", _addrtype),
    _row(r"multiport (?P<side>[ds]?ports) (?P<n>! ?)?(?P<v>[\w:,.*+-]+)", _multiport),
    _row(r"(?P<n>! )?match-set (?P<name>\S+) (?P<v>(?:src|dst)(?:,(?:src|dst))*)"
         r"(?! return-nomatch| (?:! )?(?:update|packets|bytes)-)",
         "-m set [!] --match-set {name} {v}"),
    _row(r"(?:mark|MARK) match (?P<n>! ?)?(?P<v>0x[0-9a-f/x]+)", "-m mark [!] --mark {v}"),
    _row(r"(?:connmark|CONNMARK) match (?P<n>! ?)?(?P<v>0x[0-9a-f/x]+)", "-m connmark [!] --mark {v}"),
    _row(r"(?P<m>icmp|ipv6-icmp)(?: (?P<n>!)? ?type|type(?: (?P<n2>!))?) (?P<v>\d+)(?: code (?P<c>\d+))?",
         lambda found: None if found["n2"] else _icmp(found)),
    _row(r"(?P<m>icmp|ipv6-icmp) (?P<n>!)? ?(?P<v>any|[a-z]+(?:-[a-z]+)+|redirect|ping|pong)(?P<c>(?!))?", _icmp),
    _row(r"limit: avg (?P<v>\d+/(?:sec|min|hour|day)) burst 5", "-m limit --limit {v}"),
    _row(r"limit: avg (?P<v>\d+/(?:sec|min|hour|day)) burst (?P<b>\d+)", "-m limit --limit {v} --limit-burst {b}"),
    _row(r"source IP range (?P<n>! ?)?(?P<v>[\da-f.:-]+) destination IP range (?P<n2>! ?)?(?P<v2>[\da-f.:-]+)",
         lambda found: f"-m iprange {'! ' if found['n'] else ''}--src-range {found['v']} "
                       f"{'! ' if found['n2'] else ''}--dst-range {found['v2']}"),
    _row(r"source IP range (?P<n>! ?)?(?P<v>[\da-f.:-]+)", "-m iprange [!] --src-range {v}"),
    _row(r"destination IP range (?P<n>! ?)?(?P<v>[\da-f.:-]+)", "-m iprange [!] --dst-range {v}"),
    _row(r"PHYSDEV match(?P<v>(?: (?:! )?--physdev-(?:(?:in|out) [^\s!-]\S*|is-\w+))+)", "-m physdev {v}"),
    _row(r"(?P<n>! )?recent: (?P<verb>SET|UPDATE|CHECK|REMOVE) (?:seconds: (?P<s>\d+) )?(?P<reap>reap )?"
         r"(?:hit_count: (?P<h>\d+) )?(?P<ttl>TTL-Match )?name: (?P<name>[\w.-]+) side: (?P<side>source|dest)"
         r"(?: mask: (?P<mask>[\da-f.:]+))?", _recent),
    _row(_many(_OWNER.pattern) + "(?! incl)", _owner),
    _row(r"PKTTYPE = (?P<v>[a-z]+)", "-m pkttype --pkt-type {v}"),
    _row(r"PKTTYPE != (?P<v>[a-z]+)", "-m pkttype ! --pkt-type {v}"),
    _row(r"MAC ?(?P<n>! ?)?(?P<v>(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})", "-m mac [!] --mac-source {v}"),
    _row(r"TTL match TTL (?P<op>==|!=|<|>) (?P<v>\d+)", _comparison("ttl")),
    _row(r"HL match HL (?P<op>==|!=|<|>) (?P<v>\d+)", _comparison("hl")),
    _row(r"length (?P<n>! ?)?(?P<v>\d+(?::\d+)?)", "-m length [!] --length {v}"),
    _row(r"tos match ?(?P<n>! ?)?(?P<v>0x[0-9a-f]{2}/0x[0-9a-f]{2})", "-m tos [!] --tos {v}"),
    _row(r"DSCP match (?P<n>! ?)?(?P<v>0x[0-9a-f]{2})", "-m dscp [!] --dscp {v}"),
    _row(r"#conn (?P<side>src|dst)/(?P<mask>\d+) (?P<op>>|<=) (?P<v>\d+)",
         lambda found: f"-m connlimit --connlimit-{'above' if found['op'] == '>' else 'upto'} {found['v']} "
                       f"--connlimit-mask {found['mask']} --connlimit-{found['side'][0]}addr"),
    _row(r"statistic mode random (?P<n>! ?)?probability (?P<v>[\d.]+)",
         "-m statistic --mode random [!] --probability {v}"),
    _row(r"statistic mode nth (?P<n>! ?)?every (?P<v>\d+)(?: packet (?P<p>\d+))?",
         lambda found: f"-m statistic --mode nth {'! ' if found['n'] else ''}--every {found['v']} "
                       f"--packet {found['p'] or 0}"),
    _row(r'helper match (?P<n>! ?)?"(?P<v>[\w.-]+)"', "-m helper [!] --helper {v}"),
    _row(r"policy match dir (?P<d>in|out) pol (?P<v>none|ipsec)(?! strict| \[| reqid| spi| proto| mode| tunnel)",
         "-m policy --dir {d} --pol {v}"),
    _row(r"rpfilter(?P<v>(?: (?:loose|validmark|accept-local|invert))*)",
         lambda found: "-m rpfilter " + " ".join(f"--{word}" for word in found["v"].split())),
    _row(r"socket(?P<v>(?: --(?:transparent|nowildcard|restore-skmark))*)", "-m socket {v}"),
    _row(r"rt type:(?P<n>!)?(?P<v>\d+)", "-m rt [!] --rt-type {v}"),
    _row(r"esp spis?:(?P<n>!)?(?P<v>\d+(?::\d+)?)", "-m esp [!] --espspi {v}"),
    _row(r"tcpmss match (?P<n>! ?)?(?P<v>\d+(?::\d+)?)", "-m tcpmss [!] --mss {v}"),
)  # fmt: skip
