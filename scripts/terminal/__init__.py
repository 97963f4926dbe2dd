"""The parts of scripts/record-terminal."""
