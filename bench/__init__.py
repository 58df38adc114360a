"""`python -m bench`: what the house costs, measured on this machine against the goals; writes `results.md`."""
