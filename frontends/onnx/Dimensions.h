// Sizes of the graph's inputs as symbols of the entry.
//
// A dimension of an ONNX input is a number, a name ("batch"), an expression of names ("past + 1") or nothing. Names
// become symbols of the entry; an expression stays one where its names are sizes of other dimensions; everything else
// is a fresh symbol ("x_dim1"). While importing, a symbol may turn out to be fixed (a weight of 64 columns meets
// `len`) or a multiple ("8 * len_by_8", chunks): then the import starts over with that knowledge:
//
//   InputSizes sizes = resolveInputSizes(inputs, {{"len", {"64", ...}}}, context);
#ifndef HEDDLE_FRONTENDS_ONNX_DIMENSIONS_H
#define HEDDLE_FRONTENDS_ONNX_DIMENSIONS_H

#include "frontends/Tensor.h"
#include "frontends/onnx/TensorData.h"
#include <map>
#include <string>
#include <vector>

namespace heddle::onnx {

class ValueInfoProto;

// What a symbol was found to be, as an expression of the others, and where.
struct FixedSymbol {
  std::string expression;
  mlir::Location location;
};
using FixedSymbols = std::map<std::string, FixedSymbol>;

struct InputSizes {
  std::vector<std::string> symbols;
  std::vector<Shape> shapes; // one for each input, in order
};

// A number, or an expression of + - * / (floor division), parentheses and names; null when it is something else or a
// name is unknown. A name is looked up by `lookup`, which may return null.
Dim parseDim(llvm::StringRef text, mlir::MLIRContext *context, llvm::function_ref<Dim(llvm::StringRef)> lookup);

// Nothing, and an error, when an input is no tensor or a size is negative.
std::optional<InputSizes> resolveInputSizes(llvm::ArrayRef<const ValueInfoProto *> inputs, const FixedSymbols &fixed,
                                            mlir::MLIRContext *context, EmitError emitError);

} // namespace heddle::onnx
#endif
