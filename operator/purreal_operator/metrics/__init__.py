"""The operator's own metrics for Prometheus; they name no test, no namespace and no target."""
