"""What changes something at a vendor: calls, marks, hang-ups, edits; the call policy; recovery after a crash."""
