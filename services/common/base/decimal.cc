#include "services/common/base/decimal.h"

#include <algorithm>
#include <array>
#include <limits>

#include "services/common/base/errors.h"

namespace ordermesh {
namespace {

// The one value whose negative does not fit: no result may be it.
constexpr __int128 kLowest = static_cast<__int128>(static_cast<unsigned __int128>(1) << 127);
constexpr int kMoneyDecimals = 9;
constexpr int64_t kNanos = 1'000'000'000;

constexpr std::array<__int128, Decimal::kMaxScale + 1> MakePowers() {
  std::array<__int128, Decimal::kMaxScale + 1> powers{};
  powers[0] = 1;
  for (int i = 1; i <= Decimal::kMaxScale; ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr auto kPowers = MakePowers();

// Dividing 64 bits by a constant is a multiplication; dividing 128 is a call that costs ten times as much. Nearly all
// numbers of orders are small.
bool IsSmall(__int128 value) { return value == static_cast<int64_t>(value); }

// Takes trailing zeros off, as long as there are decimals.
template <typename Integer>
void TakeZerosOff(Integer& coefficient, int& scale) {
  for (; scale > 0 && coefficient % 10 == 0; --scale) coefficient /= 10;
}

// Writes the digits from `at` downwards, with the point before the last `scale` of them. Gives where they begin.
template <typename Unsigned>
char* WriteDigits(Unsigned rest, int scale, char* at) {
  for (int written = 0; rest != 0 || written <= scale; ++written) {
    if (written == scale && scale > 0) *--at = '.';
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  return at;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::Status NotANumber() {
  return Refusal(absl::StatusCode::kInvalidArgument, "NOT_A_NUMBER", "not a decimal number");
}
absl::Status TooLarge() {
  return Refusal(absl::StatusCode::kOutOfRange, "NUMBER_OUT_OF_RANGE", "the number does not fit an exact decimal");
}

// The digits of one number, its decimal point taken out.
struct Digits {
  __int128 value = 0;
  int decimals = 0;
  bool fits = true;

  void Take(char digit) {
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit - '0', &value)) fits = false;
  }
};

// Reads an exponent after 'e'. Exponents past +-999,999 saturate: they never fit anyway.
bool ReadExponent(std::string_view text, size_t& at, int& exponent) {
  bool negative = false;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
  if (at == text.size() || !IsDigit(text[at])) return false;
  for (; at < text.size() && IsDigit(text[at]); ++at) exponent = std::min(exponent * 10 + (text[at] - '0'), 999'999);
  if (negative) exponent = -exponent;
  return true;
}

void SetMoney(std::string_view currency, int64_t units, int32_t nanos, google::type::Money* money) {
  money->set_currency_code(currency.data(), currency.size());
  money->set_units(units);
  money->set_nanos(nanos);
}

// Brings two coefficients to one scale; false where that does not fit.
bool Align(__int128& a, int a_scale, __int128& b, int b_scale) {
  __int128& low = a_scale < b_scale ? a : b;
  return !__builtin_mul_overflow(low, kPowers[std::abs(a_scale - b_scale)], &low);
}

bool RoundsAway(__int128 quotient, __int128 remainder, __int128 divisor, Rounding rounding) {
  const __int128 rest = remainder < 0 ? -remainder : remainder;
  switch (rounding) {
    case Rounding::kNone:
    case Rounding::kDown:
      return false;
    case Rounding::kUp:
      return rest != 0;
    case Rounding::kHalfUp:
      return rest >= divisor - rest;
    case Rounding::kHalfEven:
      return rest > divisor - rest || (rest == divisor - rest && quotient % 2 != 0);
  }
  return false;
}

}  // namespace

absl::StatusOr<Decimal> Decimal::Parse(std::string_view text) {
  size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) ++at;
  if (at == text.size() || !IsDigit(text[at])) return NotANumber();
  if (text[at] == '0' && at + 1 < text.size() && IsDigit(text[at + 1])) return NotANumber();
  Digits digits;
  for (; at < text.size() && IsDigit(text[at]); ++at) digits.Take(text[at]);
  if (at < text.size() && text[at] == '.') {
    const size_t start = ++at;
    // Trailing zeros say nothing; leaving them out lets "1.000...0" of any length fit.
    size_t end = start;
    while (end < text.size() && IsDigit(text[end])) ++end;
    if (end == start) return NotANumber();
    size_t last = end;
    while (last > start && text[last - 1] == '0') --last;
    for (; at < last; ++at) digits.Take(text[at]);
    digits.decimals = static_cast<int>(std::min<size_t>(last - start, 1'000'000));
    at = end;
  }
  int exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (!ReadExponent(text, ++at, exponent)) return NotANumber();
  }
  if (at != text.size()) return NotANumber();
  if (digits.value == 0 && digits.fits) return Decimal();
  if (!digits.fits) return TooLarge();
  int scale = digits.decimals - exponent;
  __int128 value = negative ? -digits.value : digits.value;
  for (; scale > kMaxScale && value % 10 == 0; --scale) value /= 10;
  if (scale > kMaxScale || scale < -kMaxScale) return TooLarge();
  if (scale < 0) {
    if (__builtin_mul_overflow(value, kPowers[-scale], &value)) return TooLarge();
    scale = 0;
  }
  return Decimal(value, scale);
}

absl::StatusOr<Decimal> Decimal::FromMoney(int64_t units, int32_t nanos) {
  if (nanos <= -kNanos || nanos >= kNanos || (units > 0 && nanos < 0) || (units < 0 && nanos > 0)) {
    return Refusal(absl::StatusCode::kInvalidArgument, "BAD_MONEY",
                   "nanos must lie within +-999,999,999 and have the sign of units");
  }
  if (nanos == 0) return Decimal(units);
  return Decimal(static_cast<__int128>(units) * kNanos + nanos, kMoneyDecimals);
}

absl::Status Decimal::ToMoney(std::string_view currency, google::type::Money* money) const {
  const auto exact = scale_ <= kMoneyDecimals ? *this : Round(kMoneyDecimals, Rounding::kNone);
  if (!exact.has_value()) {
    return Refusal(absl::StatusCode::kOutOfRange, "TOO_MANY_DECIMALS", "money has at most nine decimals");
  }
  __int128 nanos = 0;
  if (__builtin_mul_overflow(exact->coefficient_, kPowers[kMoneyDecimals - exact->scale_], &nanos)) return TooLarge();
  if (IsSmall(nanos)) {
    const auto small = static_cast<int64_t>(nanos);
    SetMoney(currency, small / kNanos, static_cast<int32_t>(small % kNanos), money);
    return absl::OkStatus();
  }
  const __int128 units = nanos / kNanos;
  if (units > std::numeric_limits<int64_t>::max() || units < std::numeric_limits<int64_t>::min()) return TooLarge();
  SetMoney(currency, static_cast<int64_t>(units), static_cast<int32_t>(nanos % kNanos), money);
  return absl::OkStatus();
}

std::string Decimal::ToString() const {
  const Decimal n = Normalized();
  std::array<char, 48> buffer;
  char* const end = buffer.data() + buffer.size();
  const unsigned __int128 size = n.coefficient_ < 0 ? -static_cast<unsigned __int128>(n.coefficient_) : n.coefficient_;
  char* at = IsSmall(n.coefficient_) ? WriteDigits(static_cast<uint64_t>(size), n.scale_, end)
                                     : WriteDigits(size, n.scale_, end);
  if (n.coefficient_ < 0) *--at = '-';
  return std::string(at, end);
}

std::optional<Decimal> Decimal::Add(const Decimal& other) const {
  __int128 a = coefficient_, b = other.coefficient_, sum = 0;
  if (!Align(a, scale_, b, other.scale_) || __builtin_add_overflow(a, b, &sum) || sum == kLowest) return std::nullopt;
  return Decimal(sum, std::max(scale_, other.scale_));
}

std::optional<Decimal> Decimal::Subtract(const Decimal& other) const { return Add(other.Negated()); }

std::optional<Decimal> Decimal::Multiply(const Decimal& other) const {
  Decimal a = *this, b = other;
  if (a.scale_ + b.scale_ > kMaxScale) a = a.Normalized(), b = b.Normalized();
  __int128 product = 0;
  if (a.scale_ + b.scale_ > kMaxScale) return std::nullopt;
  if (__builtin_mul_overflow(a.coefficient_, b.coefficient_, &product) || product == kLowest) return std::nullopt;
  return Decimal(product, a.scale_ + b.scale_);
}

std::optional<Decimal> Decimal::ScaleBy(int power_of_ten) const {
  const int scale = scale_ - power_of_ten;
  if (scale > kMaxScale || scale < -kMaxScale) return std::nullopt;
  if (scale >= 0) return Decimal(coefficient_, scale);
  __int128 value = 0;
  if (__builtin_mul_overflow(coefficient_, kPowers[-scale], &value)) return std::nullopt;
  return Decimal(value, 0);
}

std::optional<Decimal> Decimal::Round(int decimals, Rounding rounding) const {
  const Decimal n = Normalized();
  if (n.scale_ <= decimals) return n;
  if (rounding == Rounding::kNone) return std::nullopt;
  const __int128 divisor = kPowers[n.scale_ - decimals];
  __int128 quotient = n.coefficient_ / divisor;
  if (RoundsAway(quotient, n.coefficient_ % divisor, divisor, rounding)) quotient += n.coefficient_ < 0 ? -1 : 1;
  return Decimal(quotient, decimals);
}

int Decimal::DecimalsNeeded() const { return Normalized().scale_; }

Decimal Decimal::Normalized() const {
  if (coefficient_ == 0) return Decimal();
  if (!IsSmall(coefficient_)) {
    Decimal n = *this;
    TakeZerosOff(n.coefficient_, n.scale_);
    return n;
  }
  auto small = static_cast<int64_t>(coefficient_);
  int scale = scale_;
  TakeZerosOff(small, scale);
  return Decimal(small, scale);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  __int128 x = a.coefficient_, y = b.coefficient_;
  if (Align(x, a.scale_, y, b.scale_)) return x <=> y;
  // One of them is too large to be written with the other's decimals: it is the larger in size.
  const bool a_scaled = a.scale_ < b.scale_;
  const int sign = a_scaled ? a.Sign() : -b.Sign();
  return sign <=> 0;
}

}  // namespace ordermesh
