"""The catalogue: one file a cause.  A cause suspects, the prover (hairpin.diagnose) convicts."""
