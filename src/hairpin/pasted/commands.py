"""Finds the command lines that were typed above their outputs."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from hairpin.evidence.reading import HOST
from hairpin.pasted.form import Command
from hairpin.pasted.forms.engines.typed_run import shell_container
from hairpin.sought import Sought

_NAMED = (
    "iptables ip6tables iptables-save ip6tables-save iptables-nft iptables-legacy iptables-nft-save "
    "iptables-legacy-save ip6tables-nft ip6tables-legacy ebtables nft ipset ip ifconfig route netstat ss brctl bridge "
    "sysctl docker podman docker-compose podman-compose nerdctl firewall-cmd ufw systemctl journalctl service uname "
    "cat grep egrep ping ping6 curl wget telnet nc ncat netcat nmap tcpdump lsof conntrack arp hostname hostnamectl "
    "lsb_release dpkg rpm apt yum dnf traceroute tracepath mtr dig nslookup host getent nsenter lsmod dmesg ethtool "
    "resolvectl networkctl nmcli tc wg kubectl crictl sestatus getenforce ls echo tail head less more sh bash ssh su"
)
_NAMES = frozenset(_NAMED.split())
_PROMPT = Sought(
    r"""\s*(?:\([\w.:/-]+\)\s*)?(?:\[?\d\d:\d\d(?::\d\d)?\]?\s+)?
        (?:(?:/[\w./-]*|~)\s?[$\#]\s
          |\[(?P<user1>[\w.-]+)@(?P<host1>[\w.-]+)[\s:]+[^\]\s]*\]\s?[$\#]
          |(?P<user2>[\w.-]+)@(?P<host2>[\w.-]+)[:\s]?[^\s$\#%>]*\s?[$\#%>]
          |(?P<host3>[\w.-]+)(?:[:~][^\s$\#]*|:[~/][^\s$\#]*\s)[$\#]
          |(?P<host4>[\w.-]+):[^\s$\#]+\s[\w.-]+\$
          |[$\#%>\u276f\u279c]|(?:bash|sh|ash)-?[\d.]*[$\#]|PS\s[^>]*>|[A-Z]:\\[^>]*>)
        \s*(?P<command>\S.*)$""",
    re.VERBOSE,
)
_ANY_NAME = "|".join(re.escape(each) for each in sorted(_NAMES, key=len, reverse=True))
_BARE = Sought(rf"(?:sudo\s+(?:-\w+\s+)*)?(?:/(?:usr/)?s?bin/)?(?:{_ANY_NAME})(?:\s+(?P<rest>\S.*))?$")
_OPTIONS = Sought(
    r"-{1,2}[\w]|(?:a|addr|address|link|l|r|ro|route|rule|neigh|n|ps|inspect|info|version|network|logs|images|compose"
    r"|status|list|show|save|get|exec|run|port)\b|[/|>]"
)
_ASKED = Sought(r"(?:-\S+\s+(?:\d+\s+)?)*['\"]?(?:https?://|\d+\.\d+\.\d+\.\d+\b|localhost\b)")
"""Matches the words after a client's name up to the client's target."""
_ALONE = frozenset({
    "ifconfig", "route", "netstat", "ss", "arp", "hostname", "hostnamectl", "lsmod", "dmesg", "iptables-save",
    "ip6tables-save", "uname", "ufw",
})  # fmt: skip
"""The programs that people run without arguments.  The name of any other program, alone in a line, is an ordinary word
of the text."""
_CLIENTS = ("curl", "wget", "ping", "ping6", "telnet", "nc", "ncat", "netcat", "nmap", "traceroute", "tracepath")
_TITLE = Sought(r"[a-z]: (?:[A-Za-z']+,? ){3}")
"""Matches a command in a title, before the sentence about it: ``docker compose up: the services do not answer``."""
_QUOTED = Sought(r"`([^`]+)`|\*\*([^*]+)\*\*|<([^>\s]+\s[^>]+)>$")
_SAID = Sought(r"\s*[A-Z][^:`]{2,80}:\s+(?P<command>(?:sudo\s+)?(?:docker|podman)\s+run\s+\S.*)$")
"""A command that a sentence introduces: ``I ran: docker run -d nginx``."""
INTRODUCED_CALL = Sought(
    r"\W*(?:执行|运行|输入|使用)(?:命令)?\s?[:：]?\s*`?(?P<command>(?:sudo\s+)?[a-z][\w-]*\s[^`：]*?)`?\s*(?:[\u4e00-\u9fff"
    r"，。：].*)?$"
)
"""A command that a word introduces, before the words about its output: ``执行 ip addr 查看网卡配置：``."""
_NO_PROGRAM = Sought(r"/(?!(?:usr/)?(?:local/)?s?bin/)")
"""A path that is no program's: a comment ``# /etc/default/ufw`` looks like a prompt with a command."""
_CONTAINER_ID = Sought(r"[0-9a-f]{12}|container")
"""Matches the host's name that an engine gives to a container: the beginning of the container's id, or the word."""
_INTRODUCED = Sought(
    r"(?!.*\b(?:dind|docker|host|vm|machine)\b)(?:\W*|.*[.;,] )(?:(?:and |but |now |output |here )*(?:from |of )?"
    r"(?:in|inside|within|from)(?: of)? (?:the|a|my|this|that|its|each) (?:\w+ )?container\b[^.!?]{0,30}"
    r"|(?:在|从)?容器(?:里面?|内部?|中)[^。\n]{0,12})[:：]\W*$",
    re.IGNORECASE,
)
"""Matches a line that says that the output below it was printed in a container, and names no container.  In a container
with an engine, outputs are about this engine."""
_LISTS = Sought(r".*\b(?:docker|podman)\b.* (?:ps|run|inspect)\b|CONTAINER ID|\s*(?:services|ports):|.*->\d+/")
"""Matches a line of a text that names its containers."""
_OF_THE_HOST = frozenset(
    ("docker", "podman", "nerdctl", "docker-compose", "systemctl", "firewall-cmd", "ufw", "kubectl")
)
_SOMEWHERE = "container:CONTAINER"
_SHELLS = frozenset({"sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"})
_WRAPPERS = frozenset({"sudo", "doas", "env", "time", "watch", "strace"})
_LONGEST = 400
_CHANGES = Sought(
    r"(?:\S*/)?(?:ip6?tables(?:-legacy|-nft)?|\$\{?\w+\}?) .*(?<!\S)(?:-[PAIDFXN]|--(?:policy|append|insert|delete"
    r"|flush))\b|ip6?tables-restore\b|nft (?:-f|add|insert|delete|flush)\b|ifconfig \S+ \S|sysctl .*=|echo \S+ ?> "
    r"?/proc/sys/|ip (?:-\S+ )*(?:a|addr|address|l|link|r|route|rule) (?:add|del|delete|flush|set|replace|change)\b"
    r"|route (?:add|del)\b|(?:systemctl|service) .*\b(?:re)?(?:start|stop|load)\b|brctl (?:add|del)|firewall-cmd "
    r".*--(?:(?:complete-)?reload|add-|remove-|set-)|ufw (?:--force )?(?:enable|disable|reload|reset)\b"
)
"""Matches the beginning of a command that changes the path of packets.  No such command has a password in it."""


def changes(command: Command) -> bool:
    """Return whether the command changes addresses, links, routes, rules or switches of the host."""
    return command.netns == HOST and _CHANGES.match(command.text.removeprefix("sudo ")) is not None


def command_in(line: str, index: int) -> Command | None:
    """Return the command if the line is a command line, with or without a prompt; else None."""
    if len(line) > _LONGEST or not line.strip():
        return None
    prompt = _PROMPT.match(line)
    if prompt is not None:
        found = _command(
            prompt["command"], index, prompt["host1"] or prompt["host2"] or prompt["host3"] or prompt["host4"] or ""
        )
        if found is not None:
            return found
    called = INTRODUCED_CALL.match(line)
    bare = (called["command"] if called is not None else line.strip().rstrip(":")).strip()
    quoted = _QUOTED.search(bare) if _NSENTER.match(bare) is None else None
    if quoted is not None and (inner := next(filter(None, quoted.groups()), "")):
        bare = inner.strip().removeprefix("$ ")
    named = _BARE.match(bare)
    if named is None or not _is_typed(bare, named["rest"]):
        said = _SAID.match(line)
        return _command(said["command"], index, "") if said is not None and ": " in line else None
    return _command(bare, index, "")


def _is_typed(text: str, rest: str | None) -> bool:
    """Return whether the words after a program's name belong to a command, and not to a sentence."""
    if _TITLE.search(text) is not None:
        return False
    if rest is None:
        return text.removeprefix("sudo ").rpartition("/")[2] in _ALONE
    if _OPTIONS.match(rest) is not None:
        return True
    return text.removeprefix("sudo ").split()[0] in _CLIENTS and _ASKED.match(rest) is not None


_NSENTER = Sought(
    r"(?:sudo )?nsenter (?:-\S+ +)*(?:-t|--target)[ =]?(?:[\"']?(?:\$\(|`)(?:sudo )?(?:docker|podman) "
    r"(?:container )?inspect [^`)]*?(?P<name>[\w.-]+) ?[`)][\"']?|\S+) (?:-(?!t)\S+ +)*(?P<command>[a-z/].*)$"
)
"""Matches the entering of the namespaces of a container's process, which ``docker inspect`` may have to find."""
_POD = Sought(r"(?:kubectl|oc)(?: -\S+(?: \w[\w-]*)?)* exec (?:(?:-[itq]+|-[nc] \S+|--\w+=\S+) )*(?P<name>[\w.-]+) ")
_POD_COMMAND = Sought(r".*? -- (?P<command>\S.*)$")


def _entered_otherwise(text: str) -> tuple[str, str] | None:
    """Return the container into which ``nsenter`` or ``kubectl exec`` leads, and the command that runs there."""
    entered = _NSENTER.match(text)
    if entered is not None and re.search(r" (?:-\w*n\w*|--net)\b", text.partition(entered["command"])[0]):
        return (f"container:{entered['name']}" if entered["name"] else _SOMEWHERE), entered["command"]
    pod, run = _POD.match(text), _POD_COMMAND.match(text)
    return (f"container:{pod['name']}", run["command"]) if pod is not None and run is not None else None


def _command(text: str, index: int, host: str) -> Command | None:
    otherwise = _entered_otherwise(text)
    if otherwise is not None:
        inner = _command(otherwise[1], index, host)
        return inner._replace(text=text.strip(), netns=otherwise[0]) if inner is not None else None
    words = _words(text)
    netns = f"container:{host}" if _CONTAINER_ID.fullmatch(host) else HOST
    while words:
        program = words[0].rpartition("/")[2]
        if program in _WRAPPERS or ("=" in words[0] and not words[0].startswith("-")):
            words = words[1:]
            while words and words[0].startswith("-"):
                words = words[1:]
            continue
        entered = _place_entered(program, words)
        if entered is None:
            break
        netns, words = entered
    if not words or words[0].rpartition("/")[2] not in _NAMES or _NO_PROGRAM.match(words[0]) is not None:
        return None
    return Command(index, text.strip(), (words[0].rpartition("/")[2], *words[1:]), host, netns)


def _words(text: str) -> tuple[str, ...]:
    """Return the words of the first command of a command line."""
    try:
        found = shlex.split(text, comments=False)
    except ValueError:
        found = text.split()
    for number, word in enumerate(found):
        if word in ("|", "||", "&&", ";", ">", "2>&1", ">>"):
            return tuple(found[:number])
    return tuple(found)


def _place_entered(program: str, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """Return the namespace that a command enters, and the words of the command that it runs there, as in ``docker exec
    web ip addr``.  Return None for any other command."""
    rest = list(words[1:])
    if program == "docker" and rest[:1] == ["compose"]:
        rest = rest[1:]
    if program in ("docker", "podman", "docker-compose", "nerdctl") and rest[:1] == ["exec"]:
        rest = rest[1:]
        while rest and rest[0].startswith("-"):
            rest = rest[2:] if rest[0] in ("-u", "--user", "-w", "--workdir", "-e", "--env") else rest[1:]
        if len(rest) < 2:
            return None
        inner = rest[1:]
        if inner[0] in ("sh", "bash", "ash") and inner[1:2] in (["-c"], ["-lc"]) and inner[2:]:
            inner = list(_words(inner[2]))
        return (f"container:{rest[0]}", tuple(inner))
    return None


def within_shells(commands: Iterable[Command], lines: Sequence[str]) -> Iterator[Command]:
    """Yield the commands, in their order, with the containers in which they ran.  A command may start a shell in a
    container (``docker exec -it web sh``, ``docker run -it alpine sh``).  The commands after it ran in this container,
    as long as their prompt differs from the prompt of the command that started the shell, and names no other host."""
    entered, outer = HOST, ""
    for each in commands:
        prompt = lines[each.line].partition(each.text)[0].strip()
        is_elsewhere = bool(each.host) and _CONTAINER_ID.fullmatch(each.host) is None
        if entered != HOST and (prompt == outer or is_elsewhere):
            entered = HOST
        is_within = entered != HOST and each.netns in {HOST, f"container:{each.host}"}
        yield each._replace(netns=entered) if is_within else each
        if each.netns != HOST and each.words[-1] in _SHELLS and len(each.words) == 1:
            entered, outer = each.netns, prompt
        elif each.words[0] in ("docker", "podman", "nerdctl") and (name := shell_container(each.words)):
            entered, outer = f"container:{name}", prompt


def within_introduced(commands: Iterable[Command], lines: Sequence[str]) -> Iterator[Command]:
    """Yield the commands, in their order, with the container of which the line above them speaks (``In the
    container:``).  This counts only in a text that names no container."""
    is_listed = any(_LISTS.match(line) is not None for line in lines)
    for each in commands:
        above = next((line for line in reversed(lines[max(0, each.line - 3) : each.line]) if line.strip()), "")
        is_inside = not is_listed and each.netns == HOST and not each.host and each.words[0] not in _OF_THE_HOST
        yield each._replace(netns=_SOMEWHERE) if is_inside and _INTRODUCED.match(above) is not None else each
