"""What is known of pytest and of plugins."""
