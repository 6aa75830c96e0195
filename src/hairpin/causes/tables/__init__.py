"""A kernel table is full, or one of its entries decides the flow's fate."""
