"""Renames in traces: users in the places where each log names them, containers, hosts, addresses and boot ids."""

import re

from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import Reading
from hairpin.evidence.redact_text import Text

_USER = r"(?P<user>[A-Za-z_][A-Za-z0-9_.-]*\$?)"
_USERS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?<![\w.-]){_USER}(?= : (?:TTY=|PWD=|HOST=|command not allowed|\d+ incorrect))",  # sudo
        rf"(?<=; USER=){_USER}",
        rf"(?:Accepted \S+ for |auth succeeded for '|for user |[Ss]uccessful su for )(?:invalid user )?{_USER}",
        rf"\bby {_USER}(?=\(uid=)",
        rf"(?<![\w.-]){_USER}(?= ran command )",  # doas
        rf"(?<![\w.-]){_USER}(?=: Executing command )",  # pkexec
        rf"\({_USER}(?=\) CMD )",  # cron
        rf"^Requested-By: {_USER}",  # apt
        rf"^\d+ \d+ \d+ {_USER}(?= /)",  # stat
        rf'\b(?:AUID|UID|acct)="{_USER}(?=")',  # auditd
        rf"(?<=\(to root\) ){_USER}",  # su
    )
)
"""The group has the user's name; a pattern looks around it, or has it at its end."""
_KEPT = frozenset({"root", "docker", "podman", "systemd", "iptables", "nft", "firewalld"})
"""Users whose names are those of programs: under another name a command would not be known any more."""
_BOOT = re.compile(r'(?:(?<="_BOOT_ID":")|^(?P<before>\s*-?\d+ ))(?P<id>[0-9a-f]{32})(?![0-9a-f])', re.MULTILINE)
_PROSE = frozenset({
    "trace-logins", "trace-cron", "trace-syslog", "trace-engines", "trace-firewalls", "trace-audit", "trace-scripts",
    "trace-own-units", "trace-package-scripts",
})  # fmt: skip
"""Prose of people and programs: names that are known are renamed wherever they stand as words."""
_VERSIONS = frozenset({"trace-packages", "trace-rpm"})
"""Version numbers of four parts look like addresses.  Of these readings only the commands have some."""
_COMMAND = re.compile(r"^Commandline: .*$", re.MULTILINE)


class RedactedTraces:
    """Renames one reading of the traces at a time; those that hold JSON of an engine are documents."""

    def __init__(self, names: NameMap, text: Text) -> None:
        self._names = names
        self._text = text

    def redact(self, reading: Reading) -> str:
        """Return the text renamed."""
        text = reading.text
        for pattern in _USERS:
            text = pattern.sub(self._renamed, text)
        text = _BOOT.sub(lambda found: f"{found['before'] or ''}{self._names.machine(found['id'])}", text)
        if reading.key in _VERSIONS:
            return _COMMAND.sub(lambda found: self._text.words(self._text.plain(found[0])), text)
        plain = self._text.plain(text)
        return self._text.words(plain) if reading.key in _PROSE or reading.outcome != "text" else plain

    def _renamed(self, found: re.Match[str]) -> str:
        user = found["user"]
        start = found.start("user") - found.start()
        fresh = user if user in _KEPT else self._names.name(user)
        return found[0][:start] + fresh + found[0][start + len(user) :]
