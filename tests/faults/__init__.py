"""Faults at any point of every command that writes: killed, interrupted, without room; and what comes after."""
