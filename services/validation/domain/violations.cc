#include "services/validation/domain/violations.h"

#include "services/common/base/limits.h"

namespace ordermesh::validation {
namespace {

// Names and messages can hold a payload's own member names, which nothing else bounds.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kMaxViolationValueBytes) return text;
  size_t end = kMaxViolationValueBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

void Violations::Add(Violation::Code code, std::string_view field, int line, std::string_view message,
                     std::string_view value) {
  field = Cut(field);
  message = Cut(message);
  value = Cut(value);
  if (list_->size() >= kMaxViolations && !MakeRoom(code, field)) return;
  Violation* violation = list_->Add();
  violation->set_field(field.data(), field.size());
  violation->set_line(line);
  violation->set_code(code);
  violation->set_message(message.data(), message.size());
  violation->set_value(value.data(), value.size());
}

bool Violations::HasPair(Violation::Code code, std::string_view field, int up_to) const {
  for (int i = 0; i < up_to; ++i) {
    if ((*list_)[i].code() == code && (*list_)[i].field() == field) return true;
  }
  return false;
}

bool Violations::MakeRoom(Violation::Code code, std::string_view field) {
  if (HasPair(code, field, list_->size())) return false;
  for (int i = list_->size() - 1; i > 0; --i) {
    if (!HasPair((*list_)[i].code(), (*list_)[i].field(), i)) continue;
    list_->DeleteSubrange(i, 1);
    return true;
  }
  return false;
}

}  // namespace ordermesh::validation
