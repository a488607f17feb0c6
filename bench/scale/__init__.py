"""What grows with users and work: costs measured here, and queues simulated for many times as much."""
