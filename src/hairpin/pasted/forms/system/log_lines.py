"""Logs of containers, of the kernel and of dockerd.

The logs of containers become no reading.  The kernel's log is read for its lines about the network, and dockerd's log
for its lines about the start.

    klog := "[" SECONDS "] " WORDS | DATE HOST "kernel: " WORDS

If a program in a container logs a failed connection, this is an outcome, and the container is the client's place.

Source: dmesg(1), journalctl(1); the words are those of the collector (collect.sh kernel_log)
"""

from collections.abc import Iterator

from hairpin.pasted.form import Command, Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.pasted.forms.outcomes.library_words import seen_in
from hairpin.pasted.forms.outcomes.outcome import output_with
from hairpin.sought import Sought

_LOGS = Sought(r".*\b(?:docker|podman|nerdctl|docker-compose)(?: compose| container)? logs\b")
_WITH_VALUE = frozenset({"-n", "--tail", "--since", "--until"})


def _container_log(paste: Paste, start: int) -> Found | None:
    """Return the log up to the next blank line or command, with the failed connections in it."""
    command = paste.commands.get(start)
    if command is None or not paste.lines[start].rstrip(" :").endswith(command.text):
        return None
    name = next(_names(command), "")
    end = paste.block(start + 1, lambda line: line.strip())
    inside = (
        command._replace(netns=f"container:{name}")
        if name and "compose" not in " ".join(command.words[:2])
        else command
    )
    seen = [each for line in paste.lines[start + 1 : end] if (each := seen_in(line)) is not None]
    parts = output_with(paste, start + 1, end, seen, told="docker logs", command=inside).parts
    return Found(max(end, start + 1), "docker logs", parts)


def _names(command: Command) -> Iterator[str]:
    """Yield the words after ``logs`` that are neither an option nor the value of an option."""
    words = command.words
    behind = words[words.index("logs") + 1 :] if "logs" in words else ()
    skipped = False
    for word in behind:
        if not skipped and not word.startswith("-"):
            yield word
        skipped = not skipped and word in _WITH_VALUE


_STAMP = (
    r"(?:\[\s*\d+\.\d+\] |\[[A-Z][a-z]{2} [A-Z][a-z]{2} .{8,20}\] |(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|\d{4}-\d\d-\d\dT\S+) [\w.-]+ kernel: (?:\[\s*\d+\.\d+\] )?)"
)
_WORDS = (
    r"martian|conntrack|neighbou?r|arp_cache|netfilter|ip6?_?tables|nf_tables|br_netfilter|xt_|rp_filter|SYN flooding"
    r"|IN=\S* OUT=|renamed from|hw csum failure|bad gso"
)
_KERNEL = Sought(rf"\s*{_STAMP}(?=.*(?:{_WORDS}))")
_KERNEL_LINE = Sought(rf"\s*{_STAMP}")
_KERNEL_WORDS = Sought(_WORDS)


def _kernel_log(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _KERNEL_LINE.match)
    lines = [line.strip() for line in paste.lines[start:end] if _KERNEL_WORDS.search(line)]
    return Found(end, "dmesg", (Fragment("klog", joined_lines(lines), ""),))


_DOCKERD = Sought(
    r".*\bdockerd(?:\[\d+\])?: .*(?:failed to start daemon|Error starting daemon|unable to configure the Docker daemon)"
)
ENGINE_LOG = "journalctl -u docker.service"
"""The command whose output the last line of a dockerd that ends is taken for."""
_SECRET = Sought(r"(?i)passw|token|secret|credential|://[^/\s]*@")


def _engine_log(paste: Paste, start: int) -> Found | None:
    """Return the line that dockerd logs last if it cannot start."""
    line = paste.lines[start].strip()
    if _SECRET.search(line) is not None:
        return Found(start + 1, ENGINE_LOG)
    return Found(start + 1, ENGINE_LOG, (Fragment("dockerd-log", line + "\n", ""),))


FORMS = (
    OutputForm(_LOGS, _container_log, (" logs",)),
    OutputForm(_KERNEL, _kernel_log),
    OutputForm(_DOCKERD, _engine_log, ("dockerd",)),
)
