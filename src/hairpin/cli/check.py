"""``hairpin check``: the main job."""

import os

import click

from hairpin.cli.options import evidence_options, show_options, world_options


@click.command()
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--from", "origin", metavar="WHERE", help="Where the flow starts: ADDRESS, host, lan, container:NAME.")
@click.option("--no-replica", is_flag=True, help="Do not repeat flows and proofs in throw-away namespaces.")
@evidence_options
@world_options
@show_options
def check(
    targets: tuple[str, ...],
    origin: str | None,
    no_replica: bool,
    snapshots: tuple[str, ...],
    host: str | None,
    publics: tuple[str, ...],
    outside: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Walk the flows to TARGET, name the proven causes, say the repair.

    TARGET is 8151, 8151/udp, ADDRESS:PORT, [IPV6]:PORT, a container, CONTAINER:PORT (its own port) or a URL.
    Without one: every published port and the way out of every container.

    Exit: 0 all delivered, 1 a blocking cause, 2 usage error, 3 could not decide, 4 a bug in hairpin.
    """
    from hairpin.cli.material import gather, material
    from hairpin.cli.outcome import exit_status, unknown_port
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.diagnose.check import check as diagnosed
    from hairpin.question.flows import flows_for
    from hairpin.question.target import parse_origin, parse_target
    from hairpin.replica.prerequisites import may_replicate
    from hairpin.report.document import report_document

    asked = tuple(parse_target(each) for each in targets)
    start = parse_origin(origin) if origin is not None else None
    found = material(gather(snapshots, host), publics, outside, asked)
    answer = diagnosed(found.network, flows_for(found.network, asked, start))
    unknown_port(answer, asked)
    if not no_replica and may_replicate():
        from hairpin.judges.replicated import replicated

        answer = replicated(answer, found.evidence, os.environ)
    said = words(lang)
    document = report_document(answer, found.evidence, said)
    if as_json:
        write_json(document)
    else:
        from hairpin.report.terminal import report_text

        write(report_text(answer, document, said, paper(color), verbose=verbose))
    return exit_status(answer)
