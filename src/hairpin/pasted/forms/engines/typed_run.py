"""Command lines of ``docker run``, ``docker create`` and ``podman run``, which show how a container is meant to be.

Only options about the network are kept, without environment and volumes.

Source: docker cli/command/container/opts.go; podman cmd/podman/common/create.go
"""

import re
import shlex
from collections.abc import Iterable
from typing import Any

from hairpin.pasted.form import Command, Found, OutputForm, Paste
from hairpin.pasted.forms.engines.engine_words import fragments
from hairpin.pasted.forms.engines.published import port_bindings
from hairpin.sought import Sought

_ENGINE = r"(?:docker|podman|nerdctl)"
_RUN = Sought(r".*\b(?P<engine>docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\s")
_ALONE = Sought(
    rf"\s*(?:(?:[-*\u2022]|\d+[.)])\s+)?(?:[$#>]\s*)?(?:sudo\s+(?:-\w+\s+)?)?(?:\S+=\S+\s+)?{_ENGINE}\s+"
    rf"(?:container\s+)?(?:run|create)\s+(?=-|\S*[/:.]\S*\s*$|\\|(?!(?:command|it|this|that|image|again|the|fails?)\b)[a-z][\w-]+\s*$)"
)
_QUOTED = Sought(rf".*`\s*(?:[$#>]\s+)?(?:sudo\s+)?(?P<command>{_ENGINE}\s+(?:container\s+)?(?:run|create)\s+-[^`]*)`")
_LEAST_TO_WRAP = 20
_RIGHT_PROMPT = Sought(r"\s{8,}\d\d:\d\d:\d\d\s*$")
"""Matches the time that zsh prints at the right end of a command line."""
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
    line = _RIGHT_PROMPT.sub("", paste.lines[start])
    typed = paste.commands.get(start)
    quoted = _QUOTED.match(line)
    end = start + 1
    if (typed is not None and _is_behind_prompt(line, typed)) or _ALONE.match(line) is not None:
        text, end = _whole_line(paste, start)
    elif quoted is not None:
        text = quoted["command"]
    else:
        return None
    match = _RUN.match(text)
    if match is None:
        return None
    engine = "podman" if match["engine"] == "podman" else "docker"
    made = _of_run(_words(text[match.end() :]))
    if made is None:
        return None
    return Found(end, f"{engine} run", tuple(fragments(f"typed-{engine}-containers", [made] if made else [])))


def _is_behind_prompt(line: str, typed: Command) -> bool:
    """Return whether the line is only a prompt and the command.  A single ``#`` is no prompt, because it may begin a
    heading."""
    prompt = line.rstrip().removesuffix(typed.text).strip() if line.rstrip().endswith(typed.text) else ""
    return prompt not in ("", "#") and typed.words[0] in ("docker", "podman", "nerdctl")


def _words(text: str) -> list[str]:
    """Return the words of the command up to the next command of the line."""
    try:
        found = shlex.split(text)
    except ValueError:
        found = text.split()
    end = next((number for number, word in enumerate(found) if word in ("&&", "||", ";", "|", ">", "2>&1")), len(found))
    return found[:end]


def _whole_line(paste: Paste, start: int) -> tuple[str, int]:
    r"""Return the command line with the lines that continue it, and the index after them.

    A line continues if it ends with a backslash (on Windows ``^`` or a backtick), even if pasting has added a blank
    line after it.  A line also continues if the next line begins with an option, because the line was wrapped."""
    text = _RIGHT_PROMPT.sub("", paste.lines[start].strip())
    end = start + 1
    while end < len(paste.lines):
        following = paste.lines[end].strip()
        open_end = text.endswith(("\\", " ^", " `"))
        if open_end and not following and end + 1 < len(paste.lines) and paste.lines[end + 1].strip():
            end += 1
            continue
        if open_end and following:
            following = re.sub(r"^>\s+", "", following)  # the shell's prompt for a continued line
            text = text[:-1].rstrip() + " " + following
        elif re.match(r"--?[a-z]", following) and len(text) > _LEAST_TO_WRAP and end not in paste.commands:
            text += " " + following
        else:
            break
        end += 1
    return text.rstrip("\\"), end


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
    if listens := listens_in(words[at + 1 :]):
        made["Listens"] = listens
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


def listens_in(words: Iterable[str]) -> list[str]:
    """Return the addresses on which a program shall listen, as its arguments say: ``127.0.0.1:80``, ``:80``."""
    return [f"{each['address'] or ''}:{each['port']}" for each in _LISTENS.finditer(" ".join(words))]


_LISTENS = Sought(
    r"(?:^|\s)-{1,2}(?:[\w.-]*-)?(?:https?|listen|bind|addr|address|listen-address|bind-address)"
    r"(?:-(?:addr|address|urls?|client-urls))?[= ]+[\"']?(?:https?://|tcp://)?(?P<address>127\.\d+\.\d+\.\d+|0\.0\.0\.0|\*|\[::\])?:"
    r"(?P<port>\d{2,5})(?![\w.:])"
)
"""Matches an option of a server with an address and a port: ``-http 127.0.0.1:421``, ``--console-address=:9001``."""
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
