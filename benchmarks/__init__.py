"""Speed and memory of the shipped room, each number beside two yardsticks of the same run: ``python -m benchmarks``."""
