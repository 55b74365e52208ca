"""What one operation of a load test does: scenarios, mixes of own queries, Python files."""
