// One way to write a model as IR, shared by all frontends.
//
// A frontend names what it wants ("multiply these, normalise that"); the builder emits linalg on tensors and mixer.mix,
// and keeps every shape as affine expressions of the model's symbolic dimensions. So `T` of one tensor and `T` of
// another are known to be equal although both are `?` in the IR, broadcasting never has to guess, and the memory
// planner can print its formula:
//
//   GraphBuilder g(context, "forward", {"B", "T"});
//   Tensor x = g.input("x", {g.dim("B"), g.dim("T"), g.dim(64)}, f32);
//   Tensor y = g.softmax(g.matmul(x, g.transpose(x, {0, 2, 1})), -1);     // shape (B, T, T)
//   g.output("y", y);
//   OwningOpRef<ModuleOp> module = g.finish();
//
// Invariants: a Tensor's `shape` has one expression per dimension of its ranked type; a constant expression is a static
// dimension of the type, anything else is dynamic. A mistake is reported once, as a diagnostic at the current location;
// the operation returns an empty Tensor, every operation on an empty Tensor returns an empty one in silence, and
// finish() then returns null.
#ifndef HEDDLE_FRONTENDS_GRAPHBUILDER_H
#define HEDDLE_FRONTENDS_GRAPHBUILDER_H

#include "frontends/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <map>
#include <optional>

namespace heddle {

class GraphBuilder {
public:
  // Body of one element: receives scalars, returns the scalar result.
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

  GraphBuilder(mlir::MLIRContext *context, llvm::StringRef entryName, llvm::ArrayRef<std::string> symbols);
  ~GraphBuilder();

  //--- the entry function (Entry.cpp) ---
  Tensor input(llvm::StringRef name, Shape shape, mlir::Type type,
               std::optional<std::pair<int64_t, int64_t>> range = std::nullopt);
  void output(llvm::StringRef name, Tensor tensor);
  mlir::OwningOpRef<mlir::ModuleOp> finish();

  //--- dimensions (Dims.cpp) ---
  Dim dim(llvm::StringRef symbol); // null (and an error) when the symbol is unknown
  Dim dim(int64_t size);
  Shape shape(llvm::ArrayRef<int64_t> sizes);
  Dim simplify(Dim dim); // canonical form: equal sizes are equal expressions
  Dim product(llvm::ArrayRef<Dim> dims);
  mlir::Value dimValue(Dim dim); // index value, materialised once at the top of the entry
  mlir::OpFoldResult dimOrAttr(Dim dim);
  bool sameDim(Dim a, Dim b) { return simplify(a) == simplify(b); }
  std::string describe(Dim dim) const; // "2*T+1"
  std::string describe(llvm::ArrayRef<Dim> shape) const;
  std::optional<Shape> broadcastShapes(llvm::ArrayRef<Shape> shapes); // numpy rules; reports a mismatch

  //--- places and mistakes ---
  void setLocation(llvm::StringRef path); // "model.json:/blocks/0"
  void setLocation(mlir::Location location) { loc = location; }
  mlir::Location location() const { return loc; }
  mlir::OpBuilder &builder() { return b; }
  mlir::MLIRContext *context() const { return b.getContext(); }
  mlir::func::FuncOp function() const { return func; }
  mlir::InFlightDiagnostic emitError();    // counts the mistake: finish() returns null
  Tensor fail(const llvm::Twine &message); // emitError, and the empty Tensor
  bool hasErrors() const { return errorCount != 0; }

  //--- constants (Constants.cpp); types are f32, f64, f16, bf16, i1, i8, ui8, i16, i32, i64 ---
  Tensor constant(llvm::ArrayRef<char> rawBytes, mlir::Type type,
                  llvm::ArrayRef<int64_t> shape); // row-major, little-endian
  Tensor constant(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                  mlir::Type type = nullptr); // converted to type
  Tensor constant(llvm::ArrayRef<int64_t> values, llvm::ArrayRef<int64_t> shape, mlir::Type type = nullptr);
  Tensor splat(double value, Shape shape, mlir::Type type);
  Tensor scalar(double value, mlir::Type type) { return splat(value, {}, type); }

