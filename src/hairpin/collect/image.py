"""hairpin in its image.

The image's entry point goes from the container into the host, or says which right it lacks for this.  The entry point
is ``tools/release/image/launcher.c``.  The entry point sets HAIRPIN_IMAGE to ``host`` if it has reached the host: the
namespaces of the host's process 1, and the host's files.  If the entry point has not reached the host, hairpin sees
nothing of the host.
"""

import os

from hairpin.errors import CollectError
from hairpin.message import message

ENTERED = "host"
RUN = (
    "docker run --rm --pid=host --net=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add NET_ADMIN "
    "--security-opt apparmor=unconfined localhost/hairpin"
)
"""The command that starts the image with only those rights that it needs to examine the host.  If an engine lacks the
image, it asks a registry for a plain name; for a name below ``localhost/`` it asks only this machine."""
_LACKING = {
    "no-pid-host": message(
        "this container has a process namespace of its own and cannot see the host's processes: add --pid=host"
    ),
    "no-ptrace": message(
        "this container may not look at the host's process 1: add --cap-add SYS_PTRACE and, where AppArmor is on, "
        "--security-opt apparmor=unconfined"
    ),
    "no-admin": message(
        "this container may not enter the host's namespaces: add --cap-add SYS_ADMIN and --cap-add SYS_CHROOT"
    ),
}


def require_host() -> None:
    """Raise CollectError if this process runs in hairpin's image and could not go into the host."""
    lacking = _LACKING.get(os.environ.get("HAIRPIN_IMAGE", ENTERED))
    if lacking is not None:
        raise CollectError(message("{lacking}. The whole command: {command}", lacking=lacking, command=RUN))
