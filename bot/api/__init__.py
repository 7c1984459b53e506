"""The read API and MCP, over what was read last: no vendor is asked, and nothing is changed."""
