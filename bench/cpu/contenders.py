"""Ways to run a row: each takes the row, its inputs, a number of threads and a folder for files, and returns a call without arguments that gives the
output as an array. A contender that cannot run a row says so with Unfit.
"""
import pathlib
import subprocess

import numpy as np


class Unfit(Exception):
    """This contender has no way to run this row."""


def method(row, name):
    found = getattr(row, name, None)
    if not found:
        raise Unfit(f"{row.name} has no {name}")
    return found


def save_onnx(row, folder, name="onnx"):
    import onnx

    path = pathlib.Path(folder) / f"{name}.onnx"
    onnx.save(method(row, name)(), path)
    return path


def heddle(row, inputs, threads, folder, build):
    import heddle as runtime

    source = pathlib.Path(folder) / "heddle.json"
    if hasattr(row, "heddle"):  # where no ONNX operator says it
        source.write_text(row.heddle())
    else:
        source = save_onnx(row, folder)
    package = pathlib.Path(folder) / "model.heddle"
    subprocess.run([f"{build}/bin/heddle", "compile", "-q", source, "-o", package], check=True)
    call = runtime.Session(f"{build}/lib/libheddle.so", package, threads).prepare(inputs)
    return lambda: next(iter(call().values()))


def onnxruntime(row, inputs, threads, folder, build, name="onnx"):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    path = save_onnx(row, folder, name)
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    wanted = {info.name for info in session.get_inputs()}
    fed = {key: array for key, array in inputs.items() if key in wanted}
    first = session.get_outputs()[0].name
    return lambda: session.run([first], fed)[0]


def onnxruntime_operator(row, inputs, threads, folder, build):
    """With an operator of its own where ONNX spells it out."""
    return onnxruntime(row, inputs, threads, folder, build, "onnx_operator")


def openvino(row, inputs, threads, folder, build):
    import openvino as ov

    core = ov.Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"})
    model = core.read_model(save_onnx(row, folder))
    fed = {port.any_name: inputs[port.any_name] for port in model.inputs}
    request = core.compile_model(model, "CPU").create_infer_request()
    return lambda: next(iter(request.infer(fed, share_inputs=True, share_outputs=True).values()))


def with_torch(row, inputs, threads, compiles):
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    tensors = {key: torch.from_numpy(array) for key, array in inputs.items()}
    function = method(row, "torch")
    if compiles:
        function = torch.compile(function)
    return lambda: function(**tensors).float().numpy()


def torch(row, inputs, threads, folder, build):
    return with_torch(row, inputs, threads, compiles=False)


def inductor(row, inputs, threads, folder, build):
    return with_torch(row, inputs, threads, compiles=True)


def jax(row, inputs, threads, folder, build):
    import jax as library

    function = library.jit(method(row, "jax"))
    arrays = {key: library.numpy.asarray(array) for key, array in inputs.items()}
    return lambda: np.asarray(function(**arrays).block_until_ready())


def iree(row, inputs, threads, folder, build):
    import iree.compiler.tools as compiler
    import iree.runtime as runtime
    import jax as library

    shapes = {key: library.ShapeDtypeStruct(array.shape, array.dtype) for key, array in inputs.items()}
    text = library.jit(method(row, "jax")).lower(**shapes).as_text()
    flags = ["--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3"]
    binary = compiler.compile_str(text, target_backends=["llvm-cpu"], input_type="stablehlo", extra_args=flags)
    runtime.flags.FUNCTION_INPUT_VALIDATION = False
    runtime.flags.parse_flags(f"--task_topology_max_group_count={threads}")
    module = runtime.load_vm_flatbuffer(binary, driver="local-task")
    arguments = [inputs[key] for key in sorted(inputs)]  # the order in which jax lowers arguments by name
    return lambda: module.main(*arguments).to_host()


def library_of_arrays(name):
    def prepare(row, inputs, threads, folder, build):
        return method(row, name)(inputs, threads)

    return prepare


CONTENDERS = {
    "heddle": heddle,
    "onnxruntime": onnxruntime,
    "onnxruntime-operator": onnxruntime_operator,
    "openvino": openvino,
    "torch": torch,
    "inductor": inductor,
    "jax": jax,
    "iree": iree,
    "fftw": library_of_arrays("fftw"),
    "mkl-fft": library_of_arrays("mkl_fft"),
    "ducc0": library_of_arrays("ducc0"),
}
