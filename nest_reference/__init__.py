"""What real NEST computed, and the scripts that recorded it: ``python -m nest_reference.record_...``.

The scripts run with a Python that has NEST; what they simulate and ask is imported by the tests as well, which
run it with jaxnest.
"""
