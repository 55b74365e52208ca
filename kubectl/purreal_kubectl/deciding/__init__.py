"""What the plugin decides, from what it read: pure functions, no loop, no cluster."""