  //--- elementwise with numpy broadcasting (Elementwise.cpp, ScalarOps.cpp) ---
  Tensor elementwise(llvm::ArrayRef<Tensor> operands, mlir::Type resultType, Body body);
  // One element per index: body receives the indices. The general gather: read tensors with tensor.extract.
  Tensor generate(Shape shape, mlir::Type type, Body body);
  Tensor unary(Unary kind, Tensor x);
  Tensor binary(Binary kind, Tensor a, Tensor b);   // equal element types
  Tensor compare(Compare kind, Tensor a, Tensor b); // i1
  Tensor select(Tensor condition, Tensor a, Tensor b);
  Tensor cast(Tensor x, mlir::Type type); // float to int truncates toward zero; to i1 is `!= 0`
  Tensor clamp(Tensor x, std::optional<double> low, std::optional<double> high);
  Tensor leakyRelu(Tensor x, double slope);
  Tensor add(Tensor x, Tensor y) { return binary(Binary::Add, x, y); }
  Tensor sub(Tensor x, Tensor y) { return binary(Binary::Sub, x, y); }
  Tensor mul(Tensor x, Tensor y) { return binary(Binary::Mul, x, y); }
  Tensor div(Tensor x, Tensor y) { return binary(Binary::Div, x, y); }
  Tensor add(Tensor x, double y) { return x ? add(x, scalar(y, x.elementType)) : x; }
  Tensor mul(Tensor x, double y) { return x ? mul(x, scalar(y, x.elementType)) : x; }

  //--- contractions; f16 and bf16 accumulate in f32 (Contract.cpp, Einsum.cpp) ---
  Tensor matmul(Tensor a, Tensor b, bool transposeA = false,
                bool transposeB = false); // numpy.matmul; flags swap the last two dims
  Tensor einsum(llvm::StringRef equation,
                llvm::ArrayRef<Tensor> operands); // explicit or implicit output; several operands pair by pair

  //--- reductions; f16 and bf16 accumulate in f32 (Reduce.cpp) ---
  Tensor reduce(Reduce kind, Tensor x, llvm::ArrayRef<int64_t> axes, bool keepDims = true);  // no axes: all
  Tensor argReduce(Tensor x, int64_t axis, bool isMax, bool keepDims, mlir::Type indexType); // first of equal values
  Tensor softmax(Tensor x, int64_t axis, bool log = false);

  //--- movement (Move.cpp, Reshape.cpp, Slice.cpp) ---
  Tensor transpose(Tensor x, llvm::ArrayRef<int64_t> permutation);
  Tensor reshape(Tensor x, Shape shape); // equal products, else an error
  Tensor unsqueeze(Tensor x, llvm::ArrayRef<int64_t> axes);
  Tensor squeeze(Tensor x, llvm::ArrayRef<int64_t> axes);
  Tensor broadcastTo(Tensor x, Shape shape);                 // ONNX Expand: both ways of broadcasting
  Tensor slice(Tensor x, llvm::ArrayRef<SliceRange> ranges); // start and end as in numpy: see SliceRange
  Tensor slice(Tensor x, int64_t axis, Dim start, Dim end, int64_t step = 1);
  llvm::SmallVector<Tensor> split(Tensor x, int64_t axis, llvm::ArrayRef<int64_t> sizes);
  Tensor concat(llvm::ArrayRef<Tensor> parts, int64_t axis);
  Tensor gather(Tensor data, Tensor indices,
                int64_t axis); // numpy.take; negative indices count from the end, then clamped
  Tensor gatherElements(Tensor data, Tensor indices, int64_t axis); // numpy.take_along_axis
  Tensor pad(Tensor x, llvm::ArrayRef<Dim> low, llvm::ArrayRef<Dim> high, double value = 0);
  Tensor iota(Shape shape, int64_t axis, mlir::Type type);

