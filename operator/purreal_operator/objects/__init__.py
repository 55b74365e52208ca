"""Builders of all Kubernetes objects of a run, as plain dicts; pure: no I/O, clock or chance."""
