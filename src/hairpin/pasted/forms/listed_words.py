"""The words behind a rule's addresses in ``iptables -L``, as options of ``iptables-save``.

Source: the ``print`` functions in iptables/extensions (libxt_tcp.c, libxt_conntrack.c, libxt_addrtype.c …)
"""

import re

UNLISTED = "unlisted"
"""The module of a match that a listing shows in words that are not known, or does not show.  No such module exists, so
the reader of rules makes it a match on which the walk forks."""
_COMMENT = re.compile(r"/\* (.*?) \*/")
_SERVICES = {
    "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "http": 80,
    "www": 80, "pop3": 110, "sunrpc": 111, "ntp": 123, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139,
    "imap": 143, "imap2": 143, "snmp": 161, "ldap": 389, "https": 443, "microsoft-ds": 445, "submissions": 465,
    "urd": 465, "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995, "ms-sql-s": 1433, "nfs": 2049,
    "mysql": 3306, "postgresql": 5432, "amqp": 5672, "x11": 6000, "redis": 6379, "http-alt": 8080, "webcache": 8080,
    "mdns": 5353, "openvpn": 1194, "git": 9418, "rsync": 873, "ipp": 631, "xmpp-client": 5222, "sip": 5060,
    "iscsi-target": 3260, "zabbix-agent": 10050, "docker": 2375, "docker-s": 2376, "commplex-main": 5000, "tproxy": 8081,
    "us-cli": 8082, "pcsync-https": 8443, "mqtt": 1883, "ms-wbt-server": 3389, "cslistener": 9000,
}  # fmt: skip
_STATES = re.compile(r"[A-Z,]+$")


def options_of(words: list[str], target: str, protocol: str) -> tuple[list[str], list[str]]:
    """Return the options of the rule's matches, and those of its target.  Words that are not known become one match of
    the module :data:`UNLISTED`."""
    text = " ".join(words)
    comments = _COMMENT.findall(text)
    left = _COMMENT.sub(" ", text).split()
    matches: list[str] = []
    of_target: list[str] = []
    unknown: list[str] = []
    while left:
        read = _one(left, target, protocol)
        if read is None:
            unknown.append(left.pop(0))
            continue
        taken, to_match, to_target = read
        matches += to_match
        of_target += to_target
        del left[:taken]
    for comment in comments:
        matches += ["-m", "comment", "--comment", '"' + comment.replace("\\", "\\\\").replace('"', '\\"') + '"']
    if unknown:
        words_left = " ".join(unknown).replace('"', "'")
        matches += ["-m", UNLISTED, "--words", f'"{words_left}"']
    return matches, of_target


_Read = tuple[int, list[str], list[str]]


def _one(words: list[str], target: str, protocol: str) -> _Read | None:
    """Return how many words were understood, with their options for the match and for the target; None for no word."""
    word = words[0]
    if protocol in ("tcp", "udp", "sctp", "dccp", "udplite") or word.startswith(("dpt", "spt")):
        if word == protocol:  # "tcp dpt:80": the module's name stands before its words
            return 1, [], []
        port = _port(word, protocol)
        if port is not None:
            return 1, port, []
    if word == "multiport" and len(words) >= 3:  # noqa: PLR2004 - the direction and the ports
        return _multiport(words)
    if word in ("state", "ctstate") and words[1:]:
        name = "state" if word == "state" else "conntrack"
        option = "--state" if word == "state" else "--ctstate"
        negated = words[1] == "!" or words[1].startswith("!")
        value = (words[2] if words[1] == "!" else words[1]).lstrip("!")
        if _STATES.match(value):
            return 3 if words[1] == "!" else 2, ["-m", name, *(["!"] if negated else []), option, value], []
    if word == "ADDRTYPE" and words[1:2] == ["match"]:
        return _address_type(words)
    if word.startswith("flags:"):
        mask, _, compared = word.removeprefix("flags:").removeprefix("!").partition("/")
        names = _flags(mask), _flags(compared)
        if all(names):
            negated = ["!"] if word.startswith("flags:!") else []
            return 1, ["-m", "tcp", *negated, "--tcp-flags", *filter(None, names)], []
    if word == "match-set" and len(words) >= 3:  # noqa: PLR2004 - the set and its dimensions
        return 3, ["-m", "set", "--match-set", words[1], words[2]], []
    if word == "mark" and words[1:2] == ["match"] and words[2:]:
        negated = words[2].startswith("!")
        return 3, ["-m", "mark", *(["!"] if negated else []), "--mark", words[2].lstrip("!")], []
    if word in ("source", "destination") and words[1:3] == ["IP", "range"] and words[3:]:
        option = "--src-range" if word == "source" else "--dst-range"
        return 4, ["-m", "iprange", option, words[3]], []
    if word == "icmptype" and words[1:]:
        return 2, ["-m", "icmp", "--icmp-type", words[1]], []
    if word == "limit:" and words[1:2] == ["avg"] and len(words) >= 5:  # noqa: PLR2004 - the rate and the burst
        return 5, ["-m", "limit", "--limit", words[2], "--limit-burst", words[4]], []
    of_target = _of_target(words, target)
    return None if of_target is None else (of_target[0], [], of_target[1])


