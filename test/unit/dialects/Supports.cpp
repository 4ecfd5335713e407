#include "Supports.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::test {

MLIRContext *mixerContext() {
  static MLIRContext *context = [] {
    auto *made = new MLIRContext(MLIRContext::Threading::DISABLED); // lives as long as the process
    made->loadDialect<mixer::MixerDialect, arith::ArithDialect, func::FuncDialect, scf::SCFDialect,
                      tensor::TensorDialect>();
    return made;
  }();
  return context;
}

mixer::SupportAttrInterface parseSupport(const std::string &text) {
  return cast<mixer::SupportAttrInterface>(parseAttribute(text, mixerContext()));
}

std::string toString(Attribute attribute) {
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

const std::vector<std::string> &supportTexts() {
  static const std::vector<std::string> texts = {
      "#mixer.full",
      "#mixer.causal",
      "#mixer.block_causal<1>",
      "#mixer.block_causal<3>",
      "#mixer.window<left = 0, right = 0>",
      "#mixer.window<left = 2, right = 0>",
      "#mixer.window<left = 1, right = 3>",
      "#mixer.sinks<1>",
      "#mixer.sinks<4>",
      "#mixer.global<[0]>",
      "#mixer.global<[1, 2, 5]>",
      "#mixer.global<[0, 2, 4, 6, 8, 10, 12, 14, 16, 18]>",
      "#mixer.dilated<left = 4, right = 0, step = 2>",
      "#mixer.dilated<left = 3, right = 5, step = 3>",
      "#mixer.dilated<left = 3, right = 2, step = 5>",
      "#mixer.block_list<2, offsets = [0, 1, 1, 3, 4], blocks = [0, 1, 2, 0]>",
      "#mixer.block_list<1, offsets = [0, 2, 3], blocks = [0, 70, 64]>",
      "#mixer.block_list<3, offsets = [0, 1, 2], blocks = [0, 0]>",
      "#mixer.groups<1, shift = 0>",
      "#mixer.groups<3, shift = 0>",
      "#mixer.groups<4, shift = 2>",
      "#mixer.window_2d<width = 3, rows = 1, cols = 1>",
      "#mixer.window_2d<width = 4, rows = 0, cols = 2>",
      "#mixer.window_2d<width = 2, rows = 2, cols = 0>",
      "#mixer.per_head<[0, 1], [#mixer.causal, #mixer.window<left = 1, right = 1>]>",
      "#mixer.any_of<#mixer.sinks<2>, #mixer.window<left = 2, right = 0>>",
      "#mixer.any_of<#mixer.causal, #mixer.window<left = 2, right = 0>>",
      "#mixer.all_of<#mixer.causal, #mixer.any_of<#mixer.sinks<1>, #mixer.groups<3, shift = 0>>>",
      "#mixer.all_of<#mixer.full, #mixer.causal>",
  };
  return texts;
}

} // namespace heddle::test
