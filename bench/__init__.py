"""What requests cost, as ratios to a bare Falcon application in the same run."""
