"""Offline call-quality analyser for Mandarin telecom customer service."""

__version__ = "0.1.0"
