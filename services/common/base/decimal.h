// Exact decimal numbers: what money, quantities and rates are computed with. Never a double.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/type/money.pb.h"

namespace ordermesh {

// How a number is cut to fewer decimals. kNone refuses instead.
enum class Rounding { kNone, kHalfUp, kHalfEven, kDown, kUp };

// An exact decimal: coefficient x 10^-scale, |coefficient| < 2^127, 0 <= scale <= 38. Values compare by number: 29.9
// == 29.90. Arithmetic that does not fit returns nothing; it never wraps and never rounds by itself.
class Decimal {
 public:
  static constexpr int kMaxScale = 38;

  constexpr Decimal() = default;
  constexpr explicit Decimal(int64_t whole) : coefficient_(whole) {}
  static constexpr Decimal Of(__int128 coefficient, int scale) { return Decimal(coefficient, scale); }

  // Reads a number in JSON's grammar ("-12.50", "1e3"); leading zeros and a sign + are refused. INVALID_ARGUMENT where
  // it is no number, OUT_OF_RANGE where it is one that does not fit.
  static absl::StatusOr<Decimal> Parse(std::string_view text);

  // Money is units + nanos of the same sign, nanos within +-999,999,999. INVALID_ARGUMENT otherwise.
  static absl::StatusOr<Decimal> FromMoney(int64_t units, int32_t nanos);
  static absl::StatusOr<Decimal> FromMoney(const google::type::Money& money) {
    return FromMoney(money.units(), money.nanos());
  }

  // OUT_OF_RANGE where it has more than nine decimals or more units than Money holds.
  absl::Status ToMoney(std::string_view currency, google::type::Money* money) const;

  // Shortest exact text: no exponent, no trailing zeros ("29.9", "0", "-0.5").
  std::string ToString() const;

  std::optional<Decimal> Add(const Decimal& other) const;
  std::optional<Decimal> Subtract(const Decimal& other) const;
  std::optional<Decimal> Multiply(const Decimal& other) const;
  // Moves the decimal point: ScaleBy(-2) turns 8 into 0.08.
  std::optional<Decimal> ScaleBy(int power_of_ten) const;
  // Keeps at most `decimals` decimals; with kNone nothing where digits would be lost.
  std::optional<Decimal> Round(int decimals, Rounding rounding) const;

  Decimal Negated() const { return Decimal(-coefficient_, scale_); }
  Decimal Abs() const { return coefficient_ < 0 ? Negated() : *this; }
  // Decimals that the number really needs: 29.90 has one.
  int DecimalsNeeded() const;
  bool IsInteger() const { return DecimalsNeeded() == 0; }
  int Sign() const { return coefficient_ > 0 ? 1 : (coefficient_ < 0 ? -1 : 0); }

  // The same number always gives the same pair: no trailing zeros. For hashes and storage.
  Decimal Normalized() const;
  __int128 coefficient() const { return coefficient_; }
  int scale() const { return scale_; }

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

 private:
  constexpr Decimal(__int128 coefficient, int scale) : coefficient_(coefficient), scale_(scale) {}

  __int128 coefficient_ = 0;
  int scale_ = 0;
};

}  // namespace ordermesh
