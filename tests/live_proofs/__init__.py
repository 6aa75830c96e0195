"""Hosts whose fault no reading shows, and healthy ones: ``python -m tests.live_proofs``.

Real packets (``hairpin prove --live``) must contradict the walk on the first, and agree on the others; they leave the
host as it was.  Read ``sites`` (the hosts, and where the packets start), ``faults`` (what is broken beyond them, or by
eBPF), ``ebpf`` (attaches a program that drops packets), ``trial`` (one case) and ``__main__``.
"""
