// From a file to a JSON tree, with guards that a hostile file meets before any memory is spent on it.
//
// Limits: 64 MiB of text, 64 levels of nesting, 1,000,000 values. Duplicate keys are mistakes: with them a file does
// not say one thing.
#ifndef HEDDLE_FRONTENDS_JSON_TEXT_H
#define HEDDLE_FRONTENDS_JSON_TEXT_H

#include "frontends/json/Reader.h"

namespace heddle::json {

// False when a mistake was reported.
bool loadJson(llvm::StringRef path, Reporter &reporter, nlohmann::json &tree);

} // namespace heddle::json
#endif
