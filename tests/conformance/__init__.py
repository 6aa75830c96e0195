"""hairpin's readers compared with the test suites of iptables and nftables, its walks with netavark's configurations:
``make conformance``."""
