"""Package data: the weights of the static sentence embedder. Read by `tuneset.kernels.embed` only."""
