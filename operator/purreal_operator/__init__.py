"""The operator: runs `PoolLoadTest` resources on a cluster, from runner pods to a verdict."""
