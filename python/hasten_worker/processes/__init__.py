"""What a process has for itself: forks, descriptors, streams, identity, random numbers."""
