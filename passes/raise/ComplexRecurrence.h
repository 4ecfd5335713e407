// Two real states that turn and shrink together, as one mixer with a complex diagonal transport.
//
//   re' = a re - b im + u        a + i b = exp(log modulus + i phase),   key (u, v), value 1
//   im' = b re + a im + v        query 1 reads re, query -i reads im
//
// All dimensions of the states but a batch and summed keys are heads.
#ifndef HEDDLE_PASSES_RAISE_COMPLEXRECURRENCE_H
#define HEDDLE_PASSES_RAISE_COMPLEXRECURRENCE_H

#include "dialects/mixer/Mixer.h"
#include "passes/raise/ProductEmitter.h"
#include "passes/raise/StateReads.h"

namespace heddle {

/// What multiplies each part, and what is added to it.
struct ComplexUpdate {
  llvm::SmallVector<Product> real, imaginary, addedReal, addedImaginary;

  /// Nothing where the two forms are no such update; that both parts turn by the same angle is left to the proof.
  static std::optional<ComplexUpdate> classify(const Form &first, const Form &second, llvm::ArrayRef<unsigned> states,
                                               const Indices &at);
};

class ComplexRecurrence {
public:
  using Mixed = AffineRecurrence::Mixed;

  static std::optional<ComplexRecurrence> create(const TokenLoop &loop, llvm::ArrayRef<unsigned> states,
                                                 const ComplexUpdate &update, const Indices &at,
                                                 llvm::ArrayRef<Variable> keys, const Variables &variables,
                                                 mlir::FloatType type);

  /// Parts after each token, real part first.
  std::optional<llvm::SmallVector<Mixed>> readParts();
  /// The real part of the sum of query * state.
  std::optional<Mixed> readSum(const SummedRead &read);
  ProductEmitter &getEmitter() { return emitter; }

private:
  using Group = llvm::SmallVector<Variable, 2>;
  ComplexRecurrence(const TokenLoop &loop, llvm::ArrayRef<unsigned> states, const Variables &variables,
                    mlir::FloatType type)
      : loop(loop), states(states), builder(loop.loop), loc(loop.loop.getLoc()), variables(variables), type(type),
        emitter(builder, loc, variables, type) {}

  void assignRoles(const ComplexUpdate &update, const Indices &at, llvm::ArrayRef<Variable> keys);
  bool buildTransport(const ComplexUpdate &update);
  bool buildInitialState(const Indices &at);
  mlir::Value blocks(llvm::ArrayRef<Product> real, llvm::ArrayRef<Product> imaginary);
  mlir::Value join(mlir::Value real, mlir::Value imaginary, int64_t dim);
  mlir::Value mix(mlir::Value query, int64_t outputHeads);
  int64_t count(const Group &group) const;

  const TokenLoop &loop;
  llvm::SmallVector<unsigned> states;
  mlir::OpBuilder builder;
  mlir::Location loc;
  const Variables &variables;
  mlir::FloatType type;
  ProductEmitter emitter;
  Group batch, heads, keyDims;
  mlir::Value key, logModulus, phase, initial;
};

} // namespace heddle

#endif
