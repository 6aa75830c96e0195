"""Whether this machine can build replicas."""

import os

from hairpin.replica.judge import may_replicate, missing


def test_without_root_there_are_none() -> None:
    reason = missing()
    assert may_replicate() is (reason is None)
    if os.geteuid() != 0:
        assert str(reason) == "test copies of a network (replicas) need root, because they use network namespaces"
