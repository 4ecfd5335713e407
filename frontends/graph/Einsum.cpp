// Einstein summation: over one or two operands as one contraction, over more pair by pair.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"

using namespace mlir;

namespace heddle {

namespace {

struct Equation {
  SmallVector<std::string> operands; // one letter per dimension; digits stand for the dimensions of an ellipsis
  std::string result;
};

// "b...k,kn->b...n" with ranks: the ellipsis becomes digits, right-aligned over the operands.
bool expandEllipsis(std::string &term, int64_t rank, int64_t &ellipsisRank) {
  size_t at = term.find("...");
  if (at == std::string::npos)
    return rank < 0 || static_cast<int64_t>(term.size()) == rank;
  int64_t count = rank < 0 ? ellipsisRank : rank - static_cast<int64_t>(term.size() - 3);
  if (count < 0 || count > 9)
    return false;
  ellipsisRank = std::max(ellipsisRank, count);
  std::string digits;
  for (int64_t i = 9 - count; i < 9; ++i)
    digits += static_cast<char>('1' + i);
  term.replace(at, 3, digits);
  return true;
}

// Letters that occur once, in alphabetical order after those of the ellipsis.
std::string implicitResult(ArrayRef<std::string> operands) {
  std::string all, ellipsis, result;
  for (const std::string &term : operands)
    all += term;
  llvm::sort(all);
  for (char letter : all) {
    if (llvm::isDigit(letter) && ellipsis.find(letter) == std::string::npos)
      ellipsis += letter;
    if (!llvm::isDigit(letter) && llvm::count(all, letter) == 1)
      result += letter;
  }
  return ellipsis + result;
}

std::optional<Equation> parse(StringRef text, ArrayRef<Tensor> tensors) {
  std::string compact;
  for (char c : text)
    if (!llvm::isSpace(c))
      compact += c;
  auto [left, right] = StringRef(compact).split("->");
  bool isExplicit = StringRef(compact).contains("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != tensors.size())
    return std::nullopt;
  Equation equation;
  int64_t ellipsisRank = 0;
  for (auto [term, tensor] : llvm::zip_equal(terms, tensors)) {
    std::string letters = term.str();
    if (!expandEllipsis(letters, tensor.rank(), ellipsisRank))
      return std::nullopt;
    equation.operands.push_back(letters);
  }
  equation.result = right.str();
  if (!isExplicit)
    equation.result = implicitResult(equation.operands);
  else if (!expandEllipsis(equation.result, -1, ellipsisRank))
    return std::nullopt;
  for (char letter : equation.result)
    if (llvm::none_of(equation.operands,
                      [&](const std::string &term) { return term.find(letter) != std::string::npos; }))
      return std::nullopt;
  return equation;
}

/// Distinct letters of both terms: as many loops as it takes to contract them.
std::string lettersOf(const std::string &left, const std::string &right) {
  std::string letters;
  for (char letter : left + right)
    if (letters.find(letter) == std::string::npos)
      letters += letter;
  return letters;
}

/// The two operands that take the fewest loops; the first of several such pairs.
std::pair<size_t, size_t> cheapestPair(ArrayRef<std::string> operands) {
  std::pair<size_t, size_t> best(0, 1);
  size_t fewest = std::numeric_limits<size_t>::max();
  for (size_t left = 0; left < operands.size(); ++left)
    for (size_t right = left + 1; right < operands.size(); ++right)
      if (size_t loops = lettersOf(operands[left], operands[right]).size(); loops < fewest) {
        best = {left, right};
        fewest = loops;
      }
  return best;
}

/// Contracts two operands to one with the letters that somebody still asks for.
void contractPair(GraphBuilder &g, Equation &equation, SmallVector<Tensor> &tensors) {
  auto [left, right] = cheapestPair(equation.operands);
  std::string first = equation.operands[left], second = equation.operands[right], wanted = equation.result, kept;
  Tensor pair[] = {tensors[left], tensors[right]};
  for (size_t place : {right, left}) {
    equation.operands.erase(equation.operands.begin() + place);
    tensors.erase(tensors.begin() + place);
  }
  for (const std::string &term : equation.operands)
    wanted += term;
  for (char letter : lettersOf(first, second))
    if (wanted.find(letter) != std::string::npos)
      kept += letter;
  tensors.insert(tensors.begin() + left, g.einsum(first + "," + second + "->" + kept, pair));
  equation.operands.insert(equation.operands.begin() + left, kept);
}

/// The letters of the result, then those that are summed; each with its size.
struct Loops {
  std::string letters;
  Shape sizes;
};

std::optional<Loops> loopsOf(GraphBuilder &g, StringRef text, const Equation &equation, ArrayRef<Tensor> operands) {
  Loops loops{equation.result, Shape(equation.result.size(), g.dim(1))};
  for (auto [term, operand] : llvm::zip_equal(equation.operands, operands))
    for (auto [letter, size] : llvm::zip_equal(term, operand.shape)) {
      size_t loop = loops.letters.find(letter);
      if (loop == std::string::npos) {
        loop = loops.letters.size();
        loops.letters += letter;
        loops.sizes.push_back(g.dim(1));
      }
      if (loops.sizes[loop] == g.dim(1))
        loops.sizes[loop] = size;
      else if (size != g.dim(1) && !g.sameDim(loops.sizes[loop], size))
        return g.fail("einsum '" + text + "': dimension '" + Twine(letter) + "' is " + g.describe(loops.sizes[loop]) +
                      " and " + g.describe(size) + ", expected equal sizes"),
               std::nullopt;
    }
  return loops;
}

/// Where an operand's elements are found; one of size 1 is repeated.
AffineMap mapOf(GraphBuilder &g, const std::string &term, const Tensor &operand, const Loops &loops) {
  SmallVector<AffineExpr> results;
  for (auto [letter, size] : llvm::zip_equal(term, operand.shape)) {
    size_t loop = loops.letters.find(letter);
    bool repeats = size == g.dim(1) && loops.sizes[loop] != g.dim(1);
    results.push_back(repeats ? getAffineConstantExpr(0, g.context()) : getAffineDimExpr(loop, g.context()));
  }
  return AffineMap::get(loops.sizes.size(), 0, results, g.context());
}

/// The sum, in the type that sums of such elements are computed in.
Tensor sumOver(GraphBuilder &g, Tensor x, const Shape &loops, AffineMap map, AffineMap resultMap) {
  Type accumulator = scalar::computeType(x.elementType);
  return g.generic(loops, x, {map, resultMap}, accumulator, 0.0, [&](OpBuilder &b, Location at, ValueRange v) {
    Value element = scalar::convert(b, at, v[0], x.elementType, accumulator);
    return scalar::binary(b, at, Binary::Add, v[1], element, accumulator);
  });
}

} // namespace

Tensor GraphBuilder::einsum(StringRef text, ArrayRef<Tensor> operands) {
  for (const Tensor &operand : operands)
    if (!operand)
      return {};
  if (operands.empty())
    return fail("einsum has no operands, expected at least 1");
  for (const Tensor &operand : operands)
    if (operand.elementType != operands[0].elementType)
      return fail("einsum operands have different element types, expected equal ones");
  std::optional<Equation> equation = parse(text, operands);
  if (!equation)
    return fail("einsum equation '" + text +
                "' does not fit its operands, expected one letter for each dimension, as in 'bik,bkj->bij'");
  if (operands.size() > 2) {
    SmallVector<Tensor> tensors(operands);
    while (tensors.size() > 2)
      contractPair(*this, *equation, tensors);
    return einsum(llvm::join(equation->operands, ",") + "->" + equation->result, tensors);
  }

  std::optional<Loops> loops = loopsOf(*this, text, *equation, operands);
  if (!loops)
    return {};
  SmallVector<AffineMap> maps;
  for (auto [term, operand] : llvm::zip_equal(equation->operands, operands))
    maps.push_back(mapOf(*this, term, operand, *loops));
  AffineMap all = AffineMap::getMultiDimIdentityMap(loops->sizes.size(), context());
  AffineMap resultMap =
      AffineMap::get(loops->sizes.size(), 0, all.getResults().take_front(equation->result.size()), context());
  if (operands.size() == 2)
    return contract(operands[0], operands[1], loops->sizes, maps[0], maps[1], resultMap);
  return roundFrom(sumOver(*this, operands[0], loops->sizes, maps[0], resultMap), operands[0].elementType);
}

} // namespace heddle
