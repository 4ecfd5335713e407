"""Reads what `bench --json` prints: formula <= resident memory <= 1.05 formula."""
import json
import sys

result = json.load(sys.stdin)
share = result["resident_bytes"] / result["peak_formula_bytes"]
print(f"{result['resident_bytes']} bytes resident, formula {result['peak_formula_bytes']}: {share:.3f}")
assert result["peak_formula_bytes"] > 150e6, "too small to measure a process with"
assert 0.95 < share < 1.05, share
