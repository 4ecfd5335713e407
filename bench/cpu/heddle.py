"""Heddle's C API from Python, as much as a benchmark needs: Session(library, package, threads).prepare(arrays) gives a call without overhead."""
import ctypes as c

import numpy as np

CODES = {0: "int", 1: "uint", 2: "float"}


class Dtype(c.Structure):
    _fields_ = [("code", c.c_uint8), ("bits", c.c_uint8), ("lanes", c.c_uint16)]


class View(c.Structure):
    _fields_ = [("data", c.c_void_p), ("device_type", c.c_int32), ("device_id", c.c_int32), ("rank", c.c_int32), ("dtype", Dtype),
                ("shape", c.POINTER(c.c_int64)), ("strides", c.c_void_p), ("byte_offset", c.c_uint64)]


class TensorInfo(c.Structure):
    _fields_ = [("name", c.c_char_p), ("dtype", Dtype), ("rank", c.c_int32)]


class SessionOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("threads", c.c_int32), ("executor", c.c_void_p), ("executor_user", c.c_void_p),
                ("arena_policy", c.c_int), ("max_arena_bytes", c.c_int64)]


def numpy_type(dtype):
    """bf16 stands as uint16: numpy has no such type, and a benchmark hands it through."""
    return np.dtype("uint16") if dtype.code == 4 else np.dtype(f"{CODES[dtype.code]}{dtype.bits}")


class Session:
    """One entry of a package, with threads of its own."""

    def __init__(self, library, package, threads, entry="forward"):
        self.api = c.CDLL(library)
        for name in ["heddle_status_message", "heddle_entry_input", "heddle_entry_output", "heddle_package_find_entry"]:
            getattr(self.api, name).restype = c.c_void_p
        self.api.heddle_status_message.restype = c.c_char_p
        for name in ["heddle_package_load_file", "heddle_session_create", "heddle_session_run", "heddle_entry_bind", "heddle_entry_plan"]:
            getattr(self.api, name).restype = c.c_void_p
        for name in ["heddle_entry_input_count", "heddle_entry_output_count", "heddle_entry_symbol_count", "heddle_entry_output_dims_count"]:
            getattr(self.api, name).restype = c.c_size_t
        self.package, self.session = c.c_void_p(), c.c_void_p()
        self.check(self.api.heddle_package_load_file(str(package).encode(), None, c.byref(self.package)))
        self.entry = c.c_void_p(self.api.heddle_package_find_entry(self.package, entry.encode()))
        options = SessionOptions()
        self.api.heddle_session_options_init(c.byref(options))
        options.threads = threads
        self.check(self.api.heddle_session_create(self.package, c.byref(options), c.byref(self.session)))

    def check(self, status):
        if status:
            raise RuntimeError(self.api.heddle_status_message(c.c_void_p(status)).decode())

    def infos(self, kind):
        get = getattr(self.api, f"heddle_entry_{kind}")
        count = getattr(self.api, f"heddle_entry_{kind}_count")(self.entry)
        return [c.cast(get(self.entry, c.c_size_t(i)), c.POINTER(TensorInfo)).contents for i in range(count)]

    def view(self, array, dtype):
        shape = (c.c_int64 * array.ndim)(*array.shape)
        return View(array.ctypes.data, 1, 0, array.ndim, dtype, shape, None, 0)

    def views(self, arrays, infos):
        return (View * len(arrays))(*[self.view(array, info.dtype) for array, info in zip(arrays, infos)])

    def prepare(self, named):
        """A function without arguments that runs the entry on these arrays, by name, and returns the outputs by name."""
        wanted, made = self.infos("input"), self.infos("output")
        inputs = [np.ascontiguousarray(named[info.name.decode()]) for info in wanted]
        input_views = self.views(inputs, wanted)
        symbols = (c.c_int64 * max(1, self.api.heddle_entry_symbol_count(self.entry)))()
        self.check(self.api.heddle_entry_bind(self.entry, input_views, c.c_size_t(len(inputs)), symbols))
        sizes = (c.c_int64 * max(1, self.api.heddle_entry_output_dims_count(self.entry)))()
        count = c.c_size_t(self.api.heddle_entry_symbol_count(self.entry))
        self.check(self.api.heddle_entry_plan(self.entry, symbols, count, None, sizes))
        outputs, place = [], 0
        for info in made:
            outputs.append(np.zeros(sizes[place:place + info.rank], numpy_type(info.dtype)))
            place += info.rank
        output_views = self.views(outputs, made)
        arguments = (self.session, self.entry, input_views, c.c_size_t(len(inputs)), output_views, c.c_size_t(len(outputs)))
        results = {info.name.decode(): output for info, output in zip(made, outputs)}

        def call():
            self.check(self.api.heddle_session_run(*arguments))
            return results

        call.keeps = inputs  # the views point to them
        return call
