"""Session fixtures that are set up once for the whole run (docs/once.md)."""
