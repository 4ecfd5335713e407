// What a mixer says about the sizes of its operands.
#include "passes/raise/DimClasses.h"

using namespace mlir;

namespace heddle {
namespace {

using Var = DimClasses::Var;

int64_t rankOf(Value value) { return cast<RankedTensorType>(value.getType()).getRank(); }

class MixConstraints {
public:
  MixConstraints(DimClasses &classes, mixer::MixOp mix, Tables tables)
      : classes(classes), mix(mix), tables(tables), batch(classes.of(mix.getOutputInit(), 0)),
        tokens(classes.of(mix.getOutputInit(), 1)), loc(mix.getLoc()) {}

  void add() {
    for (Value operand : {mix.getQuery(), mix.getKey(), mix.getValue(), mix.getSegments(), mix.getOutputInit()})
      if (operand)
        addOperand(operand, 0, 1);
    addTransport();
    for (Value state : llvm::concat<Value>(mix.getInitialState(), mix.getStateInits()))
      addOperand(state, 0, std::nullopt);
    if (mix.getCurrent())
      classes.pinAll(mix.getCurrent(), loc);
    if (Value bias = mix.getBias())
      addBias(bias);
    for (auto [result, init] : llvm::zip(mix.getResults(), mix.getInits()))
      classes.unifyAll(result, init, loc);
  }

private:
  /// Batch and tokens of an operand of the usual layout; everything else is as it is.
  void addOperand(Value operand, std::optional<int64_t> batchDim, std::optional<int64_t> tokenDim) {
    for (int64_t dim = 0; dim < rankOf(operand); ++dim) {
      Var var = classes.of(operand, dim);
      if (classes.isUnit(var))
        continue;
      if (dim == batchDim)
        classes.unify(var, batch, 0, loc);
      else if (dim == tokenDim && (mix.hasOneTokenAxis() || classes.size(var) == classes.size(tokens)))
        classes.unify(var, tokens, 0, loc);
      else if (dim != tokenDim || tables == Tables::Pin)
        classes.pin(var, loc);
    }
  }

  /// One of rank 4 has a number for each pair of tokens.
  void addBias(Value bias) {
    if (rankOf(bias) == 4 && tables == Tables::Cut)
      return addMatrix(bias, 2);
    classes.pinAll(bias, loc);
    if (rankOf(bias) == 4)
      classes.pin(tokens, loc);
  }

  /// Weights from `dim` on: of each output token, of each token that it reads.
  void addMatrix(Value weights, int64_t dim) {
    Var read = classes.of(mix.getValue(), 1);
    if (Var var = classes.of(weights, dim); !classes.isUnit(var))
      classes.unify(var, tokens, 0, loc);
    if (Var var = classes.of(weights, dim + 1); !classes.isUnit(var))
      classes.unify(var, read, 0, loc);
  }

  void addTransport() {
    bool hasTokens = !isa<mixer::ToeplitzAttr, mixer::StructuredAttr, mixer::ConstantAttr>(mix.getTransport());
    for (auto [number, operand] : llvm::enumerate(mix.getTransportOperands())) {
      // The rate of a factored transport is the same at all tokens.
      bool isRate = number == 1 && isa<mixer::ElementwiseAttr>(mix.getTransport());
      if (isRate)
        classes.pinAll(operand, loc);
      else if (hasTokens)
        addOperand(operand, 0, 1);
      else if (tables == Tables::Pin)
        pinLargeKernel(operand);
      else if (isa<mixer::StructuredAttr>(mix.getTransport()))
        addMatrix(operand, 1);
    }
  }

  /// A kernel or matrix with a number for each token is one for this many tokens.
  void pinLargeKernel(Value operand) {
    for (int64_t dim = 0; dim < rankOf(operand); ++dim) {
      Var var = classes.of(operand, dim);
      classes.pin(var, loc);
      if (!isa<mixer::ConstantAttr>(mix.getTransport()) && classes.size(var) >= classes.size(tokens))
        classes.pin(tokens, loc);
    }
  }

  DimClasses &classes;
  mixer::MixOp mix;
  Tables tables;
  Var batch, tokens; // of the output
  Location loc;
};

} // namespace

void constrainMix(mixer::MixOp mix, DimClasses &classes, Tables tables, SmallVectorImpl<Var> &tokens) {
  MixConstraints(classes, mix, tables).add();
  tokens.push_back(classes.of(mix.getOutputInit(), 1));
  // A matrix over tokens may leave another number of them.
  if (isa<mixer::StructuredAttr>(mix.getTransport()))
    tokens.push_back(classes.of(mix.getValue(), 1));
}

} // namespace heddle
