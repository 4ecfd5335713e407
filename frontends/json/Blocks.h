// The blocks of the format: one function each that reads a JSON object and returns how to build it.
//
// Adding a block: write `Build readX(ObjectReader &)`, add a row to the table in Blocks.cpp, describe it in
// docs/json-model.md and in docs/json-model.schema.json. A preset of the mixer block is the same, with its row in
// Presets.cpp and its file in presets/.
#ifndef HEDDLE_FRONTENDS_JSON_BLOCKS_H
#define HEDDLE_FRONTENDS_JSON_BLOCKS_H

#include "frontends/json/Model.h"

namespace heddle::json {

struct BlockRow {
  const char *name;
  Build (*read)(ObjectReader &);
};

// A list of blocks at `key`, applied one after the other. Weight names get the block's "name", or its index.
Build readBlockList(ObjectReader &parent, llvm::StringRef key);

// Names of the activations, and what they do.
extern const std::vector<std::string> kActivations;
Tensor activate(GraphBuilder &g, llvm::StringRef name, Tensor x);

// The mixer block: by preset or by slots.
Build readMixer(ObjectReader &block);
Build readSlots(ObjectReader &block);

// A support as an attribute, null when a mistake was reported. `heads` is needed by per_head.
mlir::Attribute readSupport(ObjectReader &block, llvm::StringRef key, llvm::StringRef fallback);
mlir::Attribute readLayout(ObjectReader &block);

// Token segments: the name of an integer input [B, T] in "segments", or nothing.
std::string readSegments(ObjectReader &block);
Tensor segmentsInput(Model &m, const std::string &name);

// Rotary positions: the object at "rotary", or nothing.
std::optional<RotaryOptions> readRotary(ObjectReader &block);

} // namespace heddle::json
#endif
