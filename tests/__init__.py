"""Tests mirror the source; tests/system runs real processes."""
