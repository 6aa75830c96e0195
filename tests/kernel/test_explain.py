"""What a lab host's engine says about a fault, piped into `hairpin explain`, ends in the cause that check proves."""

import json
from typing import Any

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.engine import LOG
from hairpin.lab.plan import LabPlan
from tests.machine.hairpin import typed

FLUSH = "iptables -t nat -F; iptables -t nat -X"


def explain(lab: Lab, text: str) -> dict[str, Any]:
    """Return the document of `hairpin explain` in the host."""
    done = typed(lab.host, "explain", "--json", stdin=text)
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if document["found"] else 0), done.stderr
    return document


def said(lab: Lab, command: str) -> str:
    """Return what a command that fails says."""
    return lab.host.run(f"{command} 2>&1 || true")


def test_what_the_engine_says_of_its_lost_chain_is_true() -> None:
    with running_lab(LabPlan()) as lab:
        assert explain(lab, lab.host.run(f"cat {LOG}"))["found"] == []
        lab.host.run(FLUSH)
        (found,) = explain(lab, said(lab, "docker run -d -p 8200:80 hairpin-lab sleep 9"))["found"]
        assert found["here"] == "true"
        assert found["cause_ids"][0] == found["proof"]["cause_id"] == "docker-nat-chain-missing"
        assert found["remedies"] == ["restore-engine-rules"]
        lab.host.run("sysctl -w net.ipv4.ip_forward=0")
        (off,) = explain(lab, said(lab, "docker info 2>&1 | grep WARNING"))["found"]
        assert (off["here"], off["proof"]["cause_id"]) == ("true", "ip-forward-off")
