/* A host object as the compiler would make it, by hand.
 *
 *   forward: y[b,t,c] = 3 * x[b,t,c] + bias[c];  twice[2t] = twice[2t+1] = tokens[t]
 *   spin:    runs until it is cancelled
 *   step:    y[b,t] = largest x of row b so far; cancelled, its states half written, where x[0,0] is -1
 *   sum:     y[b,t] = sum of all x of row b so far, which it appends to `seen`; cancelled, written, where x[0,0] is -1
 *   grow:    y[b,t] = twice the sum of all x of row b so far, once from each of two pasts that it makes longer;
 * cancelled, written, where x[0,0] is -1
 */
#include "runtime/abi/kernel_abi.h"

#define CHANNELS 4

void heddle_plan_forward(const int64_t *dims, int64_t *arena_bytes, int64_t *output_dims) {
  *arena_bytes = dims[0] * dims[1] * CHANNELS * (int64_t)sizeof(float);
  output_dims[0] = dims[0];
  output_dims[1] = dims[1];
  output_dims[2] = CHANNELS;
  output_dims[3] = 2 * dims[1];
}

struct captures {
  const float *x, *bias;
  float *scaled, *y;
  const int64_t *tokens;
  int64_t *twice;
};

static void scale(void *arguments, int64_t begin, int64_t end) {
  struct captures *c = (struct captures *)arguments;
  for (int64_t i = begin * CHANNELS; i < end * CHANNELS; ++i)
    c->scaled[i] = 3 * c->x[i];
}

static void add(void *arguments, int64_t begin, int64_t end) {
  struct captures *c = (struct captures *)arguments;
  for (int64_t i = begin; i < end; ++i)
    for (int64_t k = 0; k < CHANNELS; ++k)
      c->y[i * CHANNELS + k] = c->scaled[i * CHANNELS + k] + c->bias[k];
}

static void repeat(void *arguments, int64_t begin, int64_t end) {
  struct captures *c = (struct captures *)arguments;
  for (int64_t t = begin; t < end; ++t)
    c->twice[2 * t] = c->twice[2 * t + 1] = c->tokens[t];
}

int32_t heddle_entry_forward(heddle_abi_context_t *context, const int64_t *dims, void *const *inputs,
                             void *const *outputs, void *arena, const void *constants) {
  struct captures c = {(const float *)inputs[0], (const float *)constants,   (float *)arena,
                       (float *)outputs[0],      (const int64_t *)inputs[1], (int64_t *)outputs[1]};
  context->parallel_for(context, scale, &c, dims[0] * dims[1], 8, 0);
  context->parallel_for(context, add, &c, dims[0] * dims[1], 8, 1);
  context->parallel_for(context, repeat, &c, dims[1], 8, 2);
  return 0;
}

void heddle_plan_spin(const int64_t *dims, int64_t *arena_bytes, int64_t *output_dims) {
  *arena_bytes = 0;
  output_dims[0] = 1;
}

static void nothing(void *arguments, int64_t begin, int64_t end) {}

int32_t heddle_entry_spin(heddle_abi_context_t *context, const int64_t *dims, void *const *inputs, void *const *outputs,
                          void *arena, const void *constants) {
  __atomic_store_n((int32_t *)outputs[0], 1, __ATOMIC_RELAXED); /* started */
  while (!__atomic_load_n(context->cancelled, __ATOMIC_RELAXED))
    context->parallel_for(context, nothing, 0, 1000, 1, 3);
  return 1;
}

void heddle_plan_step(const int64_t *dims, int64_t *arena_bytes, int64_t *output_dims) {
  *arena_bytes = 0;
  output_dims[0] = output_dims[2] = output_dims[3] = dims[0];
  output_dims[1] = dims[1];
}

int32_t heddle_entry_step(heddle_abi_context_t *context, const int64_t *dims, void *const *inputs, void *const *outputs,
                          void *arena, const void *constants) {
  const float *x = (const float *)inputs[0], *before = (const float *)inputs[2];
  float *y = (float *)outputs[0], *after = (float *)outputs[2];
  for (int64_t b = 0; b < dims[0]; ++b) {
    float largest = before[b];
    for (int64_t t = 0; t < dims[1]; ++t) {
      if (x[b * dims[1] + t] > largest)
        largest = x[b * dims[1] + t];
      y[b * dims[1] + t] = largest;
    }
    after[b] = largest;
    ((int64_t *)outputs[1])[b] = ((const int64_t *)inputs[1])[b] + dims[1];
    if (x[0] == -1)
      return 1;
  }
  return 0;
}

void heddle_plan_sum(const int64_t *dims, int64_t *arena_bytes, int64_t *output_dims) {
  *arena_bytes = 0;
  output_dims[0] = output_dims[2] = output_dims[3] = dims[0];
  output_dims[1] = dims[1];
  output_dims[4] = dims[2];
}

int32_t heddle_entry_sum(heddle_abi_context_t *context, const int64_t *dims, void *const *inputs, void *const *outputs,
                         void *arena, const void *constants) {
  const float *x = (const float *)inputs[0], *before = (const float *)inputs[2];
  float *y = (float *)outputs[0], *seen = (float *)outputs[2];
  const int64_t *position = (const int64_t *)inputs[1];
  for (int64_t i = 0; seen != before && i < dims[0] * dims[2]; ++i)
    seen[i] = before[i];
  for (int64_t b = 0; b < dims[0]; ++b) {
    float sum = 0;
    for (int64_t j = 0; j < position[b]; ++j)
      sum += seen[b * dims[2] + j];
    for (int64_t t = 0; t < dims[1]; ++t)
      y[b * dims[1] + t] = sum += seen[b * dims[2] + position[b] + t] = x[b * dims[1] + t];
    ((int64_t *)outputs[1])[b] = position[b] + dims[1];
  }
  return x[0] == -1;
}

void heddle_plan_grow(const int64_t *dims, int64_t *arena_bytes, int64_t *output_dims) {
  *arena_bytes = 0;
  output_dims[0] = output_dims[2] = output_dims[3] = output_dims[6] = dims[0];
  output_dims[1] = dims[1];
  output_dims[4] = output_dims[5] = dims[2] + dims[1];
}

int32_t heddle_entry_grow(heddle_abi_context_t *context, const int64_t *dims, void *const *inputs, void *const *outputs,
                          void *arena, const void *constants) {
  const float *x = (const float *)inputs[0], *past = (const float *)inputs[2], *turned = (const float *)inputs[3];
  float *y = (float *)outputs[0], *present = (float *)outputs[2], *presentTurned = (float *)outputs[3];
  int64_t rows = dims[0], tokens = dims[1], before = dims[2], after = before + tokens;
  for (int64_t b = 0; b < rows; ++b) {
    float sum = 0;
    for (int64_t j = 0; j < after; ++j) {
      float one = j < before ? past[b * before + j] : x[b * tokens + j - before];
      float other = j < before ? turned[j * rows + b] : x[b * tokens + j - before];
      present[b * after + j] = one;
      presentTurned[j * rows + b] = other;
      sum += one + other;
      if (j >= before)
        y[b * tokens + j - before] = sum;
    }
    ((int64_t *)outputs[1])[b] = ((const int64_t *)inputs[1])[b] + tokens;
  }
  return x[0] == -1;
}
