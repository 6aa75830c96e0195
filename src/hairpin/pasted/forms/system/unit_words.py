"""Reads the output of ``systemctl status``, ``is-active`` and ``is-enabled``, as blocks of ``systemctl show``.

    status := ("*" | "●" | "○" | "×") " " UNIT [" - " WORDS] NL "Loaded: " … NL "Active: " …

From dockerd's command line in its control group only the flags that the collector keeps are kept.

Source: systemd src/systemctl/systemctl-show.c print_status_info()
"""

import re
from collections.abc import Iterator

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste
from hairpin.pasted.forms.engines.json_documents import daemon_flags
from hairpin.sought import Sought

_UNIT = Sought(
    r"\s*(?:[*\u25cf\u25cb\u00d7\u2022?x]\s*)?(?P<unit>[\w@.\\-]+\.(?:service|socket|target|timer|mount))(?: - .*)?$"
)
_LOADED = Sought(
    r"\s*Loaded: (?P<load>loaded|not-found|masked|error|bad-setting)\b(?: \((?P<path>[^;)]*)"
    r"(?:; (?P<enabled>[\w-]+))?)?"
)
_ACTIVE = Sought(r"\s*Active: (?P<active>active|inactive|failed|activating|deactivating|reloading)\b")
_DETAIL = Sought(
    r"\s*(?:Loaded|Active|Docs|Main PID|Process|Tasks|Memory|CPU|CGroup|Status|TriggeredBy|Triggers|Drop-In|IP|IO"
    r"|Invocation|Until|Since|Condition|Listen|Accepted|FD|Error|Transient|Follow|Duration|Start|Swap|Peak|Notify|http"
    r"|\u2514|\u251c|\u2502|`-|\|-|\d+ |/)"
)
_JOURNAL = Sought(r"\s*(?:[A-Z][a-z]{2} \d\d? \d\d:\d\d:\d\d |Hint: |Warning: |Notice: |lines \d+-\d+|-- )")
_DOCKERD = Sought(r"\s*[\u2514\u251c\u2502\u2500 |`-]*\d+ (?:\S*/)?dockerd(?P<flags>(?:\s+\S+)*)\s*$")


def _status(paste: Paste, start: int) -> Found | None:
    unit = _UNIT.match(paste.lines[start])
    assert unit is not None
    end = paste.block(
        start + 1, lambda line: _DETAIL.match(line) or _JOURNAL.match(line) or line[:1].isspace(), blank=1
    )
    lines = paste.lines[start + 1 : end]
    loaded = next((match for line in lines[:3] if (match := _LOADED.match(line)) is not None), None)
    active = next((match for line in lines if (match := _ACTIVE.match(line)) is not None), None)
    if loaded is None or active is None:
        return None
    return Found(end, f"systemctl status {unit['unit']}", tuple(_parts(unit["unit"], loaded, active["active"], lines)))


def _parts(unit: str, loaded: re.Match[str], active: str, lines: tuple[str, ...]) -> Iterator[Fragment]:
    state = loaded["enabled"] or ""
    yield _unit(unit, loaded["load"], active, "masked" if loaded["load"] == "masked" else state)
    if unit == "firewalld.service" and active in ("active", "inactive", "failed"):
        yield Fragment("firewalld-state", "running\n" if active == "active" else "not running\n", "")
    if unit != "docker.service" or active != "active":
        return
    for line in lines:
        daemon = _DOCKERD.match(line)
        if daemon is not None and not re.search(r"\u2026|\.\.\.$", daemon["flags"]):
            yield Fragment(
                "dockerd-cmdline", "".join(f"{flag}\n" for flag in daemon_flags(daemon["flags"].split())), ""
            )
            return


def _unit(unit: str, load: str, active: str, enabled: str) -> Fragment:
    text = f"Id={unit}\nLoadState={load}\nActiveState={active}\nUnitFileState={enabled}\n\n"
    return Fragment("units", text, "", f"systemctl status {unit}")


_WORD = Sought(
    r"\s*(?:active|inactive|failed|activating|unknown|enabled|disabled|masked|static|indirect"
    r"|enabled-runtime|generated|alias)\s*$"
)


def _word(paste: Paste, start: int) -> Found | None:
    """Return the words of ``systemctl is-active UNIT…`` or ``is-enabled UNIT…``, one line for each unit."""
    command = paste.command_above(start)
    asked = command.words[1:2]
    if command.words[:1] != ("systemctl",) or asked not in (("is-active",), ("is-enabled",)):
        return None
    units = [word if "." in word else f"{word}.service" for word in command.words[2:] if not word.startswith("-")]
    end = paste.block(start, _WORD.match)
    if end - start != len(units):
        return None
    parts: list[Fragment] = []
    for unit, line in zip(units, paste.lines[start:end], strict=True):
        word = line.strip()
        if word == "unknown":
            continue
        is_active = asked == ("is-active",)
        made = _unit(unit, "loaded", word if is_active else "", "" if is_active else word)
        parts.append(made._replace(origin=f"systemctl {asked[0]} {unit}"))
        if unit == "firewalld.service" and is_active:
            parts.append(Fragment("firewalld-state", "running\n" if word == "active" else "not running\n", ""))
    return Found(end, f"systemctl {asked[0]}", tuple(parts))


FORMS = (OutputForm(_UNIT, _status), OutputForm(_WORD, _word))
