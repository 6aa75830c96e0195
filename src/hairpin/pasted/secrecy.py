"""Finds the parts of a pasted text that are never kept: passwords, tokens, keys, and words that may contain one.

People paste whole terminals, and later send a snapshot of the text to others.  So a snapshot has no line that looks
like a secret.
"""

import re

from hairpin.evidence.reading import HOST
from hairpin.pasted.form import Command
from hairpin.sought import Sought

_NAMED = Sought(
    r"pass(?:wor[dt]|wd|phrase|wort)?\b|password|passwd|secret|token|credential|private[-_ ]?key|api[-_ ]?key"
    r"|access[-_ ]?key|auth(?:orization|_?key)\b|bearer\b|cookie\b|\s-u(?:ser)?[ =]\S+:\S|\s--u(?:ser)?[ =]\S+:\S"
    r"|\bpwd\b|preshared|密码|口令|пароль",
    re.IGNORECASE,
)
_NO_SECRET = Sought(
    r"\(using password: (?:YES|NO)\)|password authentication failed|(?<=authentication )token manipulation|\bno "
    r"password is set\b|\b(?:password|passwd|token|secret|api_?key)[\"']?\s?[:=]\s?(?:null|None|undefined|nil)\b|"
    r"\b(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass\b|(?<!\w)ProxyPass(?:Reverse|Match)?\b"
)
"""Matches words of servers about a password that do not contain the password, a setting without a value, and settings
of reverse proxies."""
_KEY_BLOCK = Sought(r"-----BEGIN |ssh-(?:rsa|ed25519|dss) |\beyJ[\w-]{10,}\.|\bAKIA[0-9A-Z]{12}|\bgh[pousr]_\w{20}")
_ENCODED = Sought(r"\s*[A-Za-z0-9+/=_-]{40,}\s*$")
_IN_URL = Sought(r"(?P<before>\b[a-zA-Z][\w+.-]*://)[^\s/@]+@")
_ASSIGNED = Sought(r"-{1,2}[\w-]+=\S|[A-Za-z_]\w*=\S")
_READERS = frozenset({
    "ip", "bridge", "ss", "netstat", "iptables", "ip6tables", "iptables-save", "ip6tables-save", "iptables-nft-save",
    "iptables-legacy-save", "ip6tables-nft-save", "ip6tables-legacy-save", "iptables-nft", "iptables-legacy", "nft",
    "ipset", "ebtables", "arp", "route", "ifconfig", "brctl", "sysctl", "conntrack", "firewall-cmd", "ufw", "uname",
    "lsmod", "hostname", "tc", "ping", "ping6", "arping",
})  # fmt: skip
"""The programs whose words are links, addresses, tables and options."""
_ENGINES = frozenset({"docker", "podman", "nerdctl", "docker-compose", "podman-compose"})
_ENGINE_WORDS = Sought(
    r"(?:compose|container|network|system|ps|inspect|ls|info|version|port|logs|run|create|start|up|-a|--no-trunc)"
)


def is_secret(line: str) -> bool:
    """Return whether a line of a text may contain a password, a token or a key."""
    line = _NO_SECRET.sub("", line)
    return any(each.search(line) is not None for each in (_NAMED, _KEY_BLOCK)) or _ENCODED.match(line) is not None


def without_credentials(text: str) -> str:
    """Return the text in which URLs have no user and no password."""
    return _IN_URL.sub(r"\g<before>", text)


def origin_of(command: Command, told: str) -> str:
    """Return the origin of a reading: the command with only the words that matter.  ``told``: the kind of output that
    was recognised."""
    if not command.words:
        return told
    program = command.words[0]
    words: tuple[str, ...] = (program,)
    if program in _READERS:
        words = tuple(each for each in command.words if not _ASSIGNED.match(each) or program == "sysctl")
    elif program in _ENGINES:
        known = [each for each in command.words[1:] if _ENGINE_WORDS.fullmatch(each)]
        words = (program, *known[:2])
    elif program in ("cat", "head", "tail", "less", "more"):
        words = (program, *(each for each in command.words[1:] if each.startswith("/")))
    inside = "docker exec … " if command.netns != HOST else ""
    said = inside + " ".join(words)
    return told if is_secret(said) else without_credentials(said)
