"""The pure core of alerting: readings, findings, incidents, and the transitions between them. No I/O."""
