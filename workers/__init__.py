"""What is done outside a request: the broker, its actors, and the embedded Redis."""
