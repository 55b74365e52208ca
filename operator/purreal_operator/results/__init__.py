"""From stored parts to the report, and from the report to the status."""
