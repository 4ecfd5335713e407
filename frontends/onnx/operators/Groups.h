// The groups of operators, one for each file that adds rows to the table.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_GROUPS_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_GROUPS_H

namespace heddle::onnx {

class OpTable;

void registerActivation(OpTable &);
void registerAttention(OpTable &);
void registerCausalConv(OpTable &);
void registerConcat(OpTable &);
void registerConstant(OpTable &);
void registerContrib(OpTable &);
void registerContribGates(OpTable &);
void registerConv(OpTable &);
void registerCumulative(OpTable &);
void registerElementwise(OpTable &);
void registerExperts(OpTable &);
void registerFlexAttention(OpTable &);
void registerFourier(OpTable &);
void registerGather(OpTable &);
void registerGatherBlockQuantized(OpTable &);
void registerGradient(OpTable &);
void registerGridSample(OpTable &);
void registerGroupQueryAttention(OpTable &);
void registerIf(OpTable &);
void registerImage(OpTable &);
void registerIndex(OpTable &);
void registerLongformerAttention(OpTable &);
void registerLoop(OpTable &);
void registerLoss(OpTable &);
void registerMatMul(OpTable &);
void registerMultiHeadAttention(OpTable &);
void registerNGrams(OpTable &);
void registerNorm(OpTable &);
void registerPad(OpTable &);
void registerPagedAttention(OpTable &);
void registerPool(OpTable &);
void registerPositions(OpTable &);
void registerQuantize(OpTable &);
void registerRandom(OpTable &);
void registerRecurrent(OpTable &);
void registerReduce(OpTable &);
void registerReshape(OpTable &);
void registerResize(OpTable &);
void registerRoiAlign(OpTable &);
void registerScan(OpTable &);
void registerScatter(OpTable &);
void registerSelect(OpTable &);
void registerSequence(OpTable &);
void registerShape(OpTable &);
void registerSlice(OpTable &);
void registerSparseAttention(OpTable &);
void registerTokens(OpTable &);
void registerTraining(OpTable &);
void registerTrigonometry(OpTable &);
void registerWindow(OpTable &);

} // namespace heddle::onnx
#endif
