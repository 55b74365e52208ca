"""What clients of SurrealDB cost, side by side: `python -m benchmarks`, see docs/performance.md."""
