"""Completion of command lines in shells, and behind `kubectl` itself."""
