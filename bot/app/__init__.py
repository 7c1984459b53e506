"""The place where things are put together: the service, its HTTP server, its schedule and its health."""
