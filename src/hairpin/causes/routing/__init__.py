"""Routes, policy rules, forwarding, reverse-path filter, neighbours, addresses that overlap."""
