// A case as a model that the compiler takes: which inputs are fed at run time and which sizes are known while
// compiling.
//
//   static     sizes are numbers
//   dynamic    sizes above 1 are symbols (a size of 1 broadcasts, a size of 0 has no elements: both stay)
//   constant   all inputs are initialisers
//
// A package has no sequences or optionals at its boundary: a sequence of n tensors becomes n inputs and a
// SequenceConstruct, or one SequenceAt for each expected element; an optional becomes what it holds. An input that
// decides a shape has to be known while compiling: `freeze` makes inputs of that kind initialisers.
#ifndef HEDDLE_TEST_CONFORMANCE_VARIANT_H
#define HEDDLE_TEST_CONFORMANCE_VARIANT_H

#include "test/conformance/Case.h"

namespace heddle::test {

enum class Kind { Static, Dynamic, Constant };

enum class Freeze { Nothing, SmallIntegers, Small, All }; // small: of rank 0 or 1, with at most 64 elements
enum class Symbols {
  None,
  All,           // each size is a symbol of its own
  Equal,         // equal sizes are one symbol
  FirstInput,    // all sizes of the first input
  Leading,       // the first size of each input
  LeadingOfFirst // the first size of the first input
};

struct Variant {
  Freeze freeze = Freeze::Nothing;
  Symbols symbols = Symbols::None;
};

// From the most general on: the first that the compiler accepts counts.
std::vector<Variant> variantsOf(Kind kind);
std::string name(Kind kind);
std::string describe(const Variant &variant);

struct VariantModel {
  onnx::ModelProto model;
  std::vector<onnx::TensorProto> inputs, outputs; // as the graph's inputs and outputs
};

VariantModel makeVariant(const Case &source, const DataSet &data, const Variant &variant);

} // namespace heddle::test
#endif
