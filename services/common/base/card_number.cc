#include "services/common/base/card_number.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace ordermesh {
namespace {

constexpr size_t kMinDigits = 13;
constexpr size_t kMaxDigits = 19;
// Groups of a number that is written in groups: 4-4-4-4, 4-6-5, 6-13 and so on.
constexpr size_t kMinGroup = 3;
constexpr size_t kMaxGroup = 8;
constexpr size_t kMaxLastGroup = 13;
constexpr int64_t kSmallestCard = 1'000'000'000'000;
// Between a name and its digits: `": "` and what escaping adds.
constexpr size_t kMaxGap = 12;
constexpr std::string_view kGap = "\": =\\\t\n\r";
constexpr std::string_view kSecurityCode = "securitycode";
// Stands for a decoded character outside ASCII.
constexpr char kOther = '\x80';

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsSeparator(char c) { return c == ' ' || c == '-'; }

// The digits of a number without its separators.
struct Digits {
  std::array<char, kMaxDigits> digit;
  size_t size = 0;

  int Number(size_t first) const {
    int number = 0;
    for (size_t i = 0; i < first; ++i) number = number * 10 + (digit[i] - '0');
    return number;
  }
};

bool PassesLuhn(const Digits& digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size; ++i) {
    int value = digits.digit[digits.size - 1 - i] - '0';
    if (i % 2 == 1) value = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return sum % 10 == 0;
}

bool IsEan13(const Digits& digits) {
  if (digits.size != 13) return false;
  int sum = 0;
  for (size_t i = 0; i < digits.size; ++i) sum += (digits.digit[i] - '0') * (i % 2 == 1 ? 3 : 1);
  return sum % 10 == 0;
}

bool In(int number, int first, int last) { return number >= first && number <= last; }

bool HasIssuer(const Digits& digits) {
  const size_t size = digits.size;
  const int two = digits.Number(2), three = digits.Number(3), four = digits.Number(4);
  const bool long_card = size >= 16 && size <= 19;
  if (digits.digit[0] == '4') return size == 13 || size == 16 || size == 19;            // Visa
  if (In(two, 51, 55) || In(four, 2221, 2720)) return size == 16;                       // Mastercard
  if (two == 34 || two == 37) return size == 15;                                        // American Express
  if (four == 6011 || In(three, 644, 649) || two == 65 || two == 62) return long_card;  // Discover, UnionPay
  if (In(four, 3528, 3589)) return size == 16;                                          // JCB
  return (In(three, 300, 305) || two == 36 || two == 38) && size == 14;                 // Diners Club
}

bool IsCard(const Digits& digits) {
  return digits.size >= kMinDigits && HasIssuer(digits) && PassesLuhn(digits) && !IsEan13(digits);
}

class Scanner {
 public:
  Scanner(std::string_view text, bool json) : text_(text), json_(json) {}

  std::optional<CardFinding> Find() const {
    if (const auto number = FindNumber(); number.has_value()) return number;
    return FindCode();
  }

 private:
  // A digit, or a separator between two.
  bool IsInside(size_t at) const {
    if (IsDigit(text_[at])) return true;
    return IsSeparator(text_[at]) && at > 0 && at + 1 < text_.size() && IsDigit(text_[at - 1]) &&
           IsDigit(text_[at + 1]);
  }

  // Every card number covers one of the places looked at, since they lie no further apart than it is long.
  std::optional<CardFinding> FindNumber() const {
    for (size_t at = kMinDigits - 1; at < text_.size();) {
      if (!IsInside(at)) {
        at += kMinDigits;
        continue;
      }
      size_t begin = at, end = at + 1;
      while (begin > 0 && IsInside(begin - 1)) --begin;
      while (end < text_.size() && IsInside(end)) ++end;
      if (end - begin >= kMinDigits) {
        if (const auto found = FindInRun(begin, end); found.has_value()) return found;
      }
      at = end + kMinDigits;
    }
    return std::nullopt;
  }

  // Looks for a card that begins at the run's begin or behind one of its spaces.
  std::optional<CardFinding> FindInRun(size_t begin, size_t end) const {
    for (size_t at = begin; at + kMinDigits <= end; ++at) {
      const bool starts = at == begin ? StandsAloneBefore(begin) : text_[at - 1] == ' ';
      if (starts && BeginsCard(at, end)) return CardFinding{CardFinding::Kind::kCardNumber, at};
    }
    return std::nullopt;
  }

