"""The `status` of a `PoolLoadTest`: its model, its conditions, and what a report puts into it."""
