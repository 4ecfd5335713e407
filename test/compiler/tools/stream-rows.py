"""Several sequences in the calls of a step: each gives what it gives alone, in the order of the inputs. stream-rows.py RUNTIME MAMBA GPT CROSS SCRATCH"""
import pathlib
import subprocess
import sys

import numpy as np

runtime, mamba, gpt, cross, scratch = sys.argv[1:5] + [pathlib.Path(sys.argv[5])]
random = np.random.default_rng(5)
scratch.mkdir(parents=True, exist_ok=True)


def stream(package, *options, given=""):
    result = subprocess.run([runtime, "stream", package, *map(str, options)], input=given, capture_output=True, text=True)
    assert result.returncode == 0, (options, result.stderr)
    return result


def close(actual, expected):
    return actual.shape == expected.shape and abs(actual - expected).max() <= 1e-5 * abs(expected).max()


def alone(package, sequences, name, output):
    """What each sequence gives by itself, all tokens in one call."""
    results = []
    for x in sequences:
        np.save(scratch / "one.npy", x[None])
        stream(package, "--input", f"{name}=@{scratch / 'one.npy'}", "--output", f"{output}=@{scratch / 'out.npy'}", "--chunk", len(x))
        results.append(np.load(scratch / "out.npy")[0])
    return results


def as_lines(sequences):
    return "".join(" ".join(format(number, ".9g") for number in x.reshape(-1)) + "\n" for x in sequences)


def from_lines(text, width):
    return [np.array(line.split(), np.float32).reshape(-1, width) for line in text.splitlines()]


def equally_long():
    x = random.standard_normal((5, 11, 32)).astype("f4")
    np.save(scratch / "x.npy", x)
    expected = np.stack(alone(mamba, x, "x", "y"))
    for rows, chunk in [(1, 4), (2, 1), (3, 4), (5, 11), (8, 3)]:
        stream(mamba, "--rows", rows, "--chunk", chunk, "--input", f"x=@{scratch / 'x.npy'}", "--output", f"y=@{scratch / 'y.npy'}")
        assert close(np.load(scratch / "y.npy"), expected), (rows, chunk)
    print("sequences of one length: each as it is alone")


def of_any_length():
    sequences = [random.standard_normal((length, 32)).astype("f4") for length in [7, 1, 12, 3, 2, 30, 5]]
    expected = alone(mamba, sequences, "x", "y")
    for rows, chunk in [(1, 5), (2, 4), (3, 1), (4, 16)]:
        result = stream(mamba, "--rows", rows, "--chunk", chunk, "--input", "x=lines:-", "--output", "y=lines:-", given=as_lines(sequences))
        made = from_lines(result.stdout, expected[0].shape[1])
        assert len(made) == 7 and all(close(*pair) for pair in zip(made, expected)), (rows, chunk)
        assert "7 sequences in " in result.stderr
    print("of any length: rows retire and others join")


def of_ids():
    """Positions of rows differ, and keys of earlier sequences lie where the next one writes."""
    sequences = [random.integers(0, 256, length) for length in [4, 9, 2, 6]]
    expected = alone(gpt, sequences, "tokens", "logits")
    for rows, chunk in [(2, 3), (3, 1)]:
        result = stream(gpt, "--rows", rows, "--chunk", chunk, "--capacity", 9, "--input", "tokens=lines:-", "--output", f"logits=raw:{scratch / 'logits'}", given=as_lines(sequences))
        made = np.fromfile(scratch / "logits", "f4").reshape(-1, expected[0].shape[1])
        assert close(made, np.concatenate(expected)), (rows, chunk)
    print("of ids: positions of their own")


def generated():
    sequences = [random.integers(0, 256, length) for length in [4, 9, 2, 6]]
    options = ["--capacity", 20, "--generate", 6, "--top-k", 5, "--seed", 3, "--stop", 7]
    results = [stream(gpt, "--rows", rows, *options, "--input", "tokens=lines:-", given=as_lines(sequences)).stdout for rows in [1, 2, 4]]
    assert len(results[0].splitlines()) == 4 and results[0] == results[1] == results[2], results
    print("generated: the same in any row")


def with_a_memory_each():
    x, memory = random.standard_normal((3, 4, 32)).astype("f4"), random.standard_normal((3, 5, 48)).astype("f4")
    for name, array in [("x", x), ("memory", memory)]:
        np.save(scratch / f"{name}.npy", array)
    stream(cross, "--rows", 2, "--input", f"x=@{scratch / 'x.npy'}", "--input", f"memory=@{scratch / 'memory.npy'}", "--output", f"y=@{scratch / 'y.npy'}")
    for number, y in enumerate(np.load(scratch / "y.npy")):
        np.save(scratch / "x1.npy", x[number:number + 1])
        np.save(scratch / "m1.npy", memory[number:number + 1])
        stream(cross, "--input", f"x=@{scratch / 'x1.npy'}", "--input", f"memory=@{scratch / 'm1.npy'}", "--output", f"y=@{scratch / 'y1.npy'}")
        assert close(y, np.load(scratch / "y1.npy")[0]), number
    print("inputs without tokens: one for each sequence")


def from_a_common_beginning():
    prefix, ends = random.integers(0, 256, 5), [random.integers(0, 256, length) for length in [3, 1, 4]]
    np.save(scratch / "prefix.npy", prefix[None])
    stream(gpt, "--input", f"tokens=@{scratch / 'prefix.npy'}", "--output", f"logits=raw:/dev/null", "--capacity", 9, "--state-out", scratch / "state")
    expected = [logits[5:] for logits in alone(gpt, [np.concatenate([prefix, end]) for end in ends], "tokens", "logits")]
    result = stream(gpt, "--rows", 2, "--capacity", 9, "--state-in", scratch / "state", "--input", "tokens=lines:-", "--output", "logits=lines:-", given=as_lines(ends))
    assert all(close(*pair) for pair in zip(from_lines(result.stdout, expected[0].shape[1]), expected))
    print("from a common beginning")


for check in [equally_long, of_any_length, of_ids, generated, with_a_memory_each, from_a_common_beginning]:
    check()
