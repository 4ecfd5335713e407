// What a mixer says about the sizes of its operands: dimensions with one role are of one size.
#include "passes/raise/DimClasses.h"
#include "passes/raise/SupportFit.h"

using namespace mlir;

namespace heddle {
namespace {

using Var = DimClasses::Var;
using mixer::DimRole;

class MixConstraints {
public:
  MixConstraints(DimClasses &classes, mixer::MixOp mix, Tables tables)
      : classes(classes), mix(mix), tables(tables), tokens(classes.of(mix.getOutputInit(), 1)), loc(mix.getLoc()) {}

  void add() {
    for (OpOperand &operand : mix->getOpOperands())
      addOperand(operand);
    for (auto &[role, vars] : byRole)
      addRole(role, vars);
    for (auto [result, init] : llvm::zip(mix.getResults(), mix.getInits()))
      classes.unifyAll(result, init, loc);
    addSupport();
  }

private:
  /// Blocks are listed for as many tokens as there are; a bound that these tokens do not show may come from their
  /// number.
  void addSupport() {
    int64_t length = classes.size(tokens);
    bool isOfLength = !ShapedType::isDynamic(length) && lengthToSee(mix.getSupport()) > length;
    mix.getSupport().walk([&](mixer::BlockListAttr) { isOfLength = true; });
    if (isOfLength)
      classes.pin(tokens, loc);
  }

  void addOperand(OpOperand &operand) {
    SmallVector<DimRole> roles = mix.getDimRoles(operand);
    bool isTable = isWeights(operand);
    for (int64_t dim = 0; dim < cast<RankedTensorType>(operand.get().getType()).getRank(); ++dim) {
      Var var = classes.of(operand.get(), dim);
      if (classes.isUnit(var))
        continue;
      // Behind its roles an operand of a region has dimensions that the region's body knows.
      bool isKnown = dim < int64_t(roles.size()) && roles[dim] != DimRole::Position;
      if (isTable && tables == Tables::Pin)
        pinTable(var);
      else if (isKnown)
        byRole[roles[dim]].push_back(var);
      else if (!isTable)
        classes.pin(var, loc);
    }
  }

  /// A kernel, a matrix over tokens, a number for each pair of them.
  bool isWeights(OpOperand &operand) {
    if (operand.get() == mix.getBias())
      return cast<RankedTensorType>(mix.getBias().getType()).getRank() == 4;
    return llvm::is_contained(mix.getTransportOperands(), operand.get()) &&
           isa<mixer::ToeplitzAttr, mixer::StructuredAttr, mixer::ConstantAttr>(mix.getTransport());
  }

  /// One with a number for each token is one for this many tokens.
  void pinTable(Var var) {
    classes.pin(var, loc);
    if (!isa<mixer::ConstantAttr>(mix.getTransport()) && classes.size(var) >= classes.size(tokens))
      classes.pin(tokens, loc);
  }

  void addRole(DimRole role, ArrayRef<Var> vars) {
    bool hasOneSize = llvm::all_of(vars, [&](Var var) { return classes.size(var) == classes.size(vars.front()); });
    bool isToken = role == DimRole::QueryToken || role == DimRole::KeyToken;
    // Keys may be others than the queries' tokens, as in cross attention.
    bool areTokens = isToken && (mix.hasOneTokenAxis() || classes.size(vars.front()) == classes.size(tokens));
    bool isShared = role == DimRole::Batch || areTokens || (hasOneSize && !isKnownElsewhere(role));
    Var first = areTokens ? tokens : vars.front();
    for (Var var : vars)
      if (isShared)
        classes.unify(var, first, 0, loc);
      else
        classes.pin(var, loc);
  }

  /// Features and heads that a region's body, a list of heads or a complex number counts.
  bool isKnownElsewhere(DimRole role) {
    if (role == DimRole::QueryToken || role == DimRole::KeyToken)
      return false;
    if (mix.hasScoreRegion() || mix.hasTransportRegion())
      return true;
    if (role == DimRole::KeyFeature)
      return mix.getTransport().isComplex();
    bool isListed = false;
    mix.getSupport().walk([&](mixer::PerHeadAttr) { isListed = true; });
    return role == DimRole::Head && isListed;
  }

  DimClasses &classes;
  mixer::MixOp mix;
  Tables tables;
  llvm::MapVector<DimRole, SmallVector<Var>> byRole;
  Var tokens; // of the output
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
