"""Streams of random numbers, and variates drawn from them."""
