"""What a run says: a summary in words, and one HTML file with figures, tables and how to repeat it."""
