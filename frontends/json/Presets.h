// The presets of the mixer block: published token mixers, each with its projections, gates and norms. One file each in
// presets/.
#ifndef HEDDLE_FRONTENDS_JSON_PRESETS_H
#define HEDDLE_FRONTENDS_JSON_PRESETS_H

#include "frontends/json/Blocks.h"
#include "frontends/json/States.h"

namespace heddle::json {

Build readAttention(ObjectReader &r);
Build readDelta(ObjectReader &r);
Build readFnet(ObjectReader &r);
Build readGatedDelta(ObjectReader &r);
Build readGla(ObjectReader &r);
Build readHyena(ObjectReader &r);
Build readLinearAttention(ObjectReader &r);
Build readLongConv(ObjectReader &r);
Build readLru(ObjectReader &r);
Build readMamba(ObjectReader &r);
Build readMamba2(ObjectReader &r);
Build readMlpMixer(ObjectReader &r);
Build readRetention(ObjectReader &r);
Build readRwkv4(ObjectReader &r);
Build readS4d(ObjectReader &r);
Build readS5(ObjectReader &r);
Build readSgconv(ObjectReader &r);

} // namespace heddle::json
#endif
