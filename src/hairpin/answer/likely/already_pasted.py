"""Which commands need not be run, because the text has their output, or the output of a command that shows the same."""

from collections.abc import Iterator

from hairpin.answer.answer import Answer
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.pasted.listed import recognised_in
from hairpin.sought import Sought
from hairpin.suppose.told import listed_fields, shows_whole

_IN_CONTAINER = Sought(
    r"(?:(?:docker|podman) exec (?:-\S+ )*(?P<name>[\w.-]+) |sudo nsenter -n -t \"\$\((?:docker|podman) inspect -f \S+ "
    r"(?P<entered>[\w.-]+)\)\" )(?P<command>.*)"
)
_COMMAND = Sought(r"(?:[^;']|'[^']*')+")
_SHELL = Sought(r"docker exec (?P<name>\S+) sh -c '(?P<line>[^']*)'")
_FIELDS: tuple[tuple[Sought, str], ...] = (
    (Sought(r"ip(?: -d)? (?:addr|a|link)\b"), "addresses"),
    (Sought(r"ip route(?! get)\b"), "routes4"),
    (Sought(r"ip -6 route\b"), "routes6"),
    (Sought(r"ip rule\b"), "rules4"),
    (Sought(r"ip neigh\b"), "neighbours"),
    (Sought(r"bridge fdb\b"), "fdb"),
    (Sought(r"(?:sudo )?(?:ss|netstat) -\w*l"), "sockets"),
    (Sought(r"(?:sudo )?conntrack -L\b"), "connections"),
)
"""Commands, each with the field of a namespace that its output shows."""
_OUTPUTS: tuple[tuple[Sought, Sought], ...] = (
    (Sought(r"(?:docker|podman) (?:compose )?ps\b"), Sought(r"(?:docker|podman)(?:-compose| compose)? ps\b")),
    (Sought(r"(?:docker|podman) network inspect\b"), Sought(r"(?:docker|podman) network inspect\b")),
    (Sought(r"(?:docker|podman) network ls\b"), Sought(r"(?:docker|podman) network ls\b")),
    (Sought(r"(?:docker|podman) port\b"), Sought(r"(?:docker|podman) port\b")),
    (Sought(r"docker info\b"), Sought(r"docker info\b")),
    (Sought(r"docker version\b"), Sought(r"docker version\b")),
    (Sought(r"podman version\b"), Sought(r"podman version\b")),
    (Sought(r"iptables --version\b"), Sought(r"iptables --version\b")),
    (Sought(r"nft --version\b"), Sought(r"nft --version\b")),
    (Sought(r"uname -r\b"), Sought(r"uname\b")),
    (Sought(r"(?:sudo )?firewall-cmd --list-all"), Sought(r"firewall-cmd --list-all")),
    (Sought(r"(?:sudo )?ufw status\b"), Sought(r"ufw status\b")),
    (Sought(r"(?:sudo )?nft list ruleset\b"), Sought(r"nft (?:-j )?list ruleset\b")),
    (Sought(r"(?:sudo )?tcpdump\b"), Sought(r"tcpdump\b")),
    (Sought(r"(?:sudo )?dmesg\b"), Sought(r"dmesg\b")),
    (Sought(r"bridge(?: -d)? link\b"), Sought(r"bridge link\b")),
    (Sought(r"systemctl status docker\b"), Sought(r"systemctl status docker\b")),
)
"""Commands, each with the recognised outputs that show the same."""
_FILE = Sought(r"cat (?P<path>/\S+)$")
_RULES = Sought(r"(?:sudo )?iptables(?:-nft|-legacy)?-save(?: -t (?P<table>\w+))?$")
_SWITCHES = Sought(r"sysctl -a 2>/dev/null \| grep -E '(?P<words>[^']*)'$|sysctl (?P<name>[\w.]+)$")
_TABLES = ("filter", "nat")


def still_to_run(answer: Answer, command: str) -> str:
    """Return the command line without the commands whose outputs the text has; empty if it has all of them.  If the
    command lists all rules and the text lacks one table, the command for this table is left."""
    return "; ".join(part for each in commands_in(command) for part in _left_of(answer, each))


def commands_in(line: str) -> tuple[str, ...]:
    """Return the commands of a line.  What a shell in a container runs is one command."""
    return tuple(each.strip() for each in _COMMAND.findall(line))


def _left_of(answer: Answer, part: str) -> Iterator[str]:
    shell = _SHELL.fullmatch(part)
    if shell is not None:
        within = f"docker exec {shell['name']}"
        left = [each for each in shell["line"].split("; ") if not _is_pasted(answer, f"{within} {each}")]
        if left:
            yield f"{within} {left[0]}" if len(left) == 1 else f"{within} sh -c '{'; '.join(left)}'"
        return
    rules = _RULES.fullmatch(part)
    if rules is None:
        yield from () if _is_pasted(answer, part) else (part,)
        return
    wanted = (rules["table"],) if rules["table"] else _TABLES
    lacking = [each for each in wanted if not any(_shows_table(host, each) for host in answer.network.hosts)]
    if len(lacking) == len(wanted):
        yield part
    else:
        yield from (f"sudo iptables-save -t {each}" for each in lacking)


def _is_pasted(answer: Answer, part: str) -> bool:
    within = _IN_CONTAINER.fullmatch(part)
    netns = HOST if within is None else f"container:{within['name'] or within['entered']}"
    command = part if within is None else within["command"]
    told = [host.told for host in answer.network.hosts if host.told is not None]
    field = next((field for pattern, field in _FIELDS if pattern.match(command)), "")
    if field:
        return any((netns, field) in listed_fields(each) for each in answer.evidence)
    if within is not None:
        return False
    file, switches = _FILE.match(part), _SWITCHES.match(part)
    if file is not None:
        return any(file["path"] in each.files for each in told)
    if switches is not None:
        return any(_shows_switches(each, switches["name"] or "", switches["words"] or "") for each in told)
    shown = [each.as_ for evidence in answer.evidence for each in recognised_in(evidence)]
    same = [output for pattern, output in _OUTPUTS if pattern.match(part)]
    return any(output.match(each) for output in same for each in shown)


def _shows_switches(told: ToldParts, name: str, words: str) -> bool:
    """Return whether the text has the switch, or both the switch of all links and one of a link if the command lists
    all switches of forwarding."""
    if name:
        return tuple(name.split(".")) in told.sysctls
    paths = [each for each in told.sysctls if "forward" in each[-1]]
    masters = [each for each in paths if each[-1] == "ip_forward" or "all" in each]
    return words.startswith("forward") and bool(masters) and len(paths) > len(masters)


def _shows_table(host: Host, name: str) -> bool:
    """Return whether the text lists the table of iptables, and no rule of it is unknown."""
    tables = [each for each in host.namespace(HOST).ruleset.tables if (each.family, each.name) == ("ip", name)]
    return host.told is not None and shows_whole(host.told, name, tables)
