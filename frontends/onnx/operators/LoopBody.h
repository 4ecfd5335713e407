// What the body of a Loop tells before it is imported.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_LOOPBODY_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_LOOPBODY_H

#include <cstdint>

namespace heddle::onnx {

class GraphProto;

// Whether the number of the iteration decides a shape, or a place that has to be known while importing.
bool placesDependOnIteration(const GraphProto &body);

// Whether a sequence comes in as an input and goes out as an output with one element more at its end, and is used in
// no other way: ys1 = SequenceInsert(ys, h1).
bool appendsOneElement(const GraphProto &body, int64_t input, int64_t output);

} // namespace heddle::onnx
#endif
