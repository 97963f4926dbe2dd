"""The process on the terminal: it shows what others say, or runs the tests itself."""
