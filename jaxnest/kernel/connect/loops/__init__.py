"""The draw loops of the connection rules; compiled code."""
