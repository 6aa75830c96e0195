"""Command lines of ``docker run``, ``docker create`` and ``podman run``, which show how a container is meant to be.

Only options about the network are kept, without environment and volumes.

Source: docker cli/command/container/opts.go; podman cmd/podman/common/create.go
"""

import re
from collections.abc import Iterable
from typing import Any

from hairpin.pasted.form import Found, OutputForm, Paste
from hairpin.pasted.forms.engines.engine_words import fragments
from hairpin.pasted.forms.engines.published import port_bindings
from hairpin.pasted.forms.engines.typed_addresses import asks_in, listens_in, settings_in
from hairpin.pasted.forms.engines.typed_line import BEGINNING, QUOTED, Called, line_at
from hairpin.sought import Sought

_RUN = Sought(r".*\b(?P<engine>docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\s")
_CALLED = Called(
    _RUN,
    Sought(
        rf"{BEGINNING}(?:container\s+)?(?:run|create)\s+(?=-|\S*[/:.]\S*\s*$|\\|(?!(?:command|it|this|that|image|again|the|fails?)"
        r"\b)[a-z][\w-]+\s*$)"
    ),
    Sought(rf"{QUOTED}(?:container\s+)?(?:run|create)\s+-[^`]*)`"),
)
_WITH_VALUE = frozenset((
    "--publish", "--name", "--network", "--net", "--volume", "--env", "--env-file", "--workdir", "--user",
    "--hostname", "--restart", "--mount", "--dns", "--dns-search", "--dns-option", "--dns-opt", "--add-host",
    "--link", "--label", "--ip", "--ip6", "--mac-address", "--memory", "--cpus", "--cpuset-cpus", "--cpuset-mems",
    "--cpu-shares", "--cpu-quota", "--cpu-period", "--log-driver", "--log-opt", "--entrypoint", "--device",
    "--cap-add", "--cap-drop", "--security-opt", "--sysctl", "--ulimit", "--tmpfs", "--shm-size", "--expose",
    "--network-alias", "--net-alias", "--pid", "--ipc", "--uts", "--userns", "--cgroup-parent", "--cgroupns",
    "--gpus", "--runtime", "--platform", "--pull", "--health-cmd", "--health-interval", "--health-retries",
    "--health-timeout", "--health-start-period", "--stop-signal", "--stop-timeout", "--volumes-from",
    "--volume-driver", "--group-add", "--cidfile", "--annotation", "--isolation", "--oom-score-adj", "--memory-swap",
    "--memory-swappiness", "--memory-reservation", "--pod", "--secret", "--storage-opt", "--blkio-weight",
    "--kernel-memory", "--pids-limit", "--attach", "--detach-keys", "--domainname", "--label-file",
    "--use-api-socket", "--device-cgroup-rule", "--init-path", "--link-local-ip", "--arch", "--os", "--systemd",
    "--cgroups", "--umask", "--tz", "--authfile",
))  # fmt: skip
_SHORT_WITH_VALUE = frozenset("pvewuhlmca")
_SHORT = frozenset("ditPq")


def _run(paste: Paste, start: int) -> Found | None:
    line = line_at(paste, start, _CALLED)
    made = _of_run(line.words) if line is not None else None
    if line is None or made is None:
        return None
    return Found(
        line.end, f"{line.engine} run", tuple(fragments(f"typed-{line.engine}-containers", [made] if made else []))
    )


def _options(words: list[str]) -> tuple[dict[str, list[str]], int]:
    """Return the options with their values, and the position of the first word after them."""
    options: dict[str, list[str]] = {}
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in ("-", "--"):
        word = words[at]
        at += 1
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            if not equals and name in _WITH_VALUE and at < len(words):
                value = words[at]
                at += 1
            options.setdefault(name, []).append(value)
            continue
        letters = word[1:]
        while letters and letters[0] in _SHORT:
            options.setdefault(f"-{letters[0]}", []).append("")
            letters = letters[1:]
        if letters and letters[0] in _SHORT_WITH_VALUE:
            value = letters[1:].removeprefix("=")
            if not value and at < len(words):
                value = words[at]
                at += 1
            options.setdefault(f"-{letters[0]}", []).append(value)
    return options, at


