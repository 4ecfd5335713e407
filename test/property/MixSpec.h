// One mixer as plain data, and from it a module with the function @forward and inputs to run it on.
//
//   MixSpec spec = MixSpec::attention(&context);             // causal, 2 heads, 8 tokens
//   spec.support = parse("#mixer.window<left = 3, right = 0>");
//   OwningOpRef<ModuleOp> module = buildMix(spec);
//   SmallVector<ReferenceTensor> inputs = makeInputs(spec, /*seed=*/7);
//
// Every operand of the mixer is an argument of the function, in the order of the op; every result is returned.
// The random generator draws specs, the numeric case table lists them.
#ifndef HEDDLE_TEST_PROPERTY_MIXSPEC_H
#define HEDDLE_TEST_PROPERTY_MIXSPEC_H

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/reference/ReferenceTensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

namespace heddle::test {

enum class ScoreBody { None, Distance, Cap, Parity }; // s / (1 + |i-j| / 8), tanh(s), half of s for odd i + j
enum class StateBody { None, Gate, Tanh, Whole };     // g . S, tanh(S + x), max(S, x) . tanh(x) on whole tensors

struct MixSpec {
  mlir::MLIRContext *context = nullptr;
  int64_t batch = 1, tokens = 8, keys = 8;
  bool dynamicBatch = false, dynamicTokens = false; // keys share the tokens' symbol when there are as many
  int64_t queryHeads = 1, keyHeads = 1, valueHeads = 1, transportHeads = 1;
  int64_t dk = 4, dv = 4;
  bool hasQuery = true, hasKey = true;

  mixer::LayoutAttr layout;
  mixer::SupportAttrInterface support;
  mixer::TransportAttrInterface transport;
  mlir::Attribute score;
  mixer::NormAttr norm;
  ScoreBody scoreBody = ScoreBody::None;
  StateBody stateBody = StateBody::None;

  bool hasCurrent = false, hasSegments = false, hasPositions = false, hasInitialState = false, hasFinalState = false;
  bool onePosition = false; // one for all rows
  int64_t ringPlaces = 0;   // of a past, 0: none
  int64_t currentHeads = 1, biasHeads = 1;
  int64_t kernelTaps = 4, kernelChannels = 1; // Toeplitz
  int64_t distances = 5;                      // relative bias table

  mlir::Type type;         // of query, key, value and output
  bool sideInType = false; // transport operands, bias and current in `type` instead of the compute type
  bool oneQueryBatch = false, oneKeyBatch = false, oneValueBatch = false, oneTransportBatch = false;
  bool oneQueryToken = false, oneKeyToken = false, oneTransportToken = false;
  bool oneBiasBatch = true, oneBiasQuery = false;

  int64_t stateHeads() const { return std::max({hasKey ? keyHeads : 1, valueHeads, transportHeads}); }
  int64_t outputHeads() const { return std::max(hasQuery ? queryHeads : 1, stateHeads()); }
  mlir::FloatType computeType() const;
  mlir::Type sideType() const { return sideInType ? type : mlir::Type(computeType()); }
  mlir::Attribute parse(llvm::StringRef text) const;

  /// Causal softmax attention in f32 with one head: a legal start for changes.
  static MixSpec attention(mlir::MLIRContext *context);
  /// The same with a linear score and no norm.
  static MixSpec linear(mlir::MLIRContext *context);
};

/// How the elements of an argument are drawn.
struct Fill {
  enum Kind { Uniform, UnitRows, Segments, Positions } kind = Uniform;
  double low = -1, high = 1;
};

struct MixArgument {
  std::string name;
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<char> symbols; // 'B', 'T', 'S', 'R', or 0 for a static dimension
  mlir::Type elementType;
  Fill fill;

  mlir::RankedTensorType type() const;
};

/// The arguments of @forward in order, grouped as in the op.
struct MixArguments {
  llvm::SmallVector<MixArgument> all;
  llvm::SmallVector<MixArgument> results;
  int query = -1, key = -1, value = -1, bias = -1, current = -1, segments = -1, positions = -1;
  int pastKey = -1, pastValue = -1, places = -1;
  llvm::SmallVector<int> transport, state;
};

MixArguments argumentsOf(const MixSpec &spec);
mlir::OwningOpRef<mlir::ModuleOp> buildMix(const MixSpec &spec);
llvm::SmallVector<ReferenceTensor> makeInputs(const MixSpec &spec, uint64_t seed);
/// The mixer of a module made by buildMix.
mixer::MixOp mixOf(mlir::ModuleOp module);

} // namespace heddle::test
#endif
