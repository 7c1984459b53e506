"""What is sent of an incident, whatever the outlet: its words and its metadata."""
