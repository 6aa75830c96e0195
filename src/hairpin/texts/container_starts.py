"""Errors that an engine stores for a container that did not start, and that only causes look up: the container's
command, mounts, devices and address.  ``explain`` does not use these entries.  Most of these entries are not about a
network.  The text about the address is too short without its container: ``Address already in use``.

Source: moby daemon/start.go, libnetwork/ipam; runc libcontainer/init_linux.go
"""

from hairpin.message import message
from hairpin.texts.meaning import Failure, TextEntry

CONTAINER_STARTS = (
    TextEntry(
        id="engine-chain-gone",
        patterns=(
            "No chain/target/match by that name", "-A DOCKER * Chain 'DOCKER' does not exist",
            "iptables * Couldn't load target `DOCKER*'",
        ),
        failure=Failure(message(
            "a chain, a match or a target that the container's rules need did not exist"), again=True),
    ),
    TextEntry(
        id="container-runtime-missing", subject="{runtime}{word}{capability}",
        patterns=(
            'exec: "{runtime}": executable file not found', "unknown or invalid runtime name: {word}",
            "could not select device driver * [[{capability}]]",
        ),
        failure=Failure(
            message("this host lacks {what}, which the container asks for"),
            message("install the missing part and restart the engine, or recreate {name} without it"),
        ),
    ),
    TextEntry(
        id="container-command-missing", subject="{quoted}",
        patterns=(
            'exec: "{quoted}": executable file not found', 'exec "{quoted}": executable file not found',
            'exec: "{quoted}":* no such file', 'exec "{quoted}":* no such file',
        ),
        # with these words, the error is about the missing program iptables, which the engine needs
        unless=("external connectivity", "bridge driver"),
        failure=Failure(
            message("the container's command {command} is not in the image"),
            message(
                "correct the command or the entrypoint, and recreate {name}. A mount may cover the file, or a script "
                "lacks its interpreter"
            ),
        ),
    ),
    TextEntry(
        id="container-command-not-executable", subject="{quoted}",
        patterns=(
            'exec: "{quoted}":* permission denied', 'exec: "{quoted}":* is a directory',
            'exec "{quoted}":* permission denied', 'exec "{quoted}":* is a directory',
        ),
        failure=Failure(
            message("the container's command {command} is not executable"),
            message("make the command executable (chmod +x, in the image or in the mounted folder), then start {name}"),
        ),
    ),
    TextEntry(
        id="container-architecture",
        patterns=("exec format error",),
        failure=Failure(
            message(
                "the container's program is for another architecture than this host's, or it is a script that lacks "
                "the first line (#!)"),
            message("recreate {name} with an image for this host's architecture (--platform)"),
        ),
    ),
    TextEntry(
        id="container-device-missing", subject="{file}",
        patterns=('custom device "{file}": no such file', 'custom device "{file}": not a device'),
        failure=Failure(
            message("device {device} does not exist on this host, or is not a device"),
            message("connect the device or load its driver, or recreate {name} without it"),
        ),
    ),
    TextEntry(
        id="container-device-denied",
        patterns=("{device}: operation not permitted", "{device}: permission denied"),
        failure=Failure(
            message(
                "the container was not permitted to use {device}"), message("give {name} the right: --device {device}"),
        ),
    ),
    TextEntry(
        id="container-mount", subject="{file}{quoted}",
        patterns=(
            "bind source path does not exist: {file}", 'error mounting "{quoted}" to rootfs',
            "error while mounting volume '{file}':", "failed to mount local volume: mount {file}:",
        ),
        failure=Failure(
            message("{source} cannot be mounted: it does not exist, or one side is a folder and the other is a file"),
            message("create the missing source or make both sides the same kind (file or folder), then start {name}"),
        ),
    ),
    TextEntry(
        id="container-owner-missing",
        patterns=("No such container: {container}", "joining network namespace of container: {container}"),
        failure="of-host",
    ),
    TextEntry(
        id="container-address-taken", unless=("bind:",),
        patterns=(
            "^Address already in use$", ": Address already in use$",
            "requested ip address {address} is already allocated",
        ),
        failure="of-host",
    ),
    TextEntry(
        id="container-user-missing",
        patterns=("unable to find user {user}",),
        failure=Failure(
            message("the container's user {user} is not in the image"),
            message("recreate {name} with a user that the image has, or with a number (--user)"),
        ),
    ),
    TextEntry(
        id="disk-full", unless=("inotify", "cgroup"),
        patterns=("no space left on device",),
        failure=Failure(
            message("no space was left on a disk"),
            message("free some space (df -h; docker system df), then start {name}"),
        ),
    ),
)  # fmt: skip
