"""Answers as metrics for Prometheus, in the text format that the textfile collector of node_exporter reads.

The number of different labels is bounded: a label is an id of hairpin, the name of a container, or the words of the
command line.  No label depends on the language.  Every sample has the labels ``command`` and ``asked``, because the
collector refuses two files that have the same series.  Source: prometheus.io, "Exposition formats", "Metric and label
naming"; node_exporter README, "Textfile Collector"
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple, get_args

from hairpin import __version__
from hairpin.report.documents.document import FlowDocument, ReportDocument
from hairpin.report.documents.events_document import EventsDocument
from hairpin.report.documents.head import HostDocument, MissingDocument
from hairpin.report.exposition import Gauge, Labels, exposition
from hairpin.walk.verdicts import Verdict, succeeds

MOST_FLOWS = 500
"""The greatest number of flows with a sample of their own."""


class Run(NamedTuple):
    """A call of hairpin.  ``asked``: the words that made the question.  ``read_at``: when the host was read, in seconds
    since the epoch.  ``status``: hairpin's exit status."""

    command: str
    asked: str
    status: int
    read_at: float


def check_metrics(document: ReportDocument, run: Run) -> str:
    """Return the metrics of ``hairpin check``."""
    shown = document.flows[:MOST_FLOWS]
    causes = Counter((("id", each.id), ("severity", each.severity), ("host", each.host)) for each in document.causes)
    return _text(
        run,
        (
            *_of_run(run, is_up=True),
            Gauge(
                "hairpin_flow_delivered",
                "Whether the flow is delivered or leaves the host (1) or fails (0). No sample: undecided.",
                tuple(_flow_samples(shown)),
            ),
            Gauge(
                "hairpin_flows",
                "Number of flows by verdict; depends is undecided.",
                tuple(_verdict_samples(document.flows)),
            ),
            Gauge(
                "hairpin_flows_without_sample",
                "Number of flows that have no sample of hairpin_flow_delivered because they are too many.",
                (((), len(document.flows) - len(shown)),),
            ),
            Gauge(
                "hairpin_causes",
                "Number of causes by id; blocking stops flows now, latent after an event.",
                tuple(causes.items()),
            ),
            *_of_hosts(document.hosts, document.missing),
        ),
    )


def events_metrics(document: EventsDocument, run: Run) -> str:
    """Return the metrics of ``hairpin events``."""
    breaks: Counter[Labels] = Counter()
    undecided: Counter[Labels] = Counter()
    lost: Counter[Labels] = Counter()
    for cell in document.matrix:
        labels = (("event", cell.event), ("host", cell.host))
        is_broken = succeeds(cell.before) and not succeeds(cell.after)
        breaks[labels] += is_broken and cell.after != "depends"
        undecided[labels] += is_broken and cell.after == "depends"
        lost[labels] += cell.established == "lost"
    told = (
        ("hairpin_event_breaks", "Number of flows that pass now and fail after the event.", breaks),
        ("hairpin_event_undecided", "Number of flows that pass now and may fail after the event.", undecided),
        ("hairpin_event_connections_lost", "Number of flows whose open connections end in the event.", lost),
    )
    return _text(
        run,
        (
            *_of_run(run, is_up=True),
            *(Gauge(name, about, tuple(counted.items())) for name, about, counted in told),
            *_of_hosts(document.hosts, document.missing),
        ),
    )


def failed_metrics(run: Run) -> str:
    """Return the metrics of a call that ended without an answer.  These metrics have no sample of a flow, a cause or an
    event.  So no flow, cause or event keeps the value of an earlier call."""
    return _text(run, _of_run(run, is_up=False))


def _of_run(run: Run, *, is_up: bool) -> tuple[Gauge, ...]:
    return (
        Gauge("hairpin_up", "Whether the call of hairpin ended with an answer (1) or failed (0).", (((), is_up),)),
        Gauge(
            "hairpin_exit_status", "Exit status: 0 well, 1 a cause, 2 usage, 3 undecided, 4 a bug.", (((), run.status),)
        ),
        Gauge(
            "hairpin_read_timestamp_seconds",
            "When the host was read, in seconds since the epoch.",
            (((), run.read_at),),
        ),
        Gauge("hairpin_build_info", "The version of hairpin.", (((("version", __version__),), 1),)),
    )


def _of_hosts(hosts: Iterable[HostDocument], missing: Iterable[MissingDocument]) -> tuple[Gauge, ...]:
    unread = Counter((("key", each.key), ("host", each.host)) for each in missing)
    engines = Counter(
        (("engine", engine.name), ("state", engine.state), ("host", host.name or ""))
        for host in hosts
        for engine in host.engines
    )
    return (
        Gauge(
            "hairpin_unread", "Number of readings of the host that are missing, by their key.", tuple(unread.items())
        ),
        Gauge(
            "hairpin_engines",
            "Number of container engines by the state of their API; stopped may be one that is not installed.",
            tuple(engines.items()),
        ),
    )


def _flow_samples(flows: Iterable[FlowDocument]) -> Iterator[tuple[Labels, float]]:
    """Yield a sample for each decided flow.  Flows with the same labels share a sample.  The sample is 0 if one of its
    flows fails."""
    found: dict[Labels, bool] = {}
    for each in flows:
        if each.verdict == "depends":
            continue
        labels = (
            ("from", each.origin),
            ("to", each.to),
            ("container", each.container or ""),
            ("host", each.host),
            ("purpose", each.purpose),
        )
        found[labels] = found.get(labels, True) and succeeds(each.verdict)
    yield from found.items()


def _verdict_samples(flows: Iterable[FlowDocument]) -> Iterator[tuple[Labels, float]]:
    """Yield the number of flows for each verdict, even if no flow has the verdict."""
    counted = Counter(each.verdict for each in flows)
    verdict: Verdict
    for verdict in get_args(Verdict):
        yield (("verdict", verdict),), counted[verdict]


def _text(run: Run, gauges: Iterable[Gauge]) -> str:
    return exposition(gauges, (("command", run.command), ("asked", run.asked)))
