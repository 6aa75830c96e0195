"""The kinds of lasting parts, told by the file that is written, or by the command that an owner is asked with.

Each kind is loaded at boot by something else, or is another edit of what that one loads.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from hairpin.change.commands.text import command_lines
from hairpin.change.step import ReplaceFile, Step
from hairpin.host.boot.rule_keeper import is_nft_script
from hairpin.host.boot.sysctl_files import is_sysctl_file

Part = Literal[
    "sysctl file", "sysctl line", "module", "unit",
    "saved rule", "saved rule removed", "saved policy", "iptables-services rule",
    "nft rule", "nft rule removed",
    "ufw rule file", "ufw policy", "ufw allow",
    "firewalld port", "firewalld interface", "firewalld direct rule",
    "networkd drop-in", "engine at boot", "engine option", "restart policy", "network connection", "unban",
]  # fmt: skip
PARTS: tuple[Part, ...] = get_args(Part)

NOT_REBOOTED: dict[Part, str] = {
    "networkd drop-in": "no cause of the lab adds a route to a host whose networkd configures the link",
    "engine option": "dockerd reads its file at each start, and a scenario of the lab restarts it",
    "sysctl line": "what reads a new sysctl file at boot reads an edited one",
    "iptables-services rule": "Red Hat's package, which Debian does not have; the edit is that of a saved rule",
    "saved policy": "no cause sets the policy of a chain that has saved rules: a rule lets the flow through",
    "ufw policy": "as a saved policy: `ufw route allow` lets the flow through",
    "unban": "it takes a line out of a ban list's own database, and hairpin writes nothing",
}
"""Kinds without a rebooted scenario, each with the reason."""

_COMMANDS: tuple[tuple[str, Part], ...] = (
    (r"systemctl enable (?!hairpin-)", "engine at boot"),
    (r"(?:docker|podman) update --restart ", "restart policy"),
    (r"(?:docker|podman) network connect ", "network connection"),
    (r"firewall-cmd --permanent --(?:zone|policy)=\S+ '?--add-(?:port|rich-rule)=", "firewalld port"),
    (r"firewall-cmd --permanent --zone=\S+ --(?:change-interface|add-source)=", "firewalld interface"),
    (r"firewall-cmd --permanent --direct --(?:add|remove)-(?:rule|chain) ", "firewalld direct rule"),
    (r"ufw (?:route )?(?:prepend )?allow ", "ufw allow"),
    (r"(?:fail2ban-client|cscli) ", "unban"),
)
_ALONG = r"systemctl enable hairpin-|ufw reload$"
"""Commands that belong to a file."""


class UnknownPartError(Exception):
    """A lasting part is of no kind here; says which."""


def of_file(path: str, before: str | None, after: str | None) -> Part:
    """Return the kind of a file that keeps a repair; raises UnknownPartError."""
    gone, come = _lines(before) - _lines(after), _lines(after) - _lines(before)
    if is_sysctl_file(path):
        return "sysctl file" if before is None else "sysctl line"
    if ".network.d/" in path:
        return "networkd drop-in"
    if path.endswith("/daemon.json"):
        return "engine option"
    if path.startswith("/etc/modules-load.d/"):
        return "module"
    if path.startswith("/etc/systemd/system/"):
        return "unit"
    if path == "/etc/default/ufw":
        return "ufw policy"
    if path.startswith("/etc/ufw/"):
        return "ufw rule file"
    if path.startswith("/etc/sysconfig/"):
        return "iptables-services rule"
    if is_nft_script(path):
        return "nft rule" if come else "nft rule removed"
    if path.startswith("/etc/iptables"):
        return "saved policy" if come and gone else "saved rule" if come else "saved rule removed"
    raise UnknownPartError(f"{path} is of no kind")


def _lines(text: str | None) -> set[str]:
    return set((text or "").splitlines())


def of_command(command: str, *, keeps: bool = False) -> Part | None:
    """Return the kind of lasting part that the command is; None if it is none, or belongs to a file.

    ``keeps``: it is there to keep a repair, so that UnknownPartError is raised if it is of no kind.
    """
    for pattern, part in _COMMANDS:
        if re.match(pattern, command):
            return part
    if keeps and not re.match(_ALONG, command):
        raise UnknownPartError(f"`{command}` is of no kind")
    return None


def of_steps(steps: Iterable[Step]) -> tuple[Part, ...]:
    """Return the kinds of the steps that keep a repair; raises UnknownPartError."""
    return tuple(part for step in steps for part in _of_step(step))


def _of_step(step: Step) -> Iterator[Part]:
    if isinstance(step, ReplaceFile):
        yield of_file(step.path, *(each.content if each is not None else None for each in (step.before, step.after)))
        return
    for command in command_lines(step):
        part = of_command(command, keeps=True)
        if part is not None:
            yield part
