"""The matte network: cut-outs, grounds, composites of both, the network, its training and its export."""
