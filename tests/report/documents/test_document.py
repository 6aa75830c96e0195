"""The report's JSON about a real host: names, values and the published schema."""

import gzip
import importlib.util
import io
import json

import msgspec
import pytest

from hairpin.errors import ParseError
from hairpin.evidence.file import write_stream
from hairpin.host.host import Unread
from hairpin.message import message
from hairpin.report.documents.document import report_document
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, answer, document, evidence
from tests.report.strict import SCHEMAS, errors

HOSTS: dict[str, tuple[Replacement, ...]] = {
    "healthy": (),
    "one cause": (FORWARDING_OFF,),
    "two causes at once": (FORWARDING_OFF, USER_DROPS),
}


@pytest.mark.parametrize("port", (8080, None))
@pytest.mark.parametrize("replacements", HOSTS.values(), ids=HOSTS)
def test_fits_the_published_schema(replacements: tuple[Replacement, ...], port: int | None) -> None:
    assert errors(document(*replacements, port=port), "report-1.json") == []


def test_a_missing_reading_fits_the_schema_and_has_its_consequence() -> None:
    unread = Unread("iptables-nft-save4", "host", "iptables-save -c", "Permission denied", "e8")
    found = msgspec.structs.replace(answer(), unread=(unread,))
    told = report_document(found, Words())
    assert errors(told, "report-1.json") == []
    assert told.missing[0].undecided == "whether a rule drops or translates packets"
    assert told.missing[0].evidence in told.evidence


def test_why_something_was_not_read_is_in_the_readers_language() -> None:
    error = ParseError(message("not a sysctl and its value"), source="sysctl -a", line=2)
    found = msgspec.structs.replace(answer(), unread=(Unread("sysctl", "host", "sysctl -a", error.said, "e8"),))
    assert report_document(found, Words()).missing[0].reason == "sysctl -a:2: not a sysctl and its value"
    assert report_document(found, Words("zh")).missing[0].reason == "sysctl -a:2: 不是 sysctl 及其值"


def test_the_schema_catches_a_field_of_another_form() -> None:
    plain = json.loads(msgspec.json.encode(document(FORWARDING_OFF)))
    plain["causes"][0]["ref"] = "first"
    plain["flows"][0]["verdict"] = "lost"
    del plain["evidence"]
    assert len(errors(plain, "report-1.json")) == 3


def test_one_cause_as_the_contract_shows_it() -> None:
    found = document(FORWARDING_OFF)
    flow, cause = found.flows[0], found.causes[0]
    assert (flow.id, flow.origin, flow.to) == ("f1", "192.0.2.10", "198.51.100.11:8080/tcp")
    assert (flow.verdict, flow.judge, flow.container, flow.causes) == ("dropped", "simulated", "front", ("c1",))
    assert flow.stopped_at is not None
    assert (flow.stopped_at.netns, flow.stopped_at.stage, flow.stopped_at.link) == ("host", "forward", "eth0")
    assert (cause.ref, cause.id, cause.severity) == ("c1", "interface-forwarding-off", "blocking")
    assert cause.where == {"sysctl": "net.ipv4.conf.eth0.forwarding", "value": "0", "wanted": "1"}
    assert cause.proof is not None
    assert (cause.proof.without_change, cause.proof.with_change, cause.proof.set) == ("dropped", "delivered", ("c1",))
    assert cause.remedies[0].commands == ("sysctl -w net.ipv4.conf.eth0.forwarding=1",)
    quote = found.evidence[cause.evidence[0]]
    assert (quote.origin, quote.excerpt) == ("/proc/sys/net/ipv4/conf/eth0/forwarding", "0")


def test_two_causes_at_once_are_one_set() -> None:
    found = document(FORWARDING_OFF, USER_DROPS)
    assert [each.id for each in found.causes] == ["interface-forwarding-off", "docker-user-drops"]
    assert {each.proof and each.proof.set for each in found.causes} == {("c1", "c2")}
    assert found.flows[0].causes == ("c1", "c2")


def test_every_reference_leads_somewhere() -> None:
    found = document(FORWARDING_OFF, USER_DROPS, port=None)
    causes = {each.ref for each in found.causes}
    flows = {each.id for each in found.flows}
    assert causes
    assert flows
    for flow in found.flows:
        assert set(flow.causes) <= causes
        assert flow.stopped_at is None or flow.stopped_at.evidence in found.evidence
    for cause in found.causes:
        assert set(cause.flows) <= flows
        assert set(cause.evidence) <= set(found.evidence)


def test_a_healthy_host_has_no_cause_and_no_place_where_anything_stopped() -> None:
    """But its containers have no restart policy."""
    found = document(port=None)
    assert [(each.id, each.severity, each.event) for each in found.causes] == [
        ("restart-policy-missing", "latent", "docker-restart")
    ]
    assert {each.verdict for each in found.flows} == {"delivered", "leaves"}
    assert {each.stopped_at for each in found.flows} == {None}


def test_host_and_time_are_those_of_the_evidence() -> None:
    host = document().host
    assert (host.name, host.taken_at) == ("host1", "2026-11-20T07:19:44Z")
    assert host.snapshot_id == evidence().snapshot_id


def test_json_in_chinese_has_the_same_ids_and_commands() -> None:
    english, chinese = document(FORWARDING_OFF), document(FORWARDING_OFF, language="zh")
    assert [each.id for each in chinese.causes] == [each.id for each in english.causes]
    assert chinese.causes[0].remedies[0].commands == english.causes[0].remedies[0].commands
    assert chinese.causes[0].title != english.causes[0].title


def test_the_published_schemas_are_those_of_the_types() -> None:
    """`python tools/schemas.py` writes them."""
    spec = importlib.util.spec_from_file_location("schemas", SCHEMAS.parents[1] / "tools" / "schemas.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for name, schema in tool.schemas().items():
        assert (SCHEMAS / name).read_text("utf-8") == tool.text(schema), name


def test_each_line_of_a_snapshot_fits_its_schema() -> None:
    stream = io.BytesIO()
    write_stream(evidence(), stream)
    lines = gzip.decompress(stream.getvalue()).splitlines()
    assert len(lines) == len(evidence().readings) + 2
    for line in lines:
        assert errors(json.loads(line), "evidence-1.json") == []
    assert errors({"schema": "hairpin.evidence/2"}, "evidence-1.json") != []
