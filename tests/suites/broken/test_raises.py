raise ValueError("while it is imported: ü \ud800")
