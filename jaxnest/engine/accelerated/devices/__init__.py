"""Stimulators and their connections in array operations."""
