"""Parameters and state variables as models declare them: defaults, units, bounds."""
