// A partner's payload as a flat, read-only tree. Strict: what is not exactly one JSON object in UTF-8 is refused whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ordermesh {

enum class JsonType : uint8_t { kObject, kArray, kString, kNumber, kBool, kNull };

// One value. Numbers are kept as they are written and never become a double.
struct JsonNode {
  // The member's name, unescaped; empty for elements of an array and for the root.
  std::string_view name;
  // A string's unescaped text; the text of a number, true, false or null; empty for containers.
  std::string_view text;
  // Indices into the document; 0 means none (0 is the root, which is nobody's child).
  uint32_t first_child = 0;
  uint32_t next_sibling = 0;
  uint32_t children = 0;
  JsonType type = JsonType::kNull;
};

// Reads one payload after the other into the same buffers. Not for concurrent use: one per thread. Nodes and their
// texts stay valid until the next Parse.
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  // False where the payload is unreadable: larger than kMaxOrderBytes, not one JSON object, deeper than kMaxJsonDepth,
  // followed by other bytes, not UTF-8, or with a member name twice in one object. Every scalar is checked, also those
  // that no mapping reads.
  bool Parse(std::string_view payload);

  // Why the last Parse failed and at which byte, as one sentence.
  const std::string& error() const { return error_; }

  const JsonNode& root() const { return nodes_.front(); }
  // The first child of a container, and the sibling after `node`; nullptr where there is none.
  const JsonNode* FirstChild(const JsonNode& node) const { return At(node.first_child); }
  const JsonNode* Next(const JsonNode& node) const { return At(node.next_sibling); }
  // The member of an object; nullptr where there is none or `node` is no object.
  const JsonNode* Member(const JsonNode& node, std::string_view name) const;
  // The element of an array, from 0; nullptr where there is none or `node` is no array.
  const JsonNode* Element(const JsonNode& node, uint32_t index) const;

 private:
  class Reader;

  const JsonNode* At(uint32_t index) const { return index == 0 ? nullptr : &nodes_[index]; }

  std::unique_ptr<Reader> reader_;
  std::vector<JsonNode> nodes_;
  std::string error_;
};

}  // namespace ordermesh
