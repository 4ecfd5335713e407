"""Writes one model for each transport, each score and each other slot of the mixer block."""
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
    "factored": {"transport": "elementwise_factored"},
    "running": {"transport": "scalar", "feature_map": "elu1", "norm": "running", "epsilon": 1e-3},
    "bias_dense": {"score": {"kind": "softmax", "score_bias": {"kind": "dense", "input": "pairs"}}, "support": "full"},
    "bias_relative": {"score": {"kind": "softmax", "score_bias": {"kind": "relative", "distances": 9}}},
    "bias_t5": {"score": {"kind": "softmax", "score_bias": {"kind": "t5", "buckets": 6, "max_distance": 10}}},
    "cross": {"score": {"kind": "softmax"}, "keys_from": "memory"},
    "cross_last": {"score": {"kind": "softmax"}, "keys_from": "longer", "align": "end", "support": "causal", "rotary": {}},
    "positions": {"score": {"kind": "softmax"}, "rotary": {"positions": "place"}},
    "formula": {"score": {"kind": "softmax", "expression": "select(i - j <= 3 + h, score, -1e3 * abs(score) - b) / sqrt(1 + (i - j))"}},
    "region": {"transport": {"kind": "region", "expression": "min(tanh(state * keep), 1 - a) + 0.1 * log(2 + abs(d))", "operands": {
        "keep": {"shape": "key", "activation": "sigmoid"}, "a": {"shape": "head"}, "d": {"shape": "value"}}}},
}
# Mixers without queries and keys.
KEYLESS = {
    "toeplitz": {"transport": {"kind": "toeplitz", "tokens": 12}, "gate": "silu"},
    "toeplitz_both": {"transport": {"kind": "toeplitz", "tokens": 15, "center": 7}},
    "toeplitz_given": {"transport": {"kind": "toeplitz", "input": "kernel"}, "support": "causal"},
    "dense": {"transport": "structured_dense"},
    "dense_given": {"transport": {"kind": "structured_dense", "input": "matrix"}},
    "cosine": {"transport": "structured_cosine", "short_conv": 2},
    "sine": {"transport": {"kind": "structured_sine"}},
    "region_alone": {"transport": {"kind": "region", "expression": "max(0.9 * state, now)", "operands": {"now": {"shape": "value"}}}},
}
MODEL = {"heddle": 1, "symbols": ["B", "T", "S"], "defaults": {"B": 2, "T": 19, "S": 23}, "weights": {"random": {"seed": 1}}}
INPUTS = {
    "x": {"shape": ["B", "T", 32]},
    "pairs": {"shape": ["B", 1, "T", "T"]},
    "memory": {"shape": ["B", "S", 24]},
    "longer": {"shape": ["B", "S", 32]},
    "place": {"shape": [1, "T"], "dtype": "i32", "range": [0, 1000]},
    "kernel": {"shape": [2, 1, 30]},
    "matrix": {"shape": [1, "T", "T"]},
}
cases = {name: dict({"query_heads": 4, "key_features": 8}, **slots) for name, slots in SLOTS.items()}
cases.update({name: dict({"value_heads": 2, "value_features": 16}, **slots) for name, slots in KEYLESS.items()})
for name, slots in cases.items():
    text = json.dumps(slots)
    inputs = [dict(each, name=key) for key, each in INPUTS.items() if key == "x" or f'"{key}"' in text]
    used = [symbol for symbol in MODEL["symbols"] if any(symbol in each["shape"] for each in inputs)]
    if name == "dense":  # a learned matrix has a size
        inputs, used = [{"name": "x", "shape": ["B", 11, 32]}], ["B"]
    model = dict(MODEL, symbols=used, defaults={each: MODEL["defaults"][each] for each in used}, inputs=inputs,
                 blocks=[{"type": "mixer", "slots": slots}])
    (folder / (name + ".json")).write_text(json.dumps(model))
