// Views of tensors: overlap, and DLPack in both directions.
#include "runtime/core/View.h"
#include "test/unit/runtime/TestPackage.h"

using namespace heddle::test;

namespace {

class View : public testing::Test {
protected:
  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  SessionPtr session = makeSession(package);
};

TEST_F(View, empty_tensors_overlap_nothing) {
  float data[8] = {};
  int64_t full[1] = {8}, none[1] = {0};
  heddle_tensor_view_t whole = heddle_tensor_view(data, HEDDLE_F32, 1, full);
  heddle_tensor_view_t empty = heddle_tensor_view(data + 4, HEDDLE_F32, 1, none);
  heddle_tensor_view_t tail = heddle_tensor_view(data + 7, HEDDLE_F32, 1, full);
  EXPECT_FALSE(heddle::runtime::overlap(whole, empty));
  EXPECT_TRUE(heddle::runtime::overlap(whole, tail));
}

TEST_F(View, dlpack_tensors_travel_both_ways) {
  int64_t shape[3] = {2, 16, 4};
  void *managed = nullptr;
  expectOk(heddle_dlpack_create(HEDDLE_F32, 3, shape, &managed));
  ForwardCall call(2, 16);
  expectOk(heddle_tensor_view_from_dlpack_versioned(managed, true, &call.outputs[0]));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(call.outputs[0].data) % 64, 0u);
  expectOk(call.run(session, package));
  const float *y = static_cast<const float *>(call.outputs[0].data);
  call.y.assign(y, y + call.y.size());
  EXPECT_TRUE(call.outputsAreRight());
  auto *words = static_cast<uint32_t *>(managed);
  words[6] |= 1; // flags: read-only
  expectError(heddle_tensor_view_from_dlpack_versioned(managed, true, &call.outputs[0]), HEDDLE_INVALID_ARGUMENT,
              "DLPack tensor for an output, expected a writable one but got read-only");
  expectOk(heddle_tensor_view_from_dlpack_versioned(managed, false, &call.outputs[0]));
  words[0] = 2; // major version
  expectError(heddle_tensor_view_from_dlpack_versioned(managed, false, &call.outputs[0]), HEDDLE_INCOMPATIBLE,
              "DLPack major version, expected 1 but got 2");
  heddle_dlpack_release(managed);
  struct {
    heddle_tensor_view_t tensor;
    void *context;
    void *deleter;
  } unversioned = {call.inputs[0], nullptr, nullptr};
  heddle_tensor_view_t view;
  expectOk(heddle_tensor_view_from_dlpack(&unversioned, &view));
  EXPECT_EQ(view.data, call.inputs[0].data);
  int64_t huge[2] = {INT64_MAX, 2};
  EXPECT_EQ(codeOf(heddle_dlpack_create(HEDDLE_F32, 2, huge, &managed)), HEDDLE_INVALID_ARGUMENT);
  EXPECT_EQ(managed, nullptr);
}

} // namespace
