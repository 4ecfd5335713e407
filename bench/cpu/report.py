"""From measured rows to a table and plots."""
import json

COLORS = {
    "heddle": "#c0392b", "onnxruntime": "#2471a3", "onnxruntime-operator": "#5dade2", "openvino": "#7d3c98", "torch": "#d68910", "inductor": "#b7950b",
    "jax": "#148f77", "iree": "#5d6d7e", "fftw": "#784212", "mkl-fft": "#1b4f72", "ducc0": "#4a235a",
}


def right(results):
    """Those with a time that counts."""
    return {name: result for name, result in results.items() if result.get("right")}


def summary(measured):
    """Our time, the best peer and its name, the ratio; None for what is missing."""
    times = {name: result["median_s"] for name, result in right(measured["contenders"]).items()}
    ours = times.pop("heddle", None)
    best = min(times, key=times.get, default=None)
    ratio = times[best] / ours if best and ours else None
    return ours, best, times.get(best), ratio


def milliseconds(seconds):
    return "-" if seconds is None else f"{seconds * 1e3:.3g}"


def failures(measured):
    wrong = {name: f"wrong ({result['error']:.1e})" for name, result in measured["contenders"].items() if result.get("right") is False}
    return wrong | {name: result["failed"].split("\n")[0][:100] for name, result in measured["contenders"].items() if "failed" in result}


def cells(measured):
    ours, best, theirs, ratio = summary(measured)
    size = " ".join(f"{key}={value}" for key, value in measured["size"].items())
    floor = "-" if ours is None else f"{ours / measured['floor_s']:.2f}"
    return [measured["row"], size, str(measured["threads"]), milliseconds(ours), floor, best or "-", milliseconds(theirs),
            "-" if ratio is None else f"{ratio:.2f}", f"{measured['target']:g}"]


def line(measured):
    row, size, threads, ours, floor, best, theirs, ratio, target = cells(measured)
    text = f"{row} {size}, {threads} threads: {ours} ms ({floor} x floor), {best} {theirs} ms, ratio {ratio} (wanted {target})"
    return text + "".join(f"\n  {name}: {why}" for name, why in failures(measured).items())


def table(results):
    head = ["row", "size", "threads", "Heddle, ms", "x floor", "best peer", "its ms", "ratio", "wanted"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cells(measured)) + " |" for measured in results["rows"]])


def plot(path, name, group):
    """Time over length, one line for each contender, of a row with several sizes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4))
    axis = next(key for key in group[0]["size"] if len({measured["size"][key] for measured in group}) > 1)
    for contender in COLORS:
        points = [(measured["size"][axis], right(measured["contenders"])[contender]["median_s"] * 1e3)
                  for measured in group if contender in right(measured["contenders"])]
        if points:
            axes.plot(*zip(*points), "o-", color=COLORS[contender], label=contender)
    axes.plot(*zip(*[(measured["size"][axis], measured["floor_s"] * 1e3) for measured in group]), "k:", label="floor")
    axes.set(xscale="log", yscale="log", xlabel=axis, ylabel="milliseconds", title=f"{name}, {group[0]['threads']} threads")
    axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def write(directory, results):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "cpu.json").write_text(json.dumps(results, indent=1) + "\n")
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    head = "<!-- Made by `./dev bench cpu`. Do not edit. -->\n\n# On the CPU, beside others\n"
    (directory / "cpu.md").write_text(f"{head}\n{results['machine']}; {versions}. Medians of one run.\n\n{table(results)}\n")
    groups = {}
    for measured in results["rows"]:
        groups.setdefault((measured["row"], measured["threads"]), []).append(measured)
    for (name, threads), group in groups.items():
        if len({json.dumps(measured["size"]) for measured in group}) > 1:
            plot(directory / f"cpu-{name}-{threads}.svg", name, group)
