"""What generates pages and tables of the docs. The service imports nothing of it."""
