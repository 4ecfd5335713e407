// Where weights come from: a safetensors or npz file inside the model's folder, or a seed.
//
// A weight has a name ("blocks.0.weight") and sizes that the model fixes; a file must hold exactly that. Sizes are
// counted before anything is allocated: see Model.h for the trial run.
#ifndef HEDDLE_FRONTENDS_JSON_WEIGHTS_H
#define HEDDLE_FRONTENDS_JSON_WEIGHTS_H

#include "frontends/json/Random.h"
#include "frontends/json/Reader.h"
#include <map>
#include <memory>

namespace heddle::json {

class WeightSource {
public:
  virtual ~WeightSource() = default;
  // Checks name and sizes without reading data; returns a message, empty when all is well.
  virtual std::string check(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes) const = 0;
  virtual std::vector<float> read(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes, const Init &init) const = 0;
  virtual bool isRandom() const = 0;
};

// Reads the key "weights" of the model. Null when a mistake was reported.
std::unique_ptr<WeightSource> readWeightSource(ObjectReader &model, llvm::StringRef modelPath);

} // namespace heddle::json
#endif
