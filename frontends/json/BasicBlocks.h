// The blocks that are no mixers. See docs/json-model.md for their keys.
#ifndef HEDDLE_FRONTENDS_JSON_BASICBLOCKS_H
#define HEDDLE_FRONTENDS_JSON_BASICBLOCKS_H

#include "frontends/json/Blocks.h"

namespace heddle::json {

Build readActivation(ObjectReader &r);
Build readChannelMix(ObjectReader &r);
Build readEmbedding(ObjectReader &r);
Build readGatedMlp(ObjectReader &r);
Build readGroupNorm(ObjectReader &r);
Build readHead(ObjectReader &r);
Build readLayerNorm(ObjectReader &r);
Build readLinear(ObjectReader &r);
Build readMlp(ObjectReader &r);
Build readPooled(ObjectReader &r);
Build readPositions(ObjectReader &r);
Build readRepeat(ObjectReader &r);
Build readResidual(ObjectReader &r);
Build readRmsNorm(ObjectReader &r);
Build readShortConv(ObjectReader &r);

} // namespace heddle::json
#endif
