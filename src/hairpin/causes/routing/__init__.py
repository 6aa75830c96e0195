"""Faults of routes, policy rules, forwarding, reverse-path filter and neighbours; overlapping subnets."""
