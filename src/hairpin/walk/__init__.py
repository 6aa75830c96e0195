"""Walks a packet and its reply through a network as the kernel would carry them; the result is a trace of steps."""
