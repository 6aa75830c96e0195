"""``hairpin snapshot``: the evidence of a host in one file."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from hairpin.cli.face import completion, options
from hairpin.cli.face.asked import Asked, Shown
from hairpin.errors import EvidenceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hairpin.evidence.reading import Evidence, Reading
    from hairpin.evidence.several import Source
    from hairpin.message import Message


def _print_script(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Print the collector's shell script and exit, if ``value`` is set."""
    del parameter
    if not value:
        return
    from hairpin.cli.face.output import write_bytes
    from hairpin.collect.by_hand import script_for_hand

    def fill(stream: BinaryIO) -> None:
        stream.write(script_for_hand())

    write_bytes(fill)
    ctx.exit()


@click.command(cls=options.HairpinCommand)
@options.option(
    "Seldom",
    "--print-script",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_script,
    help="Print the collector, a shell script, for a host without Python and ssh.  It prints a FILE for --snapshot.",
)
@options.option(
    "Options",
    "-o",
    "output",
    metavar="FILE",
    shell_complete=completion.files,
    help="Default: HOST-TIME.hairpin.  -: standard output.  Of several hosts: the folder.",
)
@options.option("Options", "--keep", is_flag=True, help="Into hairpin's own folder, for `hairpin diff --last-good`.")
@options.option("Options", "--redact", "redacted", is_flag=True, help="Replace names and addresses.")
@options.option(
    "Seldom",
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Read configuration files below DIR.",
)
@options.evidence
@options.language
@options.option("Answer", "-v", "--verbose", is_flag=True, help="Tracebacks too.")
def snapshot(asked: Asked, shown: Shown, output: str | None, keep: bool, redacted: bool, root: str | None) -> int:
    """Read this host, or other hosts over ssh, into one file for each host, and print the files' names.

    With --snapshot and --redact, write a redacted copy of a snapshot.  Redact the snapshots of several hosts in one
    call.  Equal names and addresses then stay equal, so the hosts are still one network.

    Exit: 0 written, 2 usage error (also a FILE that cannot be written), 3 something could not be read, 4 a bug in
    hairpin.  The readings that succeeded are written in any case.

    --keep keeps a snapshot of this host only.  The folder's size is bounded, and it always has the newest snapshot in
    which every flow passed.
    """
    if keep and (asked.sources or redacted or root or output is not None):
        from hairpin.message import message

        raise UsageError(message("--keep keeps a snapshot of this host unchanged, so it allows no other option"))
    from hairpin.cli.face.output import complain, write, write_bytes
    from hairpin.cli.face.progress import progress
    from hairpin.cli.material import gather
    from hairpin.cli.plans.half_done import with_plans
    from hairpin.collect.snapshot import save
    from hairpin.evidence.file import write_stream
    from hairpin.evidence.reading import Evidence
    from hairpin.evidence.written_file import is_replaced
    from hairpin.message import message

    with progress(shown.lang) as tell:
        tell(message("reading the state of the host"))
        found = with_plans(gather(asked.sources, root=root, what="both"), asked.sources, shown.lang)
    if keep:
        from hairpin.cli.keeping import keep_evidence

        for each in found:
            if isinstance(each, Evidence):
                write(str(keep_evidence(each)))
        return _said_unread(found, shown.lang)
    if len(found) > 1:
        # Imported only here, because a snapshot of one host needs no module of the analysis.
        from hairpin.answer.begin import network_of
        from hairpin.evidence.several import together
        from hairpin.question.hosts import refuse_same_machine

        refuse_same_machine(network_of(together(found)))
    read = tuple(each for each in found if isinstance(each, Evidence))
    hosts = _redacted(read) if redacted else read
    if output == "-" and len(found) == 1:
        write_bytes(partial(write_stream, hosts[0]))
    else:
        try:
            for evidence, path in zip(hosts, paths(hosts, output, several=len(found) > 1), strict=True):
                is_file = is_replaced(path)
                save(evidence, path)
                if is_file:
                    write(str(path))
        except EvidenceError as error:
            complain(error.said, shown.lang)
            return 2
    return _said_unread(found, shown.lang)


def _redacted(hosts: "tuple[Evidence, ...]") -> "tuple[Evidence, ...]":
    from hairpin.evidence.redact import redact_together

    return redact_together(hosts)


def _said_unread(found: "tuple[Source, ...]", lang: str | None) -> int:
    """Report the missing readings, and return the exit status."""
    from hairpin.cli.face.output import complain

    unread = tuple(_unread(found))
    for said in unread:
        complain(said, lang)
    return 3 if unread else 0


def _unread(found: "tuple[Source, ...]") -> "Iterator[Message]":
    """Yield a sentence for each host that could not be read, or whose readings are incomplete."""
    from hairpin.evidence.reading import HOST, Evidence
    from hairpin.message import message

    for each in found:
        if not isinstance(each, Evidence):
            yield message("{host} could not be read: {reason}", host=each.label, reason=each.reason)
            continue
        keys = dict.fromkeys(one.key for one in each.readings if _is_unread(one))
        if not any(one.netns == HOST and one.outcome == "text" for one in each.readings):
            yield message(
                "{host}: its own network (links, routes, rules) was not read; read it again as root", host=each.name
            )
        elif any(one.outcome == "refused" for one in each.readings):
            yield message("{host}: run hairpin as root to read: {what}", host=each.name, what=", ".join(keys))
        elif keys:
            yield message("{host}: not read: {what}", host=each.name, what=", ".join(keys))


def _is_unread(reading: "Reading") -> bool:
    """Return whether the host has the thing, but its reading failed or was cut."""
    from hairpin.evidence.reading import CUT, UNSHOWN

    return reading.outcome in ("refused", "failed") or reading.status in (CUT, UNSHOWN)


def paths(hosts: "tuple[Evidence, ...]", output: str | None, *, several: bool) -> list[Path]:
    """Return the file of each host: ``output`` for one host, and a file in the folder ``output`` for each of several
    hosts.  Raises UsageError if these files cannot be written."""
    if not several:
        return [Path(output) if output is not None else Path(file_name(each.hostname, each.taken_at)) for each in hosts]
    folder = Path(output) if output is not None else Path()
    if not folder.is_dir():
        from hairpin.message import message

        raise UsageError(message("-o {output}: several snapshots need a folder that exists", output=output))
    names: list[str] = []
    for each in hosts:
        name, number = file_name(each.name, each.taken_at), 2
        while name in names:
            name, number = file_name(f"{each.name}-{number}", each.taken_at), number + 1
        names.append(name)
    return [folder / name for name in names]


def file_name(hostname: str, taken_at: str) -> str:
    """Return the file name for a host's snapshot, such as ``web1-20261001T120000Z.hairpin``."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", hostname).strip("-.") or "host"
    return f"{name}-{re.sub(r'[^0-9TZ]', '', taken_at)}.hairpin"
