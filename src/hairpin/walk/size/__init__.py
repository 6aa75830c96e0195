"""Full-sized TCP segments: ``segment_size`` computes their size, ``bulk`` walks them, ``size_stop`` describes their
loss."""