  // Takes group after group from `begin` on.
  bool BeginsCard(size_t begin, size_t end) const {
    Digits digits;
    char separator = 0;
    for (size_t at = begin; at < end;) {
      const size_t group = at;
      for (; at < end && IsDigit(text_[at]); ++at) {
        if (digits.size == kMaxDigits) return false;
        digits.digit[digits.size++] = text_[at];
      }
      const bool last_size_fits = group == begin || at - group <= kMaxLastGroup;
      if (last_size_fits && EndsAlone(at, end) && IsCard(digits)) return true;
      if (at == end || at - group < kMinGroup || at - group > kMaxGroup) return false;
      if (separator != 0 && text_[at] != separator) return false;
      separator = text_[at++];
    }
    return false;
  }

  bool EndsAlone(size_t at, size_t run_end) const { return at == run_end ? StandsAloneBehind(at) : text_[at] == ' '; }

  bool StandsAloneBefore(size_t begin) const {
    if (begin == 0) return true;
    const char before = text_[begin - 1];
    if (IsLetter(before)) return json_ && IsEscaped(begin - 1);
    // A plus begins a telephone number.
    return before != '.' && before != '_' && before != '+';
  }

  bool StandsAloneBehind(size_t end) const {
    if (end == text_.size()) return true;
    // A point may also end a sentence.
    if (text_[end] == '.') return end + 1 == text_.size() || !(IsDigit(text_[end + 1]) || IsLetter(text_[end + 1]));
    return !IsLetter(text_[end]) && text_[end] != '_';
  }

