"""What NEST 3.10.0 says of its models."""
