"""Ringwatch: know before the money, the numbers or the people run out."""

__version__ = "0.1.0"