def _port(word: str, protocol: str) -> list[str] | None:
    found = re.fullmatch(r"([ds])pts?:(!?)(\S+)", word)
    if found is None:
        return None
    ends = [_number(each) for each in found[3].split(":")]
    if not all(ends):
        return ["-m", UNLISTED, "--words", f'"{word}"']
    option = "--dport" if found[1] == "d" else "--sport"
    return ["-m", protocol, *(["!"] if found[2] else []), option, ":".join(filter(None, ends))]


def _number(port: str) -> str:
    return port if port.isdigit() else str(_SERVICES.get(port, ""))


def _multiport(words: list[str]) -> _Read | None:
    option = {"dports": "--dports", "sports": "--sports", "ports": "--ports"}.get(words[1])
    ports = [":".join(map(_number, each.split(":"))) for each in words[2].lstrip("!").split(",")]
    if option is None or not all(ports):
        return None
    return 3, ["-m", "multiport", *(["!"] if words[2].startswith("!") else []), option, ",".join(ports)], []


def _address_type(words: list[str]) -> _Read | None:
    taken = 2
    options: list[str] = []
    while words[taken : taken + 1] and words[taken] in ("dst-type", "src-type") and words[taken + 1 : taken + 2]:
        at = taken + 1
        negated = words[at].startswith("!")
        value = words[at].lstrip("!") or words[at + 1]
        options += [*(["!"] if negated else []), f"--{words[taken]}", value]
        taken = at + (1 if words[at].lstrip("!") else 2)
    return (taken, ["-m", "addrtype", *options], []) if options else None


_FLAGS = {1: "FIN", 2: "SYN", 4: "RST", 8: "PSH", 16: "ACK", 32: "URG"}


def _flags(text: str) -> str:
    """Return the names of TCP flags; a listing with ``-n`` shows them as one number."""
    if text.startswith("0x"):
        value = int(text, 16)
        return ",".join(name for bit, name in _FLAGS.items() if value & bit) or "NONE"
    return text if re.fullmatch(r"[A-Z,]+", text) else ""


def _of_target(words: list[str], target: str) -> tuple[int, list[str]] | None:
    word = words[0]
    if target == "DNAT" and word.startswith("to:"):
        return 1, ["--to-destination", word[3:]]
    if target == "SNAT" and word.startswith("to:"):
        return 1, ["--to-source", word[3:]]
    if target == "REJECT" and word == "reject-with" and words[1:]:
        return 2, ["--reject-with", words[1]]
    if target == "REDIRECT" and word == "redir" and words[1:2] == ["ports"] and words[2:]:
        return 3, ["--to-ports", words[2]]
    if target == "MASQUERADE" and word == "masq" and words[1:2] == ["ports:"] and words[2:]:
        return 3, ["--to-ports", words[2]]
    if target in ("LOG", "NFLOG", "ULOG"):  # whatever it logs, it decides nothing
        return len(words), []
    if target == "MARK" and word == "MARK":
        return _mark(words)
    if target == "TCPMSS" and word == "TCPMSS" and words[1:2] == ["clamp"]:
        return len(words), ["--clamp-mss-to-pmtu"]
    return None


def _mark(words: list[str]) -> tuple[int, list[str]] | None:
    option = {"set": "--set-mark", "xset": "--set-xmark", "or": "--or-mark", "and": "--and-mark"}.get(words[1:2][0] if words[1:] else "")
    return (3, [option, words[2]]) if option and words[2:] else None


