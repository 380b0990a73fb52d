"""Virtual processes and their batches of nodes in arrays, values of models, and tables that grow."""
