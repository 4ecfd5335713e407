// Fitting a call's tensors to an entry: the one place where shapes are checked.
//
//   entry inputs  x: B x T x 64, mask: T         symbols B, T
//   call          x: 2 x 16 x 64, mask: 17  ->   dim 'T', expected 16 (from input 'x' dim 1) but got 17 (input 'mask'
//   dim 0)
//
// Dimensions that are a symbol bind it or must agree with its value; the other expressions are then solved for a symbol
// that is still free, or compared.
#ifndef HEDDLE_RUNTIME_CORE_BINDING_H
#define HEDDLE_RUNTIME_CORE_BINDING_H

#include "runtime/core/Package.h"
#include <vector>

namespace heddle::runtime {

/// Room for the bindings of any of a package's entries; reused by each run so that runs allocate nothing.
struct BindingRoom {
  struct Origin {
    int32_t input = -1; // which input gave the symbol its value; -1: none yet
    int32_t dim = 0;
  };
  explicit BindingRoom(const heddle_package &package);

  std::vector<Origin> origins;
  std::vector<int64_t> symbols;
  std::vector<int64_t> outputDims;
  std::vector<void *> inputs, outputs; // addresses for the entry
};

/// Checks types and shapes, fills room.symbols (in range) and room.inputs. Looks at no element.
Status bindInputs(const heddle_entry &entry, const heddle_tensor_view_t *views, size_t count, BindingRoom &room);

/// Checks types, the shapes of room.outputDims, and that outputs overlap nothing but the
/// inputs that they are appended to. Fills room.outputs.
Status bindOutputs(const heddle_entry &entry, const heddle_tensor_view_t *inputs, const heddle_tensor_view_t *views,
                   size_t count, BindingRoom &room);

} // namespace heddle::runtime
#endif