  //--- control flow (Control.cpp); results are empty after a mistake ---
  // scf.for over `count` iterations: the final state, then the stacked rows (along a new leading axis; iteration i is
  // written at i, or at count - 1 - i for rows that `reversed` names).
  std::optional<LoopStep> loop(LoopCount count, llvm::ArrayRef<Tensor> state, LoopBody body,
                               llvm::ArrayRef<bool> reversed = {});
  // scf.while: `body` runs as long as `active` (i1, rank 0) holds; it returns the next `active`, then the next state.
  std::optional<llvm::SmallVector<Tensor>> loopWhile(Tensor active, llvm::ArrayRef<Tensor> state, LoopBody body);
  // scf.if on `condition` (i1, rank 0): both branches make equally many tensors of equal shapes.
  using Branch = llvm::function_ref<std::optional<llvm::SmallVector<Tensor>>()>;
  std::optional<llvm::SmallVector<Tensor>> branch(Tensor condition, Branch then, Branch otherwise);
  Tensor takeRow(Tensor x, int64_t axis, mlir::Value index); // x[.., index, ..] without the axis
  Tensor indexTensor(mlir::Value index, mlir::Type type);    // an index as a tensor of rank 0

  //--- token mixing (Mix.cpp) ---
  llvm::SmallVector<Tensor> mix(const MixSpec &spec);        // output, then final states; empty on a mistake
  llvm::SmallVector<Shape> stateShapes(const MixSpec &spec); // of the states that it can carry

  //--- for layers built on top (Emit.cpp) ---
  Tensor wrap(mlir::Value value, Shape shape, mlir::Type elementType = nullptr); // elementType: when unsigned
  mlir::Value empty(llvm::ArrayRef<Dim> shape, mlir::Type storageType);
  // linalg.generic with an iteration space `loops`: operand i is read through maps[i]; the result, mapped by the last
  // of maps, starts as `init` and is reduced over the loops that do not appear in its map. Without init every loop must
  // appear.
  Tensor generic(llvm::ArrayRef<Dim> loops, llvm::ArrayRef<Tensor> operands, llvm::ArrayRef<mlir::AffineMap> maps,
                 mlir::Type resultType, std::optional<double> init, Body body);
  // Map from `loops` (of the given rank) to an operand: numpy broadcasting, size-1 dimensions read index 0.
  mlir::AffineMap broadcastMap(llvm::ArrayRef<Dim> operandShape, llvm::ArrayRef<Dim> loops);
  bool isNested() { return b.getInsertionBlock()->getParentOp() != func.getOperation(); }
  bool checkAxis(int64_t &axis, int64_t rank,
                 llvm::StringRef what); // makes a negative axis positive; false and an error when outside
  // A tensor made once per entry and then shared, such as a rotary table; inside of a loop or branch it is made anew.
  Tensor cached(llvm::StringRef key, llvm::function_ref<Tensor()> make);

private:
  mlir::Value symbolValue(unsigned symbol);
  Tensor collapseTo(Tensor x, llvm::ArrayRef<mlir::ReassociationIndices> groups, Shape shape);
  Tensor expandTo(Tensor x, llvm::ArrayRef<mlir::ReassociationIndices> groups, Shape shape);
  Tensor contract(Tensor a, Tensor b, llvm::ArrayRef<Dim> loops, mlir::AffineMap mapA, mlir::AffineMap mapB,
                  mlir::AffineMap mapResult);
  Tensor namedMatmul(Tensor a, Tensor b);
  Tensor batchMatmul(Tensor a, Tensor b);
  Tensor roundFrom(Tensor accumulated, mlir::Type type);
  void readSymbol(mlir::Value tensor, int64_t axis, Dim dim);

  mlir::OpBuilder b;
  mlir::Location loc;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp func;
  std::vector<std::string> symbols;
  llvm::SmallVector<mlir::Value> symbolValues; // read from the first input dimension that is a multiple of the symbol
  std::map<std::string, mlir::Value> derivedDims; // key: describe(dim)
  std::map<std::string, Tensor> sharedTensors;
  llvm::SmallVector<std::pair<std::string, Tensor>> outputs;
  mlir::Operation *lastDimOp = nullptr; // derived dimensions follow it at the top of the entry
  unsigned errorCount = 0;
};

} // namespace heddle
#endif
