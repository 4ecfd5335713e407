// Pieces of the manifest's JSON, read with a place for messages: "/entries/0/inputs/1/range".
#ifndef HEDDLE_RUNTIME_CORE_MANIFESTJSON_H
#define HEDDLE_RUNTIME_CORE_MANIFESTJSON_H

#include "runtime/core/Manifest.h"
#include <nlohmann/json.hpp>

namespace heddle::runtime {

using nlohmann::json;

Status bad(const std::string &path, const char *expected, const json &got);
/// null where there is none.
const json &member(const json &object, const char *key);
Status readText(const json &object, const char *key, const std::string &path, std::string &text);
Status readInteger(const json &value, const std::string &path, int64_t &integer);
/// true or false; nothing leaves `flag` as it is.
Status readFlag(const json &value, const std::string &path, bool &flag);
/// A number of tokens; nothing leaves it as it is.
Status readLatency(const json &value, const std::string &path, int64_t &latency);
/// An input or output at `at`, its sizes being expressions over `symbols`.
Status readTensor(const json &value, const std::string &at, const std::vector<std::string> &symbols,
                  TensorInfo &tensor);

} // namespace heddle::runtime
#endif
