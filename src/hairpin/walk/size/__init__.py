"""Full-sized segments: ``segment_size`` and ``bulk``; ``size_stop`` describes the stop of a walk that lost them.
``long_packets`` asks about segments that come in from outside."""
