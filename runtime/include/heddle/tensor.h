/* Tensors that the caller holds, in DLPack's layout. Part of heddle/runtime.h. */
#ifndef HEDDLE_TENSOR_H
#define HEDDLE_TENSOR_H

#include <heddle/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* DLPack's element type: code 0 int, 1 uint, 2 float, 4 bfloat, 6 bool. */
typedef struct heddle_dtype {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes; /* 1 */
} heddle_dtype_t;

#ifdef __cplusplus
#define HEDDLE_DTYPE(code, bits) (heddle_dtype_t{(code), (bits), 1})
#else
#define HEDDLE_DTYPE(code, bits) ((heddle_dtype_t){(code), (bits), 1})
#endif
#define HEDDLE_F32 HEDDLE_DTYPE(2, 32)
#define HEDDLE_F64 HEDDLE_DTYPE(2, 64)
#define HEDDLE_F16 HEDDLE_DTYPE(2, 16)
#define HEDDLE_BF16 HEDDLE_DTYPE(4, 16)
#define HEDDLE_I64 HEDDLE_DTYPE(0, 64)
#define HEDDLE_I32 HEDDLE_DTYPE(0, 32)
#define HEDDLE_I8 HEDDLE_DTYPE(0, 8)
#define HEDDLE_U8 HEDDLE_DTYPE(1, 8)
#define HEDDLE_BOOL HEDDLE_DTYPE(6, 8)

/* A tensor that the caller holds. The layout is DLPack's DLTensor: a `DLTensor *` may be cast to it.
 * Owns: nothing. Lifetime: `data`, `shape` and `strides` must live during the call that it is given to. */
typedef struct heddle_tensor_view {
  void *data;          /* aligned to the element's size; may be NULL when the tensor is empty */
  int32_t device_type; /* 1: CPU */
  int32_t device_id;
  int32_t rank;
  heddle_dtype_t dtype;
  int64_t *shape;
  int64_t *strides; /* in elements; NULL for dense row-major, which is the only accepted order */
  uint64_t byte_offset;
} heddle_tensor_view_t;

/* A dense view on the CPU. `shape` is kept, not copied. */
HEDDLE_API heddle_tensor_view_t heddle_tensor_view(void *data, heddle_dtype_t dtype, int32_t rank, int64_t *shape);

/* The view inside a DLPack managed tensor: before DLPack 1.0 (`DLManagedTensor *`, capsule "dltensor") and since
 * (`DLManagedTensorVersioned *`, capsule "dltensor_versioned"; a read-only tensor is refused as an output, so say what
 * it is for). The managed tensor keeps its owner and must outlive the view. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_tensor_view_from_dlpack(const void *managed,
                                                                          heddle_tensor_view_t *out_view);
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_tensor_view_from_dlpack_versioned(const void *managed,
                                                                                    bool for_output,
                                                                                    heddle_tensor_view_t *out_view);

/* Allocates a dense tensor (64-byte aligned, not cleared) as a `DLManagedTensorVersioned *`: view it with
 * heddle_tensor_view_from_dlpack_versioned, hand it to any DLPack consumer, or call its deleter. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_dlpack_create(heddle_dtype_t dtype, int32_t rank,
                                                                const int64_t *shape, void **out_managed);
/* Calls the deleter of a `DLManagedTensorVersioned *`; NULL is ignored. */
HEDDLE_API void heddle_dlpack_release(void *managed);

#ifdef __cplusplus
}
#endif
#endif
