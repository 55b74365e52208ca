"""Judging: what a run's numbers mean, as pure functions."""
