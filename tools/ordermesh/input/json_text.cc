#include "tools/ordermesh/input/json_text.h"

namespace ordermesh::cli {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void AppendEscaped(char c, std::string& to) {
  to.push_back('\\');
  switch (c) {
    case '"':
    case '\\':
      to.push_back(c);
      break;
    case '\b':
      to.push_back('b');
      break;
    case '\f':
      to.push_back('f');
      break;
    case '\n':
      to.push_back('n');
      break;
    case '\r':
      to.push_back('r');
      break;
    case '\t':
      to.push_back('t');
      break;
    default:
      to.append("u00");
      to.push_back(kHex[(c >> 4) & 0xF]);
      to.push_back(kHex[c & 0xF]);
  }
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& to) {
  to.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      AppendEscaped(c, to);
    } else {
      to.push_back(c);
    }
  }
  to.push_back('"');
}

void AppendJsonMember(std::string_view name, std::string_view value, std::string& to) {
  AppendJsonText(name, to);
  to.push_back(':');
  AppendJsonText(value, to);
}

}  // namespace ordermesh::cli
