"""Node cases with a past among their inputs, through state objects: given_states.py HEDDLE STEP_CASE SUITE SCRATCH.

Rows, tokens and the past of a case become symbols. The past is set in a state of the step, which takes the case's other inputs in one call; its outputs
and the state behind it are the case's.
"""
import pathlib
import sys

import numpy as np
import onnx

from state_cases import check_all, close, run, tensors

# Cases whose past has no meaning as a state, with the reason.
NO_STATE = {}


def past_of(name):
    """The input that the output `name` is the next value of."""
    return name.replace("present", "past", 1)


# Dimensions that are no size of the model, by operator and input or output; rows are the first of all but weights and masks of all rows.
ATTENTION = {"K": (-2, "T"), "V": (-2, "T"), "past_key": (2, "P"), "past_value": (2, "P"), "present_key": (2, "PT"), "present_value": (2, "PT"),
             "attn_mask": (-1, "PT"), "qk_matmul_output": (-1, "PT")}
SCATTER = {"past_cache": (-2, "C"), "update": (-2, "T"), "present_cache": (-2, "C")}
LINEAR = {name: (1, "T") for name in ["query", "key", "value", "decay", "beta", "output"]}
CONVOLUTION = {"input": (2, "T"), "output": (2, "T")}
SIZES = {"attention": ATTENTION, "tensorscatter": SCATTER, "linear_attention": LINEAR, "causal_conv_with_state": CONVOLUTION}


def free_sizes(model, sizes):
    for info in [*model.graph.input, *model.graph.output]:
        shape = info.type.tensor_type.shape.dim
        if info.name not in ["weight", "bias"] and not (info.name == "attn_mask" and len(shape) == 2):
            shape[0].dim_param = "B"
        if info.name in sizes:
            dim, symbol = sizes[info.name]
            shape[dim].dim_param = symbol


def check(heddle, step_case, case, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model = onnx.load(case / "model.onnx")
    inputs, expected = tensors(case, "input", model.graph.input), tensors(case, "output", model.graph.output)
    free_sizes(model, next(sizes for kind, sizes in SIZES.items() if case.name.startswith(f"test_{kind}")))
    onnx.save(model, folder / "model.onnx")
    run(heddle, "compile", "-q", "--entries=step", "--tokens", "T", folder / "model.onnx", "-o", folder / "model.heddle")
    past = {name: array for name, array in inputs.items() if name.startswith("past")}
    grown = [past[past_of(name)].shape[2] for name in expected if name.startswith("present") and past[past_of(name)].shape != expected[name].shape]
    position = grown[0] if grown else 3  # any number of tokens has led to a state of fixed size
    rows = next(iter(past.values())).shape[0]
    capacity = expected["present_key"].shape[2] if grown else past["past_cache"].shape[-2] if "past_cache" in past else 1
    np.savez(folder / "in.npz", **inputs, position=np.full(rows, position, np.int64))
    run(step_case, folder / "model.heddle", folder / "in.npz", folder / "out.npz", capacity)
    made = np.load(folder / "out.npz")
    slack = 2e-3 if any(array.dtype == np.float16 for array in inputs.values()) else 2e-5
    for name, array in expected.items():
        actual = made[past_of(name) if name.startswith("present") else name]
        if not close(actual, array, slack):
            return f"{name} differs"
    if not (made["position"] > position).all():
        return "the positions stay"
    return check_empty_past(step_case, folder, inputs, expected, slack, capacity) if case.name.startswith("test_attention_4d") and "causal" not in case.name else ""


def check_empty_past(step_case, folder, inputs, expected, slack, capacity):
    """The keys of the past as new ones, behind none: what a query sees is the same."""
    whole = dict(inputs)
    for new, past in [("K", "past_key"), ("V", "past_value")]:
        whole[new] = np.concatenate([inputs[past], inputs[new]], axis=2)
        whole[past] = inputs[past][:, :, :0]
    np.savez(folder / "empty.npz", **whole, position=np.zeros(len(inputs["K"]), np.int64))
    run(step_case, folder / "model.heddle", folder / "empty.npz", folder / "out.npz", capacity)
    made = np.load(folder / "out.npz")
    differ = [name for name, array in expected.items() if not close(made[past_of(name) if name.startswith("present") else name], array, slack)]
    return f"{differ[0]} differs from an empty past" if differ else ""


def has_past(case):
    return any(info.name.startswith("past") for info in onnx.load(case / "model.onnx").graph.input)


heddle, step_case, suite, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
cases = [case for case in sorted(suite.glob("test_*")) if case.name not in NO_STATE and has_past(case)]
check_all(cases, lambda case: check(heddle, step_case, case, scratch / case.name))
