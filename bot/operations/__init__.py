"""The operations that change something at a vendor: calls, marks, hang-ups, edits; the call policy.

Recovery after a crash.
"""
