// What a machine can do, as far as execution forms depend on it. `heddle calibrate` measures it and writes the file;
// without one, the rates are those of a two-core Zen 4.
//
//   { "cores": 2, "gflops": 115.0, "gexps": 4.4, "cache_bytes": 1048576, "cache_gbytes_per_s": 110.0,
//     "memory_gbytes_per_s": 24.0, "memory_gbytes_per_s_all": 48.0, "fork_join_us": 0.9, .. }
//
// Rates are those of one core unless their name ends with `all`. Further keys are for readers: they are kept out of the
// decision.
#ifndef HEDDLE_PASSES_FORM_MACHINEMODEL_H
#define HEDDLE_PASSES_FORM_MACHINEMODEL_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace heddle {

struct MachineModel {
  double cores = 2;
  double gflops = 115;            // 10^9 flops per second in f32, a multiply-add is two
  double gexps = 4.4;             // 10^9 values of 2^x per second in f32
  double cacheBytes = 1 << 20;    // a core's own cache (the second level)
  double cacheBandwidth = 110;    // 10^9 bytes per second, read and written, within that cache
  double memoryBandwidth = 24;    // 10^9 bytes per second, read and written, of one core
  double memoryBandwidthAll = 36; // the same, of all cores together
  double forkJoin = 1;            // 10^-6 s for a loop over all cores
};

/// The model in a file. Errors name the file, the key, and what is expected there.
llvm::Expected<MachineModel> readMachineModel(llvm::StringRef path);

llvm::json::Object toJson(const MachineModel &machine);

} // namespace heddle

#endif
