"""The collector reads the connections that the kernel tracks."""

from hairpin.collect.run import LocalRunner, collect


def test_tracked_connections_are_read_whatever_the_shell() -> None:
    """dash reads one byte of a sysctl; conntrack before 1.4.7 lists IPv4 where no family is named."""
    made = " && ".join(
        f"conntrack -I -p udp -s {source} -d {destination} --sport 1000 --dport 53 -t 600"
        for source, destination in (("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2"))
    )
    shell = ("unshare", "--net", "sh", "-c", f'{made} && exec sh "$@"', "sh")
    (reading,) = collect(LocalRunner(shell)).all("conntrack")
    assert sorted(line.split()[0] for line in reading.text.splitlines()) == ["ipv4", "ipv6"]
