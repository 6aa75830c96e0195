"""The machines of a host of today, as a lab's: what runs in a lab by its place runs here, too."""

import json

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.node import Node
from hairpin.message import verbatim
from tests.today.roots import USER, USERS_DOCKER

AS_USER = (
    "systemd-run", "--user", "-M", f"{USER}@", "--quiet", "--pipe", "--wait", "--collect",
    "-p", "KillMode=process",  # what a command leaves behind stays
)  # fmt: skip
"""The words before a command that run it in the session of the host's person, as root of the host."""


class TodayLab(Lab):
    """The machines.  ``user``: the session of the host's person, beside the places of a lab."""

    def node(self, place: str) -> Node:
        """Return the machine at a place; raises LabError."""
        host = self.host
        if place == "user":
            return Node(place, host.pid, (*host.enter, *AS_USER))
        what, _, name = place.partition(":")
        if what != "container":
            return super().node(place)
        inside = f"/proc/{host.pid}/root/proc/{_process(host, self.node('user'), name)}/ns/net"
        return Node(name, host.pid, ("nsenter", f"--net={inside}", "--"))


def _process(host: Node, user: Node, name: str) -> int:
    """Return the id of the container's first process on the host, whoever runs it; raises LabError."""
    for node, engine in ((host, "docker"), (host, "podman"), (user, "podman"), (user, USERS_DOCKER)):
        try:
            found = json.loads(node.run(f"{engine} inspect {name}"))[0]["State"]["Pid"]
        except LabError:
            continue
        if found:
            return int(found)
    raise LabError(verbatim(f"no engine of the host runs a container {name}"))
