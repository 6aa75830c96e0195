"""A kernel table is full, an entry in a kernel table stops or diverts the flow, or the table forgets its entries."""
