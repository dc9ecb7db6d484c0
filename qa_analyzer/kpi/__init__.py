"""What it adds up to: the store, per-agent figures, KPIs and export."""