  // Whether the letter is that of an escape such as \n.
  bool IsEscaped(size_t at) const {
    size_t backslashes = 0;
    while (backslashes < at && text_[at - 1 - backslashes] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  }

  // All names have "cv" or "yc" in them.
  static bool IsPair(char a, char b) {
    const char first = static_cast<char>(a | 0x20), second = static_cast<char>(b | 0x20);
    return (first == 'c' && second == 'v') || (first == 'y' && second == 'c');
  }

  // Without a branch and of a fixed length, so that the compiler makes vector instructions of it.
  static bool AnyPairIn(const char* text) {
    uint8_t any = 0;
    for (size_t i = 0; i < kBlock; ++i) {
      const auto first = static_cast<uint8_t>(text[i] | 0x20), second = static_cast<uint8_t>(text[i + 1] | 0x20);
      any |= static_cast<uint8_t>(static_cast<uint8_t>(first == 'c') & static_cast<uint8_t>(second == 'v'));
      any |= static_cast<uint8_t>(static_cast<uint8_t>(first == 'y') & static_cast<uint8_t>(second == 'c'));
    }
    return any != 0;
  }

  std::optional<CardFinding> FindCode() const {
    if (text_.size() < kShortestCardData) return std::nullopt;
    for (size_t at = 0; at + 1 < text_.size();) {
      // The last block begins earlier, so that it is a whole one too.
      const size_t block = text_.size() > kBlock ? std::min(at, text_.size() - kBlock - 1) : at;
      if (text_.size() > kBlock && !AnyPairIn(text_.data() + block)) {
        at = block + kBlock;
        continue;
      }
      for (const size_t end = at + kBlock; at < end && at + 1 < text_.size(); ++at) {
        if (!IsPair(text_[at], text_[at + 1])) continue;
        if (const auto code = CodeAt(at); code.has_value()) return CardFinding{CardFinding::Kind::kSecurityCode, *code};
      }
    }
    return std::nullopt;
  }

  // Where the digits begin that a name with its pair at `pair` names.
  std::optional<size_t> CodeAt(size_t pair) const {
    size_t begin = pair, end = pair;
    if ((text_[pair] | 0x20) == 'c') {
      if (pair + 2 >= text_.size() || !((text_[pair + 2] | 0x20) == 'v' || (text_[pair + 2] | 0x20) == 'c')) {
        return std::nullopt;
      }
      end = pair + 3;
      if (end < text_.size() && text_[end] == '2') ++end;
    } else {
      constexpr size_t kPairAt = kSecurityCode.find("yc");
      if (pair < kPairAt || !IsSecurityCode(pair - kPairAt)) return std::nullopt;
      begin = pair - kPairAt;
      end = begin + kSecurityCode.size();
    }
    return BeginsName(begin) ? DigitsBehind(end) : std::nullopt;
  }

  bool IsSecurityCode(size_t begin) const {
    if (text_.size() - begin < kSecurityCode.size()) return false;
    for (size_t i = 0; i < kSecurityCode.size(); ++i) {
      if ((text_[begin + i] | 0x20) != kSecurityCode[i]) return false;
    }
    return true;
  }

  // Alone, or the next word of a name: cardCvv, card_cvv.
  bool BeginsName(size_t begin) const {
    if (begin == 0) return true;
    const char before = text_[begin - 1];
    if (IsLetter(before)) return (json_ && IsEscaped(begin - 1)) || (!IsUpper(before) && IsUpper(text_[begin]));
    return !IsDigit(before);
  }

  std::optional<size_t> DigitsBehind(size_t name_end) const {
    size_t at = name_end;
    while (at < text_.size() && at - name_end < kMaxGap && kGap.find(text_[at]) != std::string_view::npos) ++at;
    if (at == name_end) return std::nullopt;
    const size_t begin = at;
    while (at < text_.size() && IsDigit(text_[at])) ++at;
    const size_t digits = at - begin;
    return (digits == 3 || digits == 4) && StandsAloneBehind(at) ? std::optional(begin) : std::nullopt;
  }

  static constexpr size_t kBlock = 64;

  const std::string_view text_;
  const bool json_;
};

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The character of \uXXXX at `at`; -1 where none stands there.
int DecodedAt(std::string_view json, size_t at) {
  if (json.size() - at < 6 || json[at + 1] != 'u') return -1;
  int code = 0;
  for (size_t i = 2; i < 6; ++i) {
    const int value = HexValue(json[at + i]);
    if (value < 0) return -1;
    code = code * 16 + value;
  }
  return code;
}

// Calls emit(character, bytes) for every \uXXXX, and for every other byte as it is; stops when emit returns false.
template <typename Emit>
void Decode(std::string_view json, Emit emit) {
  for (size_t at = 0; at < json.size();) {
    const int code = json[at] == '\\' ? DecodedAt(json, at) : -1;
    if (code >= 0) {
      if (!emit(code < 0x80 ? static_cast<char>(code) : kOther, size_t{6})) return;
      at += 6;
      continue;
    }
    // The second byte of another escape begins none: \\u0034 is a backslash and a text.
    const size_t bytes = json[at] == '\\' && at + 1 < json.size() ? 2 : 1;
    for (size_t i = 0; i < bytes; ++i) {
      if (!emit(json[at + i], size_t{1})) return;
    }
    at += bytes;
  }
}

bool HasUnicodeEscape(std::string_view json) {
  const char* at = json.data();
  const char* const end = at + json.size();
  while ((at = static_cast<const char*>(std::memchr(at, '\\', static_cast<size_t>(end - at)))) != nullptr) {
    if (++at == end) return false;
    if (*at == 'u') return true;
  }
  return false;
}

}  // namespace

std::optional<CardFinding> FindCardData(std::string_view text) { return Scanner(text, /*json=*/false).Find(); }

std::optional<CardFinding> FindCardDataInJson(std::string_view json) {
  if (json.empty()) return std::nullopt;
  if (!HasUnicodeEscape(json)) return Scanner(json, /*json=*/true).Find();
  std::string text;
  text.reserve(json.size());
  Decode(json, [&text](char c, size_t) {
    text += c;
    return true;
  });
  auto found = Scanner(text, /*json=*/true).Find();
  if (!found.has_value()) return found;
  size_t characters = 0, bytes = 0;
  Decode(json, [&](char, size_t size) {
    if (characters++ == found->offset) return false;
    bytes += size;
    return true;
  });
  found->offset = bytes;
  return found;
}

bool IsCardNumber(int64_t number) {
  if (number < kSmallestCard) return false;
  Digits digits;
  const std::string text = std::to_string(number);
  for (const char c : text) digits.digit[digits.size++] = c;
  return IsCard(digits);
}

}  // namespace ordermesh
