"""``hairpin snapshot``: the evidence of a host in one file."""

import re
import sys
from pathlib import Path

import click

from hairpin.cli.options import evidence_options, language_option
from hairpin.errors import CollectError, EvidenceError


@click.command()
@click.option("-o", "output", metavar="FILE", help="Where to; - is standard output.  Else a name of host and time.")
@click.option("--redact", "redacted", is_flag=True, help="Replace names and addresses; the diagnosis stays the same.")
@click.option(
    "--root", metavar="DIR", type=click.Path(exists=True, file_okay=False), help="Read configuration files below DIR."
)
@evidence_options
@language_option
@click.option("-v", "--verbose", is_flag=True, help="Tracebacks too.")
def snapshot(
    output: str | None,
    redacted: bool,
    root: str | None,
    snapshots: tuple[str, ...],
    host: str | None,
    lang: str | None,
    verbose: bool,
) -> int:
    """Read this host, or another over ssh, into one file; its name is printed.

    With --snapshot and --redact: a redacted copy of a snapshot.

    Exit: 0 written, 2 not written, 4 a bug in hairpin.
    """
    del verbose
    from hairpin.cli.material import gather
    from hairpin.cli.output import complain, write
    from hairpin.collect.snapshot import save, take
    from hairpin.evidence.file import write_stream
    from hairpin.evidence.redact import redact

    try:
        (evidence,) = (take(host, root=root),) if root is not None and not snapshots else gather(snapshots, host)
        evidence = redact(evidence) if redacted else evidence
        if output == "-":
            write_stream(evidence, sys.stdout.buffer)
            return 0
        path = Path(output) if output is not None else Path(file_name(evidence.hostname, evidence.taken_at))
        save(evidence, path)
    except (CollectError, EvidenceError) as error:
        # Of this command the contract wants grep's statuses: 2 for trouble.
        complain(error.said, lang)
        return 2
    write(str(path))
    return 0


def file_name(hostname: str, taken_at: str) -> str:
    """Return ``web1-20261001T120000Z.hairpin``."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", hostname).strip("-.") or "host"
    return f"{name}-{re.sub(r'[^0-9TZ]', '', taken_at)}.hairpin"
