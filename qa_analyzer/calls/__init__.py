"""What came in: calls with their metadata, recordings, and how far the channels can be trusted."""
