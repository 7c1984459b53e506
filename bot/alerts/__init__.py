"""The pure core of alerting: readings, findings, incidents, and every transition between them. No I/O here."""
