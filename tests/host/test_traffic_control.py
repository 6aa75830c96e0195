from hairpin.host.traffic_control import Filter


def test_a_filter_as_tc_lists_it() -> None:
    drop = Filter("ingress", "matchall", 7, "all", action="drop", words=("action", "drop"))
    assert drop.text == "protocol all pref 7 matchall action drop"
