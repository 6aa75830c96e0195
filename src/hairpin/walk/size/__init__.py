"""Full-sized segments: ``segment_size`` and ``bulk``; ``size_stop`` is what a walk tells that lost them."""
