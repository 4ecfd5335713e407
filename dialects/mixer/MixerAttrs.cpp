// Parsing, printing and invariants of the slot attributes.
#include "dialects/mixer/Mixer.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle::mixer {
static FailureOr<APFloat> parseReal(AsmParser &parser) {
  double value;
  if (failed(parser.parseFloat(value)))
    return failure();
  return APFloat(value);
}
} // namespace heddle::mixer

#include "dialects/mixer/MixerEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/mixer/MixerAttrs.cpp.inc"

namespace heddle::mixer {

void MixerDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/mixer/MixerAttrs.cpp.inc"
      >();
}

using EmitError = function_ref<InFlightDiagnostic()>;

/// `value` is at least `least`; `what` names the parameter.
static LogicalResult atLeast(EmitError emitError, StringRef what, int64_t value, int64_t least) {
  if (value >= least)
    return success();
  return emitError() << what << ", expected at least " << least << " but got " << value;
}

LogicalResult BlockCausalAttr::verify(EmitError emitError, int64_t block) {
  return atLeast(emitError, "block of block_causal", block, 1); // block_causal_c1
}

LogicalResult WindowAttr::verify(EmitError emitError, int64_t left, int64_t right) {
  if (failed(atLeast(emitError, "left of window", left, 0))) // window_c1
    return failure();
  return atLeast(emitError, "right of window", right, 0); // window_c2
}

LogicalResult SinksAttr::verify(EmitError emitError, int64_t count) {
  return atLeast(emitError, "count of sinks", count, 1); // sinks_c1
}

LogicalResult GlobalAttr::verify(EmitError emitError, ArrayRef<int64_t> positions) {
  if (positions.empty()) // global_c1
    return emitError() << "positions of global, expected at least one but got none";
  if (positions.front() < 0) // global_c2
    return emitError() << "positions of global, expected at least 0 but got " << positions.front();
  for (auto [low, high] : llvm::zip(positions, positions.drop_front()))
    if (low >= high) // global_c3
      return emitError() << "positions of global, expected strictly increasing but got " << low << " before " << high;
  return success();
}

LogicalResult DilatedAttr::verify(EmitError emitError, int64_t left, int64_t right, int64_t step) {
  if (failed(atLeast(emitError, "left of dilated", left, 0))) // dilated_c1
    return failure();
  if (failed(atLeast(emitError, "right of dilated", right, 0))) // dilated_c2
    return failure();
  return atLeast(emitError, "step of dilated", step, 1); // dilated_c3
}

LogicalResult BlockListAttr::verify(EmitError emitError, int64_t block, ArrayRef<int64_t> offsets,
                                    ArrayRef<int64_t> blocks) {
  if (failed(atLeast(emitError, "block of block_list", block, 1))) // block_list_c1
    return failure();
  if (offsets.size() < 2 || offsets.front() != 0) // block_list_c2
    return emitError() << "offsets of block_list, expected [0, ...] with at least two entries but got [" << offsets
                       << "]";
  if (!llvm::is_sorted(offsets)) // block_list_c3
    return emitError() << "offsets of block_list, expected non-decreasing but got [" << offsets << "]";
  if (offsets.back() != static_cast<int64_t>(blocks.size())) // block_list_c4
    return emitError() << "last offset of block_list, expected the number of blocks " << blocks.size() << " but got "
                       << offsets.back();
  for (auto [begin, end] : llvm::zip(offsets, offsets.drop_front())) {
    ArrayRef<int64_t> row = blocks.slice(begin, end - begin);
    for (auto [index, keyBlock] : llvm::enumerate(row))
      if (keyBlock < 0 || (index > 0 && row[index - 1] >= keyBlock)) // block_list_c5
        return emitError()
               << "blocks of block_list, expected rows that are non-negative and strictly increasing but got [" << row
               << "]";
  }
  return success();
}

LogicalResult GroupsAttr::verify(EmitError emitError, int64_t size, int64_t shift) {
  if (failed(atLeast(emitError, "size of groups", size, 1))) // groups_c1
    return failure();
  return atLeast(emitError, "shift of groups", shift, 0); // groups_c2
}

LogicalResult Window2DAttr::verify(EmitError emitError, int64_t width, int64_t rows, int64_t cols) {
  if (failed(atLeast(emitError, "width of window_2d", width, 1))) // window_2d_c1
    return failure();
  if (failed(atLeast(emitError, "rows of window_2d", rows, 0))) // window_2d_c2
    return failure();
  return atLeast(emitError, "cols of window_2d", cols, 0); // window_2d_c3
}

/// Every attribute of a composed support is itself a support; `what` names the parameter.
static LogicalResult allSupports(EmitError emitError, StringRef what, ArrayRef<Attribute> supports) {
  for (Attribute support : supports)
    if (!isa<SupportAttrInterface>(support))
      return emitError() << what << ", expected supports but got " << support;
  return success();
}

LogicalResult PerHeadAttr::verify(EmitError emitError, ArrayRef<int64_t> heads, ArrayRef<Attribute> classes) {
  if (failed(allSupports(emitError, "classes of per_head", classes))) // per_head_c1
    return failure();
  for (int64_t head : heads)
    if (head < 0 || head >= static_cast<int64_t>(classes.size())) // per_head_c2
      return emitError() << "heads of per_head, expected class numbers below " << classes.size() << " but got " << head;
  return success();
}

LogicalResult AnyOfAttr::verify(EmitError emitError, ArrayRef<Attribute> supports) {
  return allSupports(emitError, "any_of", supports); // any_of_c1
}

LogicalResult AllOfAttr::verify(EmitError emitError, ArrayRef<Attribute> supports) {
  return allSupports(emitError, "all_of", supports); // all_of_c1
}

LogicalResult ToeplitzAttr::verify(EmitError emitError, int64_t center) {
  return atLeast(emitError, "center of toeplitz", center, 0); // toeplitz_c1
}

static LogicalResult finite(EmitError emitError, StringRef what, const APFloat &value) {
  if (value.isFinite())
    return success();
  return emitError() << what << ", expected a finite number but got " << value.convertToDouble();
}

static LogicalResult finiteAtLeastZero(EmitError emitError, StringRef what, const APFloat &value) {
  if (value.isFinite() && (value.isZero() || !value.isNegative()))
    return success();
  return emitError() << what << ", expected a finite number of at least 0 but got " << value.convertToDouble();
}

LogicalResult LinearAttr::verify(EmitError emitError, APFloat scale, bool logKeys) {
  return finite(emitError, "scale of linear", scale); // linear_c1
}

LogicalResult SoftmaxAttr::verify(EmitError emitError, APFloat scale, APFloat softCap, BiasKind bias) {
  if (failed(finite(emitError, "scale of softmax", scale))) // softmax_c1
    return failure();
  return finiteAtLeastZero(emitError, "soft_cap of softmax", softCap); // softmax_c2
}

LogicalResult NormAttr::verify(EmitError emitError, NormKind kind, APFloat epsilon) {
  return finiteAtLeastZero(emitError, "epsilon of norm", epsilon); // norm_c1
}

LogicalResult FormAttr::verify(EmitError emitError, FormKind kind, int64_t chunk) {
  return atLeast(emitError, "chunk of form", chunk, 0); // form_c1
}

} // namespace heddle::mixer
