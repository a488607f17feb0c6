"""What Aerie tells of itself in numbers; docs/metrics.md says what each means."""
