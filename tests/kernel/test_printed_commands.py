"""Every form of command that an answer, a page of a cause or an explanation prints is one that its real tool takes.

The commands are collected from the source: what stands in backquotes in messages and in the docstrings of causes, and
one call of each kind to an owner.  Placeholders get samples that exist on a lab host.  Tools that change something are
run there; of docker, podman and systemctl the subcommand and the options are looked up in their own help.
"""

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import hairpin
from hairpin.change import calls
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import ContainerPlan, LabPlan
from tests.causes.firewalld.test_zone_rules import policy_of
from tests.small_host import egress
from tests.waiting import HANG_S
from tools.shown_commands import refused

SOURCE = Path(hairpin.__file__).parent
FOLDERS = (
    "causes", "remedy", "diagnose", "question", "answer", "explain", "apply", "report", "change", "live", "cli",
    "engines",
)  # fmt: skip
QUOTED = re.compile(r"`([^`]+)`")
NAMED = re.compile(r"\{(\w+)(?:![rs])?\}")
SAMPLES = {
    "MAC": "02:42:ac:11:00:02", "BRIDGE": "docker0", "PORT": "8151", "LINK": "sample0", "TUNNEL": "vxlan9",
    "VETH": "sample1", "NODE": "198.51.100.250", "ADDRESS/LENGTH": "198.18.9.9/24", "ADDRESS": "198.18.9.9",
    "GATEWAY/LENGTH": "172.17.0.1/16", "GATEWAY": "198.51.100.1", "SUBNET": "10.77.0.0/16", "NETWORK": "10.78.0.0/16",
    "SIZE": "1400", "ZONE": "public", "NAME": "web", "UNIT": "docker", "CIDR": "10.79.0.0/24", "NUMBER": "1",
    "port": "8151", "protocol": "tcp", "bridge": "docker0", "service": "web", "host": "web1", "module": "br_netfilter",
    "address": "198.18.9.9", "source": "198.18.9.9", "link": "sample0",
    "name": "web", "target": "80", "rule": "from 172.17.0.0/16 lookup 100", "public": "203.0.113.9", "length": "32",
    "FAMILY": "ip", "TABLE": "nat", "direction": "out", "group": "7",
}  # fmt: skip
"""What stands for a placeholder, in capitals in a docstring and in braces in a message."""
CALLS: tuple[calls.OwnersCall, ...] = (
    calls.OpenPort("public", 8151, "tcp"),
    calls.OpenPort("public", 8151, "tcp", closed=True),
    calls.OpenPort("public", 8151, "udp", permanent=True),
    calls.AddRichRule("zone", "public", 'rule priority="-1" port port="8151" protocol="tcp" accept'),
    calls.AddRichRule(
        "zone", "public", 'rule family="ipv4" source address="192.0.2.10" port port="8" protocol="tcp" drop'
    ),
    calls.AddRichRule(
        "policy", "sample", 'rule priority="-32768" port port="8151" protocol="tcp" accept', permanent=True
    ),
    calls.BindInterface("internal", "sample0"),
    calls.BindInterface("internal", "sample0", removed=True),
    calls.BindInterface("internal", "sample0", permanent=True),
    calls.TrustSource("10.9.0.0/16"),
    calls.TrustSource("10.9.0.0/16", removed=True),
    calls.AddDirectChain("ip", "filter", "SAMPLE"),
    calls.AddDirectRule("ip", "filter", "FORWARD", "-i sample0 -p tcp --dport 80 -j ACCEPT", priority=-5),
    calls.AddDirectRule("ip6", "filter", "FORWARD", '-m comment --comment "a b" -j ACCEPT', removed=True),
    calls.AllowInUfw(8151, "tcp"),
    calls.AllowInUfw(8151, "tcp", first=True),
    calls.AllowInUfw(8151, "tcp", source="192.0.2.10"),
    calls.AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True, source="2001:db8::7"),
    calls.AllowInUfw(8151, "udp", deleted=True),
    calls.AllowInUfw(8151, "tcp", iif="docker0"),
    calls.AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True),
    calls.AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True, destination="172.17.0.2"),
    calls.AllowInUfw(80, "tcp", oif="docker0", routed=True, source="192.0.2.10", destination="172.17.0.2"),
    calls.AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True, first=True),
    calls.AllowInUfw(53, "udp", oif="eth0"),
    calls.AllowInUfw(0, "", iif="docker0", oif="eth0", routed=True),
    calls.AllowInUfw(0, "", iif="docker0", oif="eth0", routed=True, first=True),
    calls.ReloadUfw(),
    calls.SetContainerState("docker", "unpause", "web"),
    calls.SetContainerState("podman", "restart", "web"),
    calls.ConnectContainer("docker", "connect", "net", "web"),
    calls.ConnectContainer("podman", "disconnect", "net", "web"),
    calls.MakeNetwork("docker", "net"),
    calls.MakeNetwork("podman", "net", removed=True),
    calls.SetRestartPolicy("docker", "unless-stopped", "web"),
    calls.ReloadNetworks(),
    calls.ReloadNetworks(("web",)),
    calls.ReloadNetworks(user="root"),
    calls.SetUnitState("enable", "docker.service"),
    calls.SetUnitState("reset-failed", "docker.service"),
)
NOT_INSTALLED = {"fail2ban-client", "cscli", "tcpdump", "wg"}
"""Tools that the tests' machine need not have: their commands are not tried."""
OF_THE_SHELL = {"kill", "curl", "getent", "service", "echo", "mount", "modprobe", "journalctl", "ss"}
"""Tools of which only the form is looked at: that the shell can split it."""
FIREWALLD_KNOWS = {0, 11, 12, 16, 26}
"""Statuses of firewall-cmd for a command that it understands: done, ALREADY_ENABLED, NOT_ENABLED, ALREADY_SET,
NAME_CONFLICT.  Source: firewall-cmd(1)"""


