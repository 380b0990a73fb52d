"""Speed and memory of jaxnest and of NEST, side by side on the same scripts."""
