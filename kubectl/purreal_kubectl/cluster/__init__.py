"""All Kubernetes I/O of the plugin: `cluster.Cluster`, and how it finds its cluster."""
