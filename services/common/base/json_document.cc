#include "services/common/base/json_document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/limits.h"

namespace ordermesh {
namespace {

namespace ondemand = simdjson::ondemand;

// A buffer that once held a large payload is let go again, so that one giant does not cost every thread its size for
// ever.
constexpr size_t kKeptBytes = 256 << 10;
// Up to here member names are compared pairwise; beyond, sorted.
constexpr size_t kPairwiseNames = 12;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// The number grammar of RFC 8259.
bool IsNumber(std::string_view text) {
  size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  if (at == text.size() || !IsDigit(text[at])) return false;
  at = text[at] == '0' ? at + 1 : SkipDigits(text, at);
  if (at < text.size() && text[at] == '.') {
    const size_t start = ++at;
    at = SkipDigits(text, at);
    if (at == start) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t start = at;
    at = SkipDigits(text, at);
    if (at == start) return false;
  }
  return at == text.size();
}

std::optional<unsigned> HexValue(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(IsDigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10);
  }
  return value;
}

// Every \u of a surrogate belongs to a pair, high half first. The library lets a lone low half through.
bool SurrogatesPair(std::string_view raw) {
  bool wants_low = false;
  for (size_t at = 0; at < raw.size(); ++at) {
    const bool is_unicode = raw[at] == '\\' && raw.substr(at + 1, 1) == "u";
    const unsigned unit = is_unicode ? HexValue(raw.substr(at + 2, 4)).value_or(0) : 0;
    const bool is_low = unit >= 0xdc00 && unit <= 0xdfff;
    if (is_low != wants_low) return false;
    wants_low = unit >= 0xd800 && unit <= 0xdbff;
    if (raw[at] == '\\') at += is_unicode ? 5 : 1;
  }
  return !wants_low;
}

// Where the first byte is that is not UTF-8: validity of a prefix that ends before a character's first byte is
// monotonic.
size_t FirstBadUtf8(std::string_view text) {
  size_t good = 0, bad = text.size();
  while (good + 1 < bad) {
    const size_t middle = good + (bad - good) / 2;
    size_t cut = middle;
    while (cut > good && cut < text.size() && IsContinuation(text[cut])) --cut;
    if (cut == good) {
      cut = middle;
      while (cut < bad && IsContinuation(text[cut])) ++cut;
      if (cut == bad) break;
    }
    if (simdjson::validate_utf8(text.data(), cut)) {
      good = cut;
    } else {
      bad = cut;
    }
  }
  return good;
}

std::string_view TrimEnd(std::string_view token) {
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

// The inside of a string whose opening quote is just before `raw`.
std::string_view InsideQuotes(const char* raw, const char* end) {
  const char* at = raw;
  while (at < end && *at != '"') at += *at == '\\' ? 2 : 1;
  return {raw, static_cast<size_t>(std::min(at, end) - raw)};
}

bool HasEscape(std::string_view raw) { return std::memchr(raw.data(), '\\', raw.size()) != nullptr; }

}  // namespace

// Walks the payload with simdjson's on-demand API, which checks structure and UTF-8; the scalars are checked here.
class JsonDocument::Reader {
 public:
  // Empty when all is well, else what is wrong.
  std::string Read(std::string_view payload, std::vector<JsonNode>& nodes) {
    nodes_ = &nodes;
    fault_ = {};
    Load(payload);
    ondemand::document document;
    auto error = parser_->iterate(buffer_.data(), payload.size(), buffer_.size()).get(document);
    if (error != simdjson::SUCCESS) return StartFault(error, payload);
    document_ = &document;
    ondemand::object object;
    nodes.emplace_back().type = JsonType::kObject;
    error = document.get_object().get(object);
    if (error == simdjson::INCORRECT_TYPE) return Sentence("the payload is not a JSON object", Offset());
    if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT) {
      return Sentence("the payload does not end with the closing brace of its object", payload.size());
    }
    if (error != simdjson::SUCCESS) return Sentence(simdjson::error_message(error), Offset());
    if (!ReadObject(object, 0, 1)) return Sentence(fault_, fault_at_);
    // At the end of the payload there is no current location.
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
      return Sentence("other bytes follow the JSON object", Offset());
    }
    return "";
  }

 private:
  void Load(std::string_view payload) {
    if (parser_ == nullptr || (buffer_.capacity() > kKeptBytes && payload.size() < kKeptBytes / 2)) {
      parser_ = std::make_unique<ondemand::parser>();
      buffer_ = std::string();
    }
    buffer_.assign(payload.data(), payload.size());
    buffer_.append(simdjson::SIMDJSON_PADDING, ' ');
    end_ = buffer_.data() + payload.size();
  }

  size_t Offset() {
    const char* at = nullptr;
    if (document_->current_location().get(at) != simdjson::SUCCESS || at < buffer_.data() || at > end_) at = end_;
    return static_cast<size_t>(at - buffer_.data());
  }

  static std::string Sentence(std::string_view what, size_t offset) {
    return absl::StrCat(absl::string_view(what.data(), what.size()), " (at byte ", offset, ")");
  }

  static std::string StartFault(simdjson::error_code error, std::string_view payload) {
    if (error == simdjson::EMPTY) return "the payload is empty";
    if (error == simdjson::UTF8_ERROR) return Sentence("the payload is not UTF-8", FirstBadUtf8(payload));
    if (error == simdjson::UNCLOSED_STRING) return Sentence("a string has no closing quote", payload.size());
    return simdjson::error_message(error);
  }

  bool Fail(std::string_view what) {
    if (fault_.empty()) fault_ = what, fault_at_ = Offset();
    return false;
  }
  bool Fail(simdjson::error_code error) { return Fail(simdjson::error_message(error)); }

  uint32_t AddChild(uint32_t parent, uint32_t last, std::string_view name) {
    const auto index = static_cast<uint32_t>(nodes_->size());
    nodes_->emplace_back().name = name;
    (last == 0 ? (*nodes_)[parent].first_child : (*nodes_)[last].next_sibling) = index;
    ++(*nodes_)[parent].children;
    return index;
  }

  bool ReadObject(ondemand::object& object, uint32_t parent, int depth) {
    if (depth > kMaxJsonDepth) return Fail("the payload is nested too deeply");
    uint32_t last = 0;
    for (auto entry : object) {
      ondemand::field field;
      std::string_view name;
      if (const auto error = std::move(entry).get(field); error != simdjson::SUCCESS) return Fail(error);
      if (!ReadName(field, name)) return false;
      last = AddChild(parent, last, name);
      if (!ReadValue(field.value(), last, depth)) return false;
    }
    return NamesDiffer(parent);
  }

  bool ReadArray(ondemand::array& array, uint32_t parent, int depth) {
    if (depth > kMaxJsonDepth) return Fail("the payload is nested too deeply");
    uint32_t last = 0;
    for (auto element : array) {
      ondemand::value value;
      if (const auto error = element.get(value); error != simdjson::SUCCESS) return Fail(error);
      last = AddChild(parent, last, {});
      if (!ReadValue(value, last, depth)) return false;
    }
    return true;
  }

  bool ReadName(ondemand::field& field, std::string_view& name) {
    const std::string_view raw = InsideQuotes(field.key().raw(), end_);
    name = raw;
    if (!HasEscape(raw)) return true;
    if (!SurrogatesPair(raw)) return Fail("a member name holds half of a surrogate pair");
    const auto error = field.unescaped_key().get(name);
    return error == simdjson::SUCCESS || Fail("a member name holds an escape that JSON does not know");
  }

  bool ReadValue(ondemand::value value, uint32_t index, int depth) {
    ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return Fail("a value is expected here");
    if (type == ondemand::json_type::object) {
      (*nodes_)[index].type = JsonType::kObject;
      ondemand::object object;
      const auto error = value.get_object().get(object);
      return error == simdjson::SUCCESS ? ReadObject(object, index, depth + 1) : Fail(error);
    }
    if (type == ondemand::json_type::array) {
      (*nodes_)[index].type = JsonType::kArray;
      ondemand::array array;
      const auto error = value.get_array().get(array);
      return error == simdjson::SUCCESS ? ReadArray(array, index, depth + 1) : Fail(error);
    }
    const std::string_view token = TrimEnd(value.raw_json_token());
    JsonNode& node = (*nodes_)[index];
    node.text = token;
    switch (type) {
      case ondemand::json_type::string:
        node.type = JsonType::kString;
        return ReadString(value, token, node);
      case ondemand::json_type::number:
        node.type = JsonType::kNumber;
        return IsNumber(token) || Fail("a number is not written as JSON writes numbers");
      case ondemand::json_type::boolean:
        node.type = JsonType::kBool;
        return token == "true" || token == "false" || Fail("a value is expected here");
      default:
        node.type = JsonType::kNull;
        return token == "null" || Fail("a value is expected here");
    }
  }

  bool ReadString(ondemand::value& value, std::string_view token, JsonNode& node) {
    const std::string_view raw = InsideQuotes(token.data() + 1, token.data() + token.size());
    if (raw.size() + 2 != token.size()) return Fail("other bytes follow a string");
    node.text = raw;
    if (!HasEscape(raw)) {
      // Left unread, a string with a colon behind it would be skipped as if it were a member name.
      return value.get_raw_json_string().error() == simdjson::SUCCESS || Fail("a value is expected here");
    }
    if (!SurrogatesPair(raw)) return Fail("a string holds half of a surrogate pair");
    const auto error = value.get_string().get(node.text);
    return error == simdjson::SUCCESS || Fail("a string holds an escape that JSON does not know");
  }

  bool NamesDiffer(uint32_t object) {
    names_.clear();
    for (uint32_t at = (*nodes_)[object].first_child; at != 0; at = (*nodes_)[at].next_sibling) {
      const std::string_view name = (*nodes_)[at].name;
      if (names_.size() < kPairwiseNames && std::find(names_.begin(), names_.end(), name) != names_.end()) {
        return Fail("a member name occurs twice in one object");
      }
      names_.push_back(name);
    }
    if (names_.size() <= kPairwiseNames) return true;
    std::sort(names_.begin(), names_.end());
    if (std::adjacent_find(names_.begin(), names_.end()) == names_.end()) return true;
    return Fail("a member name occurs twice in one object");
  }

  std::unique_ptr<ondemand::parser> parser_;
  std::string buffer_;
  const char* end_ = nullptr;
  ondemand::document* document_ = nullptr;
  std::vector<JsonNode>* nodes_ = nullptr;
  std::vector<std::string_view> names_;
  std::string_view fault_;
  size_t fault_at_ = 0;
};

JsonDocument::JsonDocument() : reader_(std::make_unique<Reader>()) {}
JsonDocument::~JsonDocument() = default;

bool JsonDocument::Parse(std::string_view payload) {
  if (nodes_.capacity() * sizeof(JsonNode) > kKeptBytes && payload.size() < kKeptBytes / 8) nodes_ = {};
  nodes_.clear();
  if (payload.size() > kMaxOrderBytes) {
    error_ = absl::StrCat("the payload has ", payload.size(), " bytes; an order has at most ", kMaxOrderBytes);
    return false;
  }
  error_ = reader_->Read(payload, nodes_);
  return error_.empty();
}

const JsonNode* JsonDocument::Member(const JsonNode& node, std::string_view name) const {
  if (node.type != JsonType::kObject) return nullptr;
  const JsonNode* child = FirstChild(node);
  while (child != nullptr && child->name != name) child = Next(*child);
  return child;
}

const JsonNode* JsonDocument::Element(const JsonNode& node, uint32_t index) const {
  if (node.type != JsonType::kArray || index >= node.children) return nullptr;
  const JsonNode* child = FirstChild(node);
  for (; index > 0; --index) child = Next(*child);
  return child;
}

}  // namespace ordermesh
