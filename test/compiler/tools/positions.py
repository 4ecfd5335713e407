"""Reads what heddle-positions prints: bytes that do not depend on the position (flat), or grow with it (linear), or that read each key
of a window once (window: the first row has a longer one than the others), or that grow with the square root of a kernel's length (root:
the first row has a sixteenth of the taps of the others); no allocations."""
import json
import sys

rows = [json.loads(line) for line in sys.stdin]
assert len(rows) >= 3 and all(row["allocations"] == 0 for row in rows), rows
assert all(row["state_bytes"] == row["state_formula_bytes"] for row in rows), rows
if sys.argv[1] == "window":
    more, kept = (rows[0][key] - rows[1][key] for key in ("bytes", "state_bytes"))
    print(more, kept)
    assert 0 < kept == 2 * more, (more, kept)  # a ring has places for two versions
    sys.exit()
if sys.argv[1] == "root":
    short, *long = [row["bytes"] for row in rows]
    print(short, long)
    assert len(set(long)) == 1 and long[0] <= 4 * short, (short, long)
    sys.exit()
for key in ("bytes", "state_bytes", "arena_bytes"):
    values = [row[key] for row in rows]
    print(key, values)
    # One token is not worth packing keys for: its arena has no room for them.
    if sys.argv[1] == "flat" or key == "arena_bytes":
        assert len(set(values)) == 1, (key, values)
        continue
    slopes = [(b[key] - a[key]) / (b["position"] - a["position"]) for a, b in zip(rows, rows[1:])]
    assert min(slopes) > 16, (key, slopes)  # a key and a value of 64 floats are more
    assert max(slopes) < 1.05 * min(slopes), (key, slopes)
