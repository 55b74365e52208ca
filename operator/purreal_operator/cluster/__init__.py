"""All Kubernetes I/O of the operator: `cluster.Cluster` and what its methods return."""
