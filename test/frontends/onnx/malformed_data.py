"""Tensors of malformed models: in the file and beside it."""
import os

import numpy as np
from onnx import TensorProto, helper

import cases
from cases import rand
from refusals import bad, node, x


def initializers():
    add = [node("Add", ["x", "w"], ["y"])]
    arrays = {"x": x, "w": rand(3)}

    def edited(name, expect, change):
        bad(name, add, expect, arrays, const=["w"], edit=lambda m: change(m.graph.initializer[0]))

    edited("raw-data-short", "initialiser 'w' has data of 11 bytes, expected 12", lambda t: setattr(t, "raw_data", t.raw_data[:-1]))
    edited("raw-data-missing", "initialiser 'w' has data of 0 bytes, expected 12", lambda t: t.ClearField("raw_data"))
    edited("typed-data-short", "initialiser 'w' has data of 8 bytes, expected 12", lambda t: (t.ClearField("raw_data"), t.float_data.extend([1, 2])))
    edited("negative-dims", r"initialiser 'w' has dimensions \[-3\]", lambda t: t.dims.__setitem__(0, -3))
    edited("huge-dims", r"initialiser 'w' has dimensions .*product of at most 2\^48", lambda t: t.dims.extend([2**40, 2**40]))
    edited("wrong-dims", "initialiser 'w' has data of 12 bytes, expected 16 for 4 elements", lambda t: t.dims.__setitem__(0, 4))
    edited("float8-weight", "has data of 12 bytes, expected 3 for 3 elements of type float8e4m3fn", lambda t: setattr(t, "data_type", 17))
    edited("string-weight", "but got string", lambda t: setattr(t, "data_type", TensorProto.STRING))
    edited("undefined-type", "but got undefined", lambda t: t.ClearField("data_type"))
    bad("sparse-initializer", add, "initialiser 's' is sparse", arrays, const=["w"], edit=lambda m: m.graph.sparse_initializer.append(
        helper.make_sparse_tensor(helper.make_tensor("s", 1, [1], [1.0]), helper.make_tensor("i", 7, [1], [0]), [3])))
    external(edited)


def external(edited):
    def at(**entries):
        def change(tensor):
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in entries.items():
                tensor.external_data.add(key=key, value=str(value))
        return change

    inside = cases.directory / "inside"
    inside.mkdir(exist_ok=True)
    (inside / "weights.bin").write_bytes(rand(3).tobytes())
    outside = cases.directory.parent / (cases.directory.name + "-outside.bin")
    outside.write_bytes(rand(3).tobytes())
    link = cases.directory / "link.bin"
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    escape = "expected a file inside of the model's directory"
    edited("external-parent", escape, at(location="../" + outside.name))
    edited("external-hidden-parent", escape, at(location="inside/../../" + outside.name))
    edited("external-absolute", escape, at(location=str(outside.resolve())))
    edited("external-link", escape, at(location="link.bin"))
    edited("external-backslash", escape, at(location="..\\" + outside.name))
    edited("external-missing", "'nowhere.bin' is not a readable file", at(location="nowhere.bin"))
    edited("external-directory", "'inside' is not a readable file", at(location="inside"))
    pipe = cases.directory / "pipe.bin"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    device = cases.directory / "device.bin"
    device.unlink(missing_ok=True)
    device.symlink_to("/dev/zero")
    folder = cases.directory / "folder-link"
    folder.unlink(missing_ok=True)
    folder.symlink_to(outside.parent)
    edited("external-pipe", "'pipe.bin' is not a readable file", at(location="pipe.bin"))
    edited("external-device", "'device.bin' is not a readable file", at(location="device.bin"))
    edited("external-folder-link", escape, at(location="folder-link/" + outside.name))
    edited("external-nul", escape, at(location="inside/weights.bin\0.txt"))
    edited("external-empty", "external data has no location", at(location=""))
    edited("external-self", "ends beyond|expected 12 bytes|is not a readable file", at(location="external-self.onnx", offset=2**40))
    edited("external-no-location", "external data has no location", at(offset=0))
    edited("external-beyond", "at offset 4 with length 12 ends beyond 'inside/weights.bin', which has 12 bytes", at(location="inside/weights.bin", offset=4))
    edited("external-far-offset", "ends beyond", at(location="inside/weights.bin", offset=2**63 - 8))
    edited("external-negative-offset", "offset '-4', expected a non-negative number", at(location="inside/weights.bin", offset=-4))
    edited("external-wrong-length", "length 8, expected 12 bytes", at(location="inside/weights.bin", length=8))
    edited("external-bad-offset", "offset 'many', expected a non-negative number", at(location="inside/weights.bin", offset="many"))
