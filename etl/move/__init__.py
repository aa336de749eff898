"""The one operation that changes a target: winners, verdicts, merge and books."""
