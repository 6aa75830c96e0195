"""A kernel table is full, or one of its entries decides about the flow."""
