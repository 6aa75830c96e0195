"""Rules of iptables and nftables, as their tools list them."""
