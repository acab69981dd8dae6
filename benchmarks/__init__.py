"""Measures Wenju on sets that lie outside the repository."""
