"""What the plugin shows while it waits and at the end; asks no cluster."""