def _of_run(words: list[str]) -> dict[str, Any] | None:
    """Return the container that the words of ``docker run`` ask for; None if they name neither an image nor a published
    port: people cut the end of a long line.  If the container only runs a command or a shell and is removed afterwards,
    return an empty object, because no such container is left."""
    options, at = _options(words)
    asked = options.get("-p", []) + options.get("--publish", [])
    words = [*words, ""] if at >= len(words) and any(re.search(r"\d", each) for each in asked) else words
    if at >= len(words) or (words[at] and re.match(r"[A-Za-z0-9<$.{]", words[at]) is None):
        return None
    detached = "-d" in options or "--detach" in options
    is_brief = words[at + 1 :] or "--entrypoint" in options or _SHELL_IMAGE.match(words[at]) is not None
    if "--rm" in options and not detached and not asked and "--name" not in options and is_brief:
        return {}
    made = container(
        image="" if set("<$") & set(words[at]) else words[at],
        name=_last(options, "--name"),
        mode=_last(options, "--network", "--net") or "default",
        ports=asked,
    )
    settings = made["HostConfig"]
    fixed = _last(options, "--ip") or _FIXED.sub(r"\1", _last(options, "--network", "--net"))
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", fixed):
        made["NetworkSettings"]["Networks"] = {settings["NetworkMode"]: {"IPAMConfig": {"IPv4Address": fixed}}}
    if listens := listens_in(words[at + 1 :]):
        made["Listens"] = listens
    if asks := asks_in(words[at + 1 :], settings_in((*options.get("-e", []), *options.get("--env", [])))):
        made["Asks"] = asks
    set_by = [each.partition("=")[0] for name in ("-e", "--env") for each in options.get(name, [])]
    mounted = [each for name in ("-v", "--volume") for each in options.get(name, [])]
    if not words[at + 1 :] and _OTHERWISE.isdisjoint(options) and is_plain(set_by, mounted):
        made["Plain"] = True
    if "--restart" in options:
        settings["RestartPolicy"] = {"Name": options["--restart"][-1].partition(":")[0]}
    if "-P" in options or "--publish-all" in options:
        settings["PublishAllPorts"] = True
    for name, key in (("--dns", "Dns"), ("--add-host", "ExtraHosts"), ("--link", "Links")):
        if name in options:
            settings[key] = options[name]
    if "--expose" in options:
        made["Config"]["ExposedPorts"] = {key: {} for key in exposed_ports(options["--expose"])}
    return made


_OTHERWISE = frozenset(("--entrypoint", "--env-file", "--mount", "--volumes-from"))
"""The options whose values may give a program another port, and do not say it themselves."""


def is_plain(variables: Iterable[str], mounts: Iterable[str]) -> bool:
    """Return whether the program listens on the ports of its image: no variable's name is about a port, an address or
    arguments, and only folders of data are mounted."""
    return not any(map(_CONFIGURES.search, variables)) and all(map(_OF_DATA.match, mounts))


_CONFIGURES = Sought(r"PORT|LISTEN|BIND|ADDR|HOST|ARG|OPT|FLAG|CONF|COMMAND|CMD|URL|\$|^[^A-Z]", re.IGNORECASE)
_OF_DATA = Sought(
    r"(?:[^:]+:)?/(?:var/(?:lib|log|www)|data|etc/(?:localtime|timezone)|docker-entrypoint-initdb\.d"
    r"|usr/share/nginx/html|usr/local/apache2/htdocs|tmp)(?:[/:].*)?$"
)


_FIXED = Sought(r"[^:]*:(?:.*,)?ip=([\d.]+).*")
"""Matches a network with Podman's option for the container's address: ``lan:ip=192.0.2.7``."""
_SHELL_IMAGE = Sought(
    r"(?:\S*/)?(?:alpine|ubuntu|debian|centos|fedora|rocky\w*|alma\w*|amazonlinux|archlinux|opensuse\w*|busybox|bash"
    r"|hello-world|python|node|golang|ruby|php|perl|openjdk|rust|gcc|netshoot|curl|dnsutils|buildpack-deps)(?:[:@]\S*)?$"
)
"""Matches an image whose containers run a shell, an interpreter or a single tool, unless a command follows."""
_SHELLS = frozenset(("sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash", "zsh"))


def shell_container(words: tuple[str, ...]) -> str:
    """Return the name of the container in which ``docker run -it IMAGE [SHELL]`` starts a shell; empty if the command
    starts none.  A container without ``--name`` is named after its image."""
    if words[1:2] != ("run",):
        return ""
    options, at = _options(list(words[2:]))
    behind = words[2 + at :]
    is_interactive = not {"-i", "-t", "--interactive", "--tty"}.isdisjoint(options)
    if not behind or not is_interactive or "-d" in options or (behind[1:] and behind[-1] not in _SHELLS):
        return ""
    return _last(options, "--name") or behind[0].rpartition("/")[2].partition(":")[0]


def _last(options: dict[str, list[str]], *names: str) -> str:
    value = next((options[name][-1] for name in names if name in options), "")
    return "" if "$" in value or "<" in value else value


def exposed_ports(options: Iterable[str]) -> list[str]:
    """Return the keys of exposed ports: ``80/tcp``."""
    return [
        f"{number}/{protocol or 'tcp'}"
        for number, _, protocol in (each.partition("/") for each in options)
        if number.isdigit()
    ]


def container(*, image: str, name: str, mode: str, ports: list[str]) -> dict[str, Any]:
    """Return a container in the form of ``docker inspect``.  ``mode``: the network, which may have options after a
    colon.  ``ports``: the ports in the form of ``-p``."""
    network, _, owner = mode.partition(":")
    bindings = port_bindings(ports)
    made: dict[str, Any] = {
        "Config": {"Image": image},
        "HostConfig": {
            "NetworkMode": f"{network}:{owner}" if network == "container" else network,
            "PortBindings": bindings,
        },
        "NetworkSettings": {"Ports": {} if network in ("host", "none", "container") else bindings},
    }
    if name:
        made["Name"] = "/" + name
    return made


FORMS = (OutputForm(_RUN, _run, ("docker", "podman", "nerdctl")),)
