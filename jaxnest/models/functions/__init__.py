"""Functions and draws that models are written with."""
