"""A base chain's policy drops the packet: of FORWARD, of OUTPUT, or of another program's nftables table."""
