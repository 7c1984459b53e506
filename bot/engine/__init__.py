"""What changes incidents: loads the state, evaluates, takes the pure step, commits."""
