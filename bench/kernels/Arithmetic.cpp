#include "bench/kernels/Peak.h"
#include "bench/kernels/Timing.h"
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace heddle {

namespace {

constexpr int64_t kSteps = 500000;
constexpr int kChains = 12; // 4 cycles of latency on 2 units need 8; with two constants they fit in 16 registers

/// One loop over chains of some instruction: what it computes for each step and chain, and the loop itself.
struct Chains {
  double (*run)(float seed);
  double each;
};

// Twelve chains written out: they must live in registers at any optimisation level.
#define HEDDLE_FOUR(w, x, y, z) HEDDLE_LINK(w) HEDDLE_LINK(x) HEDDLE_LINK(y) HEDDLE_LINK(z)
#define HEDDLE_CHAINS(NAME, TARGET, ELEMENT, BYTES)                                                                    \
  TARGET double NAME(float seed) {                                                                                     \
    typedef ELEMENT Vector __attribute__((vector_size(BYTES)));                                                        \
    typedef int32_t Integers __attribute__((vector_size(BYTES)));                                                      \
    [[maybe_unused]] Integers bits = {};                                                                               \
    Vector factor = {}, term = {};                                                                                     \
    factor += 1.0f - seed, term += seed;                                                                               \
    Vector a = term, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6, h = a + 7;                      \
    Vector i = a + 8, j = a + 9, k = a + 10, l = a + 11;                                                               \
    for (int64_t step = 0; step < kSteps; ++step) {                                                                    \
      HEDDLE_FOUR(a, b, c, d)                                                                                          \
      HEDDLE_FOUR(e, f, g, h)                                                                                          \
      HEDDLE_FOUR(i, j, k, l)                                                                                          \
    }                                                                                                                  \
    Vector sum = a + b + c + d + e + f + g + h + i + j + k + l;                                                        \
    return sum[0];                                                                                                     \
  }

#if defined(__x86_64__)
#define HEDDLE_512 __attribute__((target("avx512f,avx512dq")))
#define HEDDLE_256 __attribute__((target("avx2,fma")))
#define HEDDLE_LINK(chain) chain = __builtin_elementwise_fma(chain, factor, term);
HEDDLE_CHAINS(fmaF32x16, HEDDLE_512, float, 64)
HEDDLE_CHAINS(fmaF32x8, HEDDLE_256, float, 32)
HEDDLE_CHAINS(fmaF64x8, HEDDLE_512, double, 64)
HEDDLE_CHAINS(fmaF64x4, HEDDLE_256, double, 32)
#undef HEDDLE_LINK
#define HEDDLE_LINK(chain) chain = (Vector)_mm512_dpbf16_ps((__m512)chain, (__m512bh)factor, (__m512bh)term);
HEDDLE_CHAINS(dotBf16x32, __attribute__((target("avx512f,avx512bf16"))), float, 64)
#undef HEDDLE_LINK
#endif
// Without a fused unit the builtin would call a library function; a product and a sum are what the machine has.
#define HEDDLE_LINK(chain) chain = chain * factor + term;
HEDDLE_CHAINS(multiplyAddF32x4, , float, 16)
HEDDLE_CHAINS(multiplyAddF64x2, , double, 16)
#undef HEDDLE_LINK

// 2^x: the nearest integer goes to the exponent's bits, the rest through a polynomial of degree 5.
// A thousandth of it is the next x, which stays near 0.001.
#define HEDDLE_POLYNOMIAL(chain, FMA)                                                                                  \
  {                                                                                                                    \
    Vector whole = __builtin_elementwise_roundeven(chain), rest = chain - whole, value = factor * 1.339e-3f;           \
    value = FMA(value, rest, term + 9.618e-3f);                                                                        \
    value = FMA(value, rest, term + 5.550e-2f);                                                                        \
    value = FMA(value, rest, term + 2.402e-1f);                                                                        \
    value = FMA(value, rest, term + 6.931e-1f);                                                                        \
    value = FMA(value, rest, term + 1.0f);                                                                             \
    bits = __builtin_convertvector(whole, Integers) << 23;                                                             \
    chain = (Vector)((Integers)value + bits) * term;                                                                   \
  }
#if defined(__x86_64__)
#define HEDDLE_LINK(chain) HEDDLE_POLYNOMIAL(chain, __builtin_elementwise_fma)
HEDDLE_CHAINS(exp2F32x16, HEDDLE_512, float, 64)
HEDDLE_CHAINS(exp2F32x8, HEDDLE_256, float, 32)
#undef HEDDLE_LINK
#endif
#define HEDDLE_MULTIPLY_ADD(x, y, z) ((x) * (y) + (z))
#define HEDDLE_LINK(chain) HEDDLE_POLYNOMIAL(chain, HEDDLE_MULTIPLY_ADD)
HEDDLE_CHAINS(exp2F32x4, , float, 16)
#undef HEDDLE_LINK

/// 16 for 512-bit vectors of f32, 8 for 256-bit ones, 4 for what every processor has.
int widestF32() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return 16;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return 8;
#endif
  return 4;
}

Chains multiplyAdds(Number number) {
  int lanes = widestF32();
#if defined(__x86_64__)
  if (number == Number::bf16 && __builtin_cpu_supports("avx512bf16"))
    return {dotBf16x32, 64};
  if (number == Number::f32 && lanes > 4)
    return {lanes == 16 ? fmaF32x16 : fmaF32x8, 2.0 * lanes};
  if (number == Number::f64 && lanes > 4)
    return {lanes == 16 ? fmaF64x8 : fmaF64x4, 1.0 * lanes};
#endif
  if (number == Number::bf16)
    return {nullptr, 0};
  return number == Number::f32 ? Chains{multiplyAddF32x4, 2.0 * lanes} : Chains{multiplyAddF64x2, 1.0 * lanes};
}

Chains exponentials() {
  int lanes = widestF32();
#if defined(__x86_64__)
  if (lanes > 4)
    return {lanes == 16 ? exp2F32x16 : exp2F32x8, double(lanes)};
#endif
  return {exp2F32x4, double(lanes)};
}

double measureRate(const Chains &chains, int threads) {
  if (!chains.run)
    return 0;
  volatile double sink;
  double seconds = bestTime(/*repeats=*/20, threads, [&](int) { sink = chains.run(1e-3f); });
  (void)sink;
  return chains.each * kChains * kSteps * threads / seconds * 1e-9;
}

} // namespace

double measureGflops(Number number, int threads) { return measureRate(multiplyAdds(number), threads); }

double measureGexps(int threads) { return measureRate(exponentials(), threads); }

} // namespace heddle
