"""Files that cat shows have their path, and are no state of the host."""

from tests.pasted.readings import host_in, keys_in


def test_a_file_has_its_path_and_is_no_state() -> None:
    host = host_in(
        "$ cat /etc/sysctl.conf\n# mine\nnet.ipv4.ip_forward=1\n$ cat "
        "/etc/iptables/rules.v4\n*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
    )
    assert [each.path for each in host.files] == ["/etc/sysctl.conf", "/etc/iptables/rules.v4"]
    assert all(not each.sysctls.values and not each.ruleset.tables for each in host.namespaces)


def test_files_with_keys_of_their_own() -> None:
    text = '$ cat /etc/ufw/ufw.conf\nENABLED=yes\n$ cat /etc/default/ufw\nDEFAULT_FORWARD_POLICY="DROP"\n'
    assert keys_in(text) == ("ufw-conf", "ufw-default")
    ufw = host_in(text).ufw
    assert ufw is not None
    assert (ufw.enabled, ufw.default_forward_policy) == (True, "DROP")


def test_a_file_of_a_container_or_in_part_is_none_of_the_host_s() -> None:
    assert keys_in("$ docker exec web cat /etc/resolv.conf\nnameserver 127.0.0.11") == ("container-resolvers",)
    assert keys_in("$ docker exec web cat /etc/hosts\n127.0.0.1 localhost") == ("container-hosts",)
    assert keys_in("$ docker exec web cat /etc/sysctl.conf\nnet.ipv4.ip_forward=1") == ()
    assert keys_in("$ cat /etc/sysctl.conf | grep forward\nnet.ipv4.ip_forward=1") == ()
