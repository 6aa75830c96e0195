"""The policy of a base chain drops what no rule accepts: of FORWARD, of OUTPUT, of another program's nftables table."""
