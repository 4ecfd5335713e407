"""Writes one model for each transport of the mixer block."""
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
SLOTS = {
    "identity": {"score": {"kind": "softmax", "scale": 0.25, "soft_cap": 20, "alibi": True}, "norm": "row_sum", "rotary": {"features": 4},
                 "support": {"per_head": {"heads": [0, 0, 1, 1], "classes": ["causal", "full"]}}},
    "scalar": {"transport": "scalar", "decay": "learned", "key_heads": 2, "value_heads": 4, "value_features": 6, "gate": "sigmoid"},
    "key_channel": {"transport": "key_channel", "order": "reverse", "current": True, "feature_map": "relu"},
    "elementwise": {"transport": "elementwise", "output_norm": "layer"},
    "complex_diagonal": {"transport": "complex_diagonal"},
    "delta": {"transport": "delta", "feature_map": "l2", "short_conv": 3},
    "gated_delta": {"transport": "gated_delta", "feature_map": "l2"},
    "constant": {"transport": "constant"},
    "log_keys": {"transport": "scalar", "score": {"kind": "linear", "log_keys": True}, "norm": "row_sum"},
}
for name, slots in SLOTS.items():
    model = {"heddle": 1, "symbols": ["B", "T"], "inputs": [{"name": "x", "shape": ["B", "T", 32]}], "weights": {"random": {"seed": 1}},
             "blocks": [{"type": "mixer", "slots": dict({"query_heads": 4, "key_features": 8}, **slots)}]}
    (folder / (name + ".json")).write_text(json.dumps(model))
