"""What travels between processes: frames, records, the journal, values."""
