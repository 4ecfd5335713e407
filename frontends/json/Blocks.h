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
Tensor eluPlusOne(GraphBuilder &g, Tensor x); // elu(x) + 1 = max(x, 0) + exp(min(x, 0)), a positive feature map

// The mixer block: by preset or by slots.
Build readMixer(ObjectReader &block);
Build readSlots(ObjectReader &block);

// A support as an attribute, null when a mistake was reported. `heads` is needed by per_head.
mlir::Attribute readSupport(ObjectReader &block, llvm::StringRef key, llvm::StringRef fallback);
mlir::Attribute readLayout(ObjectReader &block);
// The same with the key "align": which ends of queries and keys coincide.
mlir::Attribute readAlignedLayout(ObjectReader &block);

// A key that names an input of the model, or nothing.
InputName readInputName(ObjectReader &block, llvm::StringRef key);

// Token segments: the integer input [B, T] named by "segments".
inline InputName readSegments(ObjectReader &block) { return readInputName(block, "segments"); }
Tensor segmentsInput(Model &m, const InputName &name);

// What keys and values are projected from: the input [B, S, features] named by "keys_from", else x itself.
inline InputName readKeysFrom(ObjectReader &block) { return readInputName(block, "keys_from"); }
Tensor keySource(Model &m, const InputName &name, Tensor x);

// Rotary positions: the object at "rotary", or nothing.
struct Rotation {
  RotaryOptions options;
  InputName positions; // integers [B, T]; counted from the first token without it
};
std::optional<Rotation> readRotary(ObjectReader &block);
// Rotates query and key of `spec` at the positions that its layout gives them.
void rotate(Model &m, const Rotation &rotation, MixSpec &spec);
// Reports what "keys_from" excludes: queries and keys are then different tokens.
void checkKeysFrom(ObjectReader &block, const InputName &keysFrom, const InputName &segments,
                   const std::optional<Rotation> &rotation);

} // namespace heddle::json
#endif
