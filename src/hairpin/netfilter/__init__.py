"""Netfilter rules: one intermediate representation, its readers, its evaluation."""
