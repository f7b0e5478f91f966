"""What tools/bench/compare and tools/bench/gate are made of."""