def commands_of(source: str, *, docstring: bool) -> Iterator[str]:
    """Yield what stands in backquotes in the messages of a module, and in its docstring."""
    tree = ast.parse(source)
    texts = [
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "message"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    told = (ast.get_docstring(tree) or "").replace("``", "`") if docstring else ""
    for text in (*texts, told):
        yield from (" ".join(each.split()) for each in QUOTED.findall(text))


def printed() -> dict[str, str]:
    """Return each command that is printed, with samples in it, and the first file that prints it."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for file in sorted((SOURCE / folder).rglob("*.py")):
            for text in commands_of(file.read_text("utf-8"), docstring=folder == "causes"):
                for each in filled(text).replace(" | hairpin", "; hairpin").split("; "):
                    if each.split(" ")[0] in TOOLS and " " in each:
                        found.setdefault(each, str(file.relative_to(SOURCE)))
    found.update((shlex.join(calls.call_argv(call)), "change/calls.py") for call in CALLS)
    for chain in ("FORWARD_IN_ZONES", "FWD_policy_own_deny"):
        found.update((each, "causes/firewalld/firewalld_zone_blocks_port.py") for each in policy_of(egress(), chain))
    return found


def filled(text: str) -> str:
    """Return the command with samples for its placeholders; a word that is left open ends it."""
    text = NAMED.sub(lambda found: SAMPLES.get(found[1], "sample"), text)
    for name in sorted(SAMPLES, key=len, reverse=True):
        if name[0].isupper():
            text = re.sub(rf"(?<![A-Za-z-]){re.escape(name)}(?![A-Za-z])", SAMPLES[name], text)
    return text


def is_open(command: str) -> bool:
    """Return whether the command is named in part: the reader has to put in the rest."""
    return "…" in command


TOOLS = (
    "firewall-cmd", "ufw", "docker", "podman", "ip", "iptables", "ip6tables", "nft", "sysctl", "systemctl", "bridge",
    "tc", "conntrack", "nsenter", "update-alternatives", "dockerd", "hairpin", *NOT_INSTALLED, *OF_THE_SHELL,
)  # fmt: skip


_PLAN = LabPlan(containers=(ContainerPlan("web", publish=("8151:80",)),), firewall="firewalld")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Give a lab host with dockerd and firewalld, and the links that the samples name."""
    with running_lab(_PLAN) as built:
        built.host.run(
            "ip link add sample0 type veth peer name sample1;"
            "ip link set sample1 master docker0; ip link set sample0 up;"
            "ip link add vxlan9 type vxlan id 9 dstport 4799 local 198.51.100.11;"
            "firewall-cmd -q --permanent --new-policy=sample; firewall-cmd -q --reload"
        )
        yield built


def ended(lab: Lab, argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Return how the command ended on the host."""
    script = f'status=0; {shlex.join(argv)} 2>&1 || status=$?; echo "status=$status"'
    told, _, status = lab.host.run(script).rpartition("status=")
    return subprocess.CompletedProcess(argv, int(status), told, "")


NEWER = {"--gw-priority": 28}
"""Options that a Docker of this version and later has, beside which hairpin prints that; Debian 12 has an older one."""


@cache
def help_of(*argv: str) -> str:
    return subprocess.run((*argv, "--help"), capture_output=True, text=True, check=False, timeout=HANG_S).stdout


def is_newer(option: str) -> bool:
    """Return whether this machine's docker is older than the option."""
    said = subprocess.run(("docker", "--version"), capture_output=True, text=True, check=False, timeout=HANG_S).stdout
    found = re.search(r"version (\d+)", said)
    return option in NEWER and found is not None and int(found[1]) < NEWER[option]


def complaint(lab: Lab, words: list[str]) -> str:
    """Return what the tool says against the command; empty if it understands it."""
    tool, *rest = words
    match tool:
        case "nsenter":
            return complaint(lab, words[4:])
        case "docker" if rest[:1] == ["hairpin"]:  # hairpin as docker's plugin
            return complaint(lab, rest)
        case "docker" | "podman":
            return by_help(tool, rest)
        case "systemctl" | "update-alternatives" | "dockerd":
            asked = [each for each in rest if each.startswith("--")] or ([rest[0]] if tool == "systemctl" else [])
            return "" if all(each in help_of(tool) for each in asked) else f"{tool} --help has no {asked}"
        case "hairpin":
            return "; ".join(why for _, why in refused(shlex.join(words)))
        case _:
            return by_running(lab, words)


def by_help(tool: str, rest: list[str]) -> str:
    """Return which subcommand or option the tool's help lacks."""
    path = [tool]
    for word in rest:
        if word.startswith("-") or not re.search(rf"^\s+{re.escape(word)}\*?\s", help_of(*path), re.MULTILINE):
            break
        path.append(word)
    if rest[:1] == ["compose"]:  # a plug-in, which this machine may lack
        return ""
    known, left = help_of(*path), rest[len(path) - 1 :]
    if left and not left[0].startswith("-") and re.search(r"^(Management |Available )?Commands:", known, re.MULTILINE):
        return f"{' '.join(path)} has no {left[0]}"
    options = [each.partition("=")[0] for each in rest if re.match(r"--?\w", each) and not is_newer(each)]
    lacking = [each for each in options if not re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", known)]
    return f"{' '.join(path)} has no {lacking}" if lacking else ""


def by_running(lab: Lab, words: list[str]) -> str:
    """Return what the tool says that does not understand the command.  A kernel that refuses it has understood it."""
    tool, *rest = words
    argv = {"ufw": ["ufw", "--dry-run", *rest], "nft": ["nft", "-c", *rest]}.get(tool, words)
    result = ended(lab, argv)
    told = " ".join(result.stdout.split())
    match tool:
        case "firewall-cmd":
            understood = result.returncode in FIREWALLD_KNOWS
        case "ip" | "bridge" | "tc":
            wrong = r"Usage:|not complete|is unknown|garbage|Error: (either|argument|any valid)|Invalid|What is|Unknown"
            understood = re.search(wrong, told) is None
        case "iptables" | "ip6tables":
            understood = result.returncode in (0, 1)
        case "conntrack":
            understood = result.returncode in (0, 1) and "Bad parameter" not in told and "unknown" not in told
        case "nft":
            understood = result.returncode == 0 or "No such file or directory" in told
        case _:
            understood = result.returncode == 0
    return "" if understood else f"{result.returncode}: {told[:300]}"


def is_a_form(words: list[str]) -> bool:
    """Return whether the text names no more than a tool's subcommand or options, which is no command to type."""
    tool, *rest = words
    if tool in ("iptables", "ip6tables"):
        return all(each.startswith("-") for each in rest) and rest != ["-S"]
    if tool in ("ip", "bridge", "tc"):
        return len(rest) <= 2 and rest[-1] not in ("show", "flush")
    if tool == "firewall-cmd":
        return rest == ["--permanent"]
    return tool in ("ufw", "nft", "sysctl", "conntrack", "dockerd") and (len(rest) == 1 or rest == ["route", "allow"])


def in_turn() -> list[str]:
    """Return the commands that are tried, those last that end what the others need."""
    known = printed()
    last = (r"flush ruleset| -F|--reload|disable", r"--panic")  # panic mode refuses what comes after it
    return sorted(known, key=lambda each: ([bool(re.search(words, each)) for words in reversed(last)], each))


def test_each_printed_command_is_one_that_its_tool_takes(lab: Lab) -> None:
    wrong: list[str] = []
    known = printed()
    tried = 0
    for command in in_turn():
        words = shlex.split(command)
        if words[0] in NOT_INSTALLED | OF_THE_SHELL or is_open(command) or is_a_form(words):
            continue
        tried += 1
        said = complaint(lab, words)
        if said:
            wrong.append(f"{known[command]}: `{command}`: {said}")
    assert wrong == []
    assert tried > 100


def test_a_wrong_command_is_found(lab: Lab) -> None:
    wrong = (
        "firewall-cmd --permanent --policy sample --add-ingress-zone docker --add-egress-zone public",
        "firewall-cmd --permanent --new-policy",
        "ufw allow 8151/tpc",
        "ufw prepend route allow 80",
        "docker network attach net web",
        "docker update --restart-policy always web",
        "podman network reload --everything",
        "ip route add 10.0.0.0/8 by 198.51.100.1",
        "ip link set sample0 upp",
        "ip rule add form all lookup main",
        "iptables -t filter -I FORWARD -m conntrack --ctorigport 80 -j ACCEPT",
        "bridge link set dev sample1 isolate off",
        "sysctl -w net.ipv4.conf.sample0.forwardign=1",
        "systemctl reenable-failed docker",
        "nft flush rulset",
        "hairpin fix 8151 --aply",
    )
    assert [each for each in wrong if not complaint(lab, shlex.split(each))] == []
