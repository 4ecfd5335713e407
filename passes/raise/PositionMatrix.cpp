#include "passes/raise/PositionMatrix.h"

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/reference/ReferenceTensor.h"

#include "llvm/ADT/BitVector.h"

using namespace mlir;

namespace heddle {

std::optional<PositionMatrix> PositionMatrix::of(const Probe &probe) {
  if (probe.numInputs() != 1)
    return std::nullopt;
  std::optional<Influence> influence = probe.influence(0);
  if (!influence || !influence->isLinear || !influence->tokenDim || influence->reach == Reach::Local)
    return std::nullopt;
  PositionMatrix matrix;
  matrix.input = *influence;
  for (int64_t dim = 0; dim < int64_t(probe.outputShape().size()); ++dim)
    if (dim != probe.tokenDim() && probe.outputShape()[dim] != 1 && !influence->inputDim(dim)) {
      if (matrix.outputComponents)
        return std::nullopt;
      matrix.outputComponents = dim;
    }
  auto isComponent = [&](int64_t dim) { return dim == matrix.outputComponents; };
  std::optional<OutputDims> dims = readOutputDims(probe, *influence, isComponent);
  if (!dims)
    return std::nullopt;
  // The parts of a complex number are neither batch nor heads.
  for (std::optional<int64_t> *dim : {&dims->batch, &dims->head})
    if (*dim && *dim == matrix.outputComponents)
      dim->reset();
  matrix.dims = *dims;
  auto sizeOf = [&](std::optional<int64_t> dim) { return dim ? probe.outputShape()[*dim] : 1; };
  matrix.tokens = sizeOf(dims->token);
  matrix.heads = sizeOf(dims->head);
  matrix.features = sizeOf(dims->feature);
  return matrix;
}

std::optional<std::vector<double>> PositionMatrix::column(const Probe &probe, int64_t token, int64_t component,
                                                          int64_t outputComponent) const {
  SmallVector<ReferenceTensor> inputs(probe.inputs());
  ReferenceTensor &tensor = inputs[0];
  std::optional<int64_t> components = contractedDim(input);
  SmallVector<int64_t> index(tensor.rank(), 0);
  int64_t offset = 0;
  do {
    bool isHere =
        index[*input.tokenDim] == token && (!components || *components < 0 || index[*components] == component);
    tensor.data[offset++] = isHere ? 1 : 0;
  } while (nextIndex(index, tensor.shape));
  std::optional<ReferenceTensor> output = probe.evaluate(inputs);
  if (!output)
    return std::nullopt;
  std::vector<double> column;
  column.reserve(heads * features * tokens);
  SmallVector<int64_t> at(output->rank(), 0);
  auto set = [&](std::optional<int64_t> dim, int64_t value) {
    if (dim)
      at[*dim] = value;
  };
  set(outputComponents, outputComponent);
  for (int64_t head = 0; head < heads; ++head)
    for (int64_t feature = 0; feature < features; ++feature)
      for (int64_t i = 0; i < tokens; ++i) {
        set(dims.head, head);
        set(dims.feature, feature);
        set(dims.token, i);
        int64_t place = dot(output->strides(), at);
        column.push_back(output->data[place] - probe.offset()[place]);
      }
  return column;
}

std::optional<std::vector<double>> PositionMatrix::offset(const Probe &probe) const {
  std::vector<double> values(heads * features);
  llvm::BitVector isKnown(values.size());
  SmallVector<int64_t> index(probe.outputShape().size(), 0);
  int64_t place = 0;
  do {
    int64_t row = (dims.head ? index[*dims.head] : 0) * features + (dims.feature ? index[*dims.feature] : 0);
    double value = probe.offset()[place++];
    if (isKnown.test(row) && values[row] != value)
      return std::nullopt;
    isKnown.set(row);
    values[row] = value;
  } while (nextIndex(index, probe.outputShape()));
  return values;
}

std::vector<double> PositionMatrix::allRows(ArrayRef<double> rows, int64_t count, int64_t allHeads,
                                            int64_t allFeatures) const {
  std::vector<double> all;
  all.reserve(allHeads * allFeatures * count);
  for (int64_t head = 0; head < allHeads; ++head)
    for (int64_t feature = 0; feature < allFeatures; ++feature) {
      ArrayRef<double> row = rows.slice(((head % heads) * features + feature % features) * count, count);
      all.insert(all.end(), row.begin(), row.end());
    }
  return all;
}

Value buildPositionMixer(ImplicitLocOpBuilder &b, Value value, Value init, ValueRange weights, Attribute support,
                         Attribute transport) {
  MLIRContext *context = b.getContext();
  auto layout = mixer::LayoutAttr::get(context, mixer::Order::Forward, mixer::Align::Start);
  auto score = mixer::LinearAttr::get(context, APFloat(1.0), false);
  auto norm = mixer::NormAttr::get(context, mixer::NormKind::None, APFloat(0.0));
  return mixer::MixOp::create(b, TypeRange{init.getType()}, Value(), Value(), value, weights, Value(), Value(), Value(),
                              ValueRange(), init, layout, cast<mixer::SupportAttrInterface>(support),
                              cast<mixer::TransportAttrInterface>(transport), score, norm, mixer::FormAttr())
      .getResult(0);
}

} // namespace heddle
