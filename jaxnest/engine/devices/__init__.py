"""Devices that send spikes or currents."""
