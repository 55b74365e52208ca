"""What the guide's three scripts do; the scripts themselves only call this."""
