"""The process that collects, and what makes that fast."""
