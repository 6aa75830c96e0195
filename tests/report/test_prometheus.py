"""Metrics, read by Prometheus' own parser."""

import re
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from hairpin.report.documents.document import ReportDocument
from hairpin.report.documents.events_document import events_document
from hairpin.report.documents.head import MissingDocument
from hairpin.report.prometheus import MOST_FLOWS, Run, check_metrics, events_metrics, failed_metrics
from hairpin.report.words import Words
from tests.answer.test_matrix import found as found_events
from tests.report.answers import FORWARDING_OFF, document

RUN = Run("check", "8080 --from lan", 1, 1_700_000_000.0)


def parsed(text: str) -> dict[str, Metric]:
    """Return the metrics by name.  Each has its HELP and TYPE, and no series stands twice."""
    found = {each.name: each for each in text_string_to_metric_families(text)}
    for name, metric in found.items():
        assert name.startswith("hairpin_")
        assert metric.type == "gauge"
        assert metric.documentation.endswith(".")
        series = [tuple(sorted(sample.labels.items())) for sample in metric.samples]
        assert len(series) == len(set(series))
        assert all(sample.labels["command"] for sample in metric.samples)
    assert text.count("# TYPE ") == text.count("# HELP ") == len(found)
    return found


def values(metric: Metric, *labels: str) -> dict[tuple[str, ...], float]:
    return {tuple(sample.labels[each] for each in labels): sample.value for sample in metric.samples}


def test_a_broken_port() -> None:
    found = parsed(check_metrics(document(FORWARDING_OFF), RUN))
    assert values(found["hairpin_up"], "command", "asked") == {("check", "8080 --from lan"): 1}
    assert values(found["hairpin_exit_status"]) == {(): 1}
    assert values(found["hairpin_read_timestamp_seconds"]) == {(): 1_700_000_000}
    causes = values(found["hairpin_causes"], "id", "severity")
    assert causes["interface-forwarding-off", "blocking"] == 1
    delivered = values(found["hairpin_flow_delivered"], "from", "to")
    assert 0 in delivered.values()
    assert delivered["host", "127.0.0.1:8080/tcp"] == 1
    verdicts = values(found["hairpin_flows"], "verdict")
    assert sum(verdicts.values()) == len(document(FORWARDING_OFF).flows)
    assert verdicts["depends",] == 0


def test_a_healthy_port_has_no_blocking_cause() -> None:
    found = parsed(check_metrics(document(), RUN))
    assert set(values(found["hairpin_flow_delivered"], "to", "from").values()) == {1}
    assert "hairpin_causes" not in found


def with_flows(report: ReportDocument, number: int, **changes: str) -> ReportDocument:
    flows = tuple(
        msgspec.structs.replace(report.flows[0], id=f"f{each}", to=f"192.0.2.1:{each}/tcp", **changes)
        for each in range(1, number + 1)
    )
    return msgspec.structs.replace(report, flows=flows)


def test_an_undecided_flow_has_no_sample_and_is_counted() -> None:
    found = parsed(check_metrics(with_flows(document(), 2, verdict="depends"), RUN))
    assert "hairpin_flow_delivered" not in found
    assert values(found["hairpin_flows"], "verdict")["depends",] == 2


def test_the_number_of_flows_is_bounded_and_the_rest_is_counted() -> None:
    found = parsed(check_metrics(with_flows(document(), MOST_FLOWS + 7), RUN))
    assert len(found["hairpin_flow_delivered"].samples) == MOST_FLOWS
    assert values(found["hairpin_flows_without_sample"]) == {(): 7}


def test_flows_with_equal_labels_are_one_sample_that_fails_if_one_fails() -> None:
    one = document().flows[0]
    flows = (one, msgspec.structs.replace(one, verdict="dropped"))
    found = parsed(check_metrics(msgspec.structs.replace(document(), flows=flows), RUN))
    assert [sample.value for sample in found["hairpin_flow_delivered"].samples] == [0]


@given(text=st.text(max_size=200))
def test_any_name_is_a_label(text: str) -> None:
    found = parsed(check_metrics(with_flows(document(), 1, container=text), Run("check", text, 0, 0.5)))
    (sample,) = found["hairpin_flow_delivered"].samples
    assert len(sample.labels["container"]) <= 128
    if len(text) <= 128 and text.isascii():
        assert sample.labels["container"] == sample.labels["asked"] == text


def test_a_failed_call_has_no_verdict() -> None:
    found = parsed(failed_metrics(RUN))
    assert values(found["hairpin_up"]) == {(): 0}
    assert set(found) == {"hairpin_up", "hairpin_exit_status", "hairpin_read_timestamp_seconds", "hairpin_build_info"}


def test_events_are_counted_by_event() -> None:
    found = parsed(events_metrics(events_document(found_events(), Words()), Run("events", "8080", 1, 0.0)))
    breaks = values(found["hairpin_event_breaks"], "event")
    assert breaks["docker-stop",] > 0
    assert breaks["conntrack-flush",] == 0
    assert values(found["hairpin_event_connections_lost"], "event")["docker-stop",] > 0
    assert set(values(found["hairpin_event_undecided"], "event")) == set(breaks)


def test_the_page_for_monitors_names_each_metric() -> None:
    page = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text("utf-8")
    told = set(re.findall(r"^\| `(hairpin_\w+)` \|", page, re.MULTILINE))
    events = events_document(found_events(), Words())
    made = parsed(check_metrics(with_unread(document(FORWARDING_OFF)), RUN)) | parsed(events_metrics(events, RUN))
    assert told == made.keys() - {"hairpin_build_info"}


def with_unread(report: ReportDocument) -> ReportDocument:
    missing = MissingDocument("sysctls", "host", "/proc/sys", "refused", "forwarding", None, "lab-host")
    return msgspec.structs.replace(report, missing=(missing,))
