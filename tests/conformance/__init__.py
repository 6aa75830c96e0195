"""hairpin's readers held against the test suites of iptables and nftables themselves: ``make conformance``."""
