"""What operators read of the service: logs and metrics."""
