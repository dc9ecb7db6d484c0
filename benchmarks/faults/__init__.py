"""Faults on purpose: kills, a full disk, damaged files and hostile inputs, and what a night makes of them."""
