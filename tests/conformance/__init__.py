"""hairpin's readers compared with the test suites of iptables and nftables: ``make conformance``."""
