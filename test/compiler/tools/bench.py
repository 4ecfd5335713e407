"""Reads what `bench --json` prints and checks what does not depend on the machine's speed."""
import json
import sys

result = json.load(sys.stdin)
assert result["dims"] == {"B": 2, "T": 100}, result["dims"]
assert result["runs"] == 2 and result["threads"] == 1, result
assert 0 < result["median_s"] <= result["p95_s"], result
assert result["flops"] > 0 and result["bytes"] > 0 and 0 < result["share_of_peak"] < 1.5, result
assert result["arena_bytes"] == result["arena_formula_bytes"], result
assert result["peak_formula_bytes"] >= result["arena_bytes"] + 2 * (2 * 100 * 8 * 4), result
