#include "passes/kernels/Fft.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <array>
#include <cmath>

using namespace mlir;

namespace heddle::kernels {

namespace {

constexpr int64_t radix = 8;
using Eight = std::array<Complex, radix>;
/// Where output q of an eight-point transform stands: q with its three bits reversed.
constexpr std::array<int64_t, radix> bitReversed = {0, 4, 2, 6, 1, 5, 3, 7};

Complex operator+(Complex x, Complex y) { return !y ? x : !x ? y : Complex{x.re + y.re, x.im + y.im}; }
Complex operator-(Complex x, Complex y) {
  return !y ? x : !x ? Complex{-y.re, -y.im} : Complex{x.re - y.re, x.im - y.im};
}

Complex multiply(Complex x, Complex w) { return {fma(x.re, w.re, -(x.im * w.im)), fma(x.re, w.im, x.im * w.re)}; }
Complex multiplyConjugate(Complex x, Complex w) {
  return {fma(x.re, w.re, x.im * w.im), fma(x.im, w.re, -(x.re * w.im))};
}

/// x * exp(-2 pi i eighths / 8).
Complex rotate(Complex x, int64_t eighths) {
  switch (eighths) {
  case 1:
    return {(x.re + x.im) * M_SQRT1_2, (x.im - x.re) * M_SQRT1_2};
  case 2:
    return {x.im, -x.re};
  case 3:
    return {(x.im - x.re) * M_SQRT1_2, (x.re + x.im) * -M_SQRT1_2};
  default:
    return x;
  }
}

/// x * exp(+2 pi i eighths / 8).
Complex rotateBack(Complex x, int64_t eighths) {
  switch (eighths) {
  case 1:
    return {(x.re - x.im) * M_SQRT1_2, (x.re + x.im) * M_SQRT1_2};
  case 2:
    return {-x.im, x.re};
  case 3:
    return {(x.re + x.im) * -M_SQRT1_2, (x.re - x.im) * M_SQRT1_2};
  default:
    return x;
  }
}

/// Natural order in, bit-reversed order out: pairs at distance 4, then 2, then 1.
void transformEight(Eight &x) {
  for (int64_t distance = 4; distance >= 1; distance /= 2)
    for (int64_t start = 0; start < radix; start += 2 * distance)
      for (int64_t n = 0; n < distance; ++n) {
        Complex low = x[start + n], high = x[start + n + distance];
        x[start + n] = low + high;
        x[start + n + distance] = rotate(low - high, n * (4 / distance));
      }
}

/// Bit-reversed order in, natural order out, unscaled.
void transformEightBack(Eight &x) {
  for (int64_t distance = 1; distance <= 4; distance *= 2)
    for (int64_t start = 0; start < radix; start += 2 * distance)
      for (int64_t n = 0; n < distance; ++n) {
        Complex low = x[start + n], high = rotateBack(x[start + n + distance], n * (4 / distance));
        x[start + n] = low + high;
        x[start + n + distance] = low - high;
      }
}

} // namespace

//===--- points and twiddle factors -------------------------------------------------------===//

Exprs FftPoints::index(Expr point, int64_t part) const {
  Exprs at(outer);
  at.append({place + point * stride, loops.index(part), loops.index(0)});
  return at;
}

Complex FftPoints::load(Expr point) const {
  return {loops.load(buffer, index(point, 0), lanes), loops.load(buffer, index(point, 1), lanes)};
}

void FftPoints::store(Complex number, Expr point) const {
  loops.store(number.re, buffer, index(point, 0));
  loops.store(number.im, buffer, index(point, 1));
}

/// exp(-2 pi i k q / m) for group lengths m = 64, 512, .. and k < m / 8, eight k at a time.
void Fft::fillTwiddles(Expr bound) {
  twiddles = loops.buffer({bound * loops.index(2)});
  loops.kernel("mix_fft_table", {(length - loops.index(radix)) / loops.index(radix * (radix - 1))}, 64 * radix,
               [&](ArrayRef<Expr> at) {
                 Expr group = loops.index(64), first = loops.index(0);
                 for (int64_t level = 2, before = 1, size = 512; level < maxLevels; ++level, size *= radix) {
                   Expr isLarger = loops.index(before) <= at[0];
                   group = select(isLarger, loops.index(size), group);
                   first = select(isLarger, loops.index(before), first);
                   before += size / 64;
                 }
                 Expr numbers = group / loops.index(radix), k = (at[0] - first) * loops.index(radix);
                 Expr lanes = loops.toReal(k) + loops.laneNumbers(radix);
                 for (int64_t power = 1; power < radix; ++power) {
                   Expr angle = lanes * loops.real(power) / loops.toReal(group) * loops.real(-2 * M_PI);
                   Expr place = group / loops.index(4) - loops.index(16) + loops.index(2 * (power - 1)) * numbers + k;
                   loops.store(cos(angle), twiddles, {place});
                   loops.store(sin(angle), twiddles, {place + numbers});
                 }
               });
}

Complex Fft::twiddle(Expr groupLength, Expr k, int64_t power) const {
  Expr numbers = groupLength / loops.index(radix);
  Expr place = groupLength / loops.index(4) - loops.index(16) + loops.index(2 * (power - 1)) * numbers + k;
  return {loops.load(twiddles, {place}), loops.load(twiddles, {place + numbers})};
}

//===--- passes ---------------------------------------------------------------------------===//

/// Eight points at first + k + j groupLength / 8; the last pass, of groups of eight, has no factors.
void Fft::butterfly(Expr groupLength, Expr first, Expr k, Source load, Sink store) const {
  Expr step = groupLength / loops.index(radix);
  auto point = [&](int64_t j) { return first + k + loops.index(j) * step; };
  bool hasFactors = getConstantIntValue(groupLength.value) != radix;
  Eight x;
  for (int64_t j = 0; j < radix; ++j)
    x[j] = load(j, point(j));
  transformEight(x);
  for (int64_t j = 0; j < radix; ++j) {
    int64_t power = bitReversed[j];
    store(j, point(j), power == 0 || !hasFactors ? x[j] : multiply(x[j], twiddle(groupLength, k, power)));
  }
}

void Fft::inverseButterfly(Expr groupLength, Expr first, Expr k, Source load, Sink store) const {
  Expr step = groupLength / loops.index(radix);
  auto point = [&](int64_t j) { return first + k + loops.index(j) * step; };
  bool hasFactors = getConstantIntValue(groupLength.value) != radix;
  Eight x;
  for (int64_t j = 0; j < radix; ++j) {
    int64_t power = bitReversed[j];
    Complex number = load(j, point(j));
    x[j] = power == 0 || !hasFactors ? number : multiplyConjugate(number, twiddle(groupLength, k, power));
  }
  transformEightBack(x);
  for (int64_t j = 0; j < radix; ++j)
    store(j, point(j), x[j]);
}

void Fft::eachGroup(Expr groupLength, function_ref<void(Expr, Expr)> body) const {
  Expr zero = loops.index(0);
  loops.loop(zero, length / groupLength, [&](Expr group) {
    loops.loop(zero, groupLength / loops.index(radix), [&](Expr k) { body(group * groupLength, k); });
  });
}

void Fft::forward(const FftPoints &points, Source source) const {
  auto load = [&](int64_t, Expr point) { return points.load(point); };
  auto store = [&](int64_t, Expr point, Complex number) { points.store(number, point); };
  Expr zero = loops.index(0), step = length / loops.index(radix);
  loops.loop(zero, step, [&](Expr k) { butterfly(length, zero, k, source, store); });
  loops.loop(zero, levels - loops.index(2), {step}, [&](Expr, ArrayRef<Expr> groupLength) {
    eachGroup(groupLength[0], [&](Expr first, Expr k) { butterfly(groupLength[0], first, k, load, store); });
    return Exprs{groupLength[0] / loops.index(radix)};
  });
  eachGroup(loops.index(radix), [&](Expr first, Expr k) { butterfly(loops.index(radix), first, k, load, store); });
}

void Fft::inverse(const FftPoints &points, Sink sink) const {
  auto load = [&](int64_t, Expr point) { return points.load(point); };
  auto store = [&](int64_t, Expr point, Complex number) { points.store(number, point); };
  Expr zero = loops.index(0), two = loops.index(2);
  auto pass = [&](Expr groupLength) {
    eachGroup(groupLength, [&](Expr first, Expr k) { inverseButterfly(groupLength, first, k, load, store); });
  };
  pass(loops.index(radix));
  loops.loop(zero, levels - two, {loops.index(radix * radix)}, [&](Expr, ArrayRef<Expr> groupLength) {
    pass(groupLength[0]);
    return Exprs{groupLength[0] * loops.index(radix)};
  });
  loops.loop(zero, length / loops.index(radix), [&](Expr k) { inverseButterfly(length, zero, k, load, sink); });
}

} // namespace heddle::kernels
