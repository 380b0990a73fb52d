"""NEST's own test suite, run on jaxnest: what passes, what does not and why."""
