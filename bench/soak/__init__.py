"""Everything at work for a long time, with a fault each minute, and what is to be seen of it."""
