"""Tests of comparisons; ``python -m tests.compare.pairs`` tries random pairs of snapshots of a lab host."""
