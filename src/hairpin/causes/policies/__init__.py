"""A policy drops the packet: the policy of FORWARD, of OUTPUT, or of a base chain in another program's nftables
table."""
