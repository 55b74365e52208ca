"""Applies load: plans it, runs pools, spreads them over processes, orchestrates a whole run."""
