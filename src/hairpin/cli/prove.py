"""``hairpin prove``: the flow on a replica of the host's network, beside the simulated trace."""

import os

import click

from hairpin.cli.options import evidence_options, show_options, world_options


@click.command()
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--from", "origin", metavar="WHERE", help="Where the flow starts: ADDRESS, host, lan, container:NAME.")
@evidence_options
@world_options
@show_options
def prove(
    target: str | None,
    origin: str | None,
    snapshots: tuple[str, ...],
    host: str | None,
    publics: tuple[str, ...],
    outside: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Rebuild the network in throw-away namespaces, send the packet there, compare.

    Nothing of the host is touched; the snapshot may come from another machine.  Needs root.

    Exit: 0 delivered, 1 not delivered, 2 usage error, 3 could not decide, 4 the kernel disagrees: a bug in hairpin,
    kept as a file.
    """
    from hairpin.cli.material import gather, material
    from hairpin.cli.outcome import prove_status
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.judges.proof import prove_all
    from hairpin.question.flows import flows_for
    from hairpin.question.target import parse_origin, parse_target
    from hairpin.report.prove_document import prove_document

    asked = (parse_target(target),) if target is not None else ()
    start = parse_origin(origin) if origin is not None else None
    found = material(gather(snapshots, host), publics, outside, asked)
    flows = flows_for(found.network, asked, start)
    proven = prove_all(found.network, flows, found.evidence, os.environ)
    if as_json:
        write_json(prove_document(proven, found.network, found.evidence, os.uname().release))
    else:
        from hairpin.report.prove_text import prove_text

        write(prove_text(proven, words(lang), paper(color), verbose=verbose))
    return prove_status(tuple((each.trace.verdict, each.agreement.agrees) for each in proven))
