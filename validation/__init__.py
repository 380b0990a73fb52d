"""How accurate jaxnest is, measured against NEST: recorded, live and statistically."""
