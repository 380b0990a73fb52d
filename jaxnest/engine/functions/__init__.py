"""The functions of models in compiled code."""
