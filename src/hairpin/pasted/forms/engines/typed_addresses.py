"""Addresses in the arguments and the settings that somebody typed for a program in a container: those on which it shall
listen, and the ports of its own loopback address that it shall ask."""

import re
from collections.abc import Iterable, Iterator, Mapping

from hairpin.sought import Sought

_LISTENS = Sought(
    r"(?:^|\s)-{1,2}(?:[\w.-]*-)?(?:https?|listen|bind|addr|address|listen-address|bind-address)"
    r"(?:-(?:addr|address|urls?|client-urls))?[= ]+[\"']?(?:https?://|tcp://)?(?P<address>127\.\d+\.\d+\.\d+|0\.0\.0\.0|\*|\[::\])?:"
    r"(?P<port>\d{2,5})(?![\w.:])"
)
"""Matches an option of a server with an address and a port: ``-http 127.0.0.1:421``, ``--console-address=:9001``."""
_ASKS = Sought(r"(?:://(?:[^@/\s\"']*@)?|[@=,\s\"']|^)(?:localhost|127\.0\.0\.1):(?P<port>\d{2,5})(?![\w.:])")
_LOOPBACK = Sought(r"localhost|127\.0\.0\.1")
_OWN = Sought(r"(?:.*_)?(?:LISTEN|BIND|SERVE|HOST|ADDR|ADDRESS)$|ASPNETCORE_URLS$", re.IGNORECASE)
"""Settings that name the address of the program itself.  With a port behind a name, ``DB_HOST`` names another one."""
_HOST = Sought(r"(?P<of>\w+_)(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$", re.IGNORECASE)


def listens_in(words: Iterable[str]) -> list[str]:
    """Return the addresses on which a program shall listen, as its arguments say: ``127.0.0.1:80``, ``:80``."""
    return [f"{each['address'] or ''}:{each['port']}" for each in _LISTENS.finditer(" ".join(words))]


def asks_in(words: Iterable[str], settings: Mapping[str, str]) -> list[int]:
    """Return the ports of its loopback address that a program shall ask, as its arguments and settings say:
    ``--db postgres://localhost:5432``, ``DB_HOST=127.0.0.1`` with ``DB_PORT=3306``."""
    said = _LISTENS.sub(" ", " ".join(words))
    return list(dict.fromkeys((*(int(each["port"]) for each in _ASKS.finditer(said)), *_in_settings(settings))))


def _in_settings(settings: Mapping[str, str]) -> Iterator[int]:
    ports = {key.upper(): value for key, value in settings.items() if value.isdecimal()}
    for key, value in settings.items():
        of = _HOST.match(key)
        if of is not None and _LOOPBACK.fullmatch(value) is not None:
            yield from (int(port) for name in ("PORT",) if (port := ports.get(f"{of['of'].upper()}{name}")))
        elif _OWN.match(key) is None:
            yield from (int(each["port"]) for each in _ASKS.finditer(value))


def settings_in(lines: Iterable[str]) -> dict[str, str]:
    """Return the settings ``KEY=VALUE`` and ``KEY: VALUE``, without quotes."""
    pairs = (re.match(r"[\"']?(\w+)[\"']?\s*(?:=|:\s)\s*(.*)$", each.strip().strip("\"'")) for each in lines)
    return {each[1]: each[2].strip("\"' ") for each in pairs if each is not None}
