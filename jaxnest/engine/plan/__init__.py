"""The layout of one network: its tables for the executors, and the buffers that a run changes."""
