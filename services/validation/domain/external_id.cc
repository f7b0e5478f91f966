#include "services/validation/domain/external_id.h"

#include <algorithm>

namespace ordermesh::validation {
namespace {

const FieldPlan* Find(const std::vector<FieldPlan>& fields) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [](const FieldPlan& field) { return field.target == Target::kExternalOrderId; });
  return found == fields.end() ? nullptr : &*found;
}

bool SamePart(const ValueSource::Part& a, const ValueSource::Part& b) { return a.path == b.path && a.text == b.text; }

bool SameSource(const ValueSource& a, const ValueSource& b) {
  return a.kind == b.kind && a.path == b.path && a.constant == b.constant &&
         std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(), SamePart);
}

bool SameLookup(const FieldPlan& a, const FieldPlan& b) {
  if ((a.lookup == nullptr) != (b.lookup == nullptr) || a.otherwise != b.otherwise) return false;
  return a.lookup == nullptr || a.lookup->entries == b.lookup->entries;
}

bool SameReplace(const FieldPlan& a, const FieldPlan& b) {
  if ((a.replace == nullptr) != (b.replace == nullptr)) return false;
  return a.replace == nullptr || a.replace->entries == b.replace->entries;
}

bool SameText(const FieldPlan& live, const FieldPlan& next) {
  return SameSource(live.source, next.source) && (live.accepted & ~next.accepted) == 0 &&
         live.default_value == next.default_value && live.cleaning == next.cleaning && SameReplace(live, next) &&
         SameLookup(live, next);
}

}  // namespace

bool KeepsExternalId(const MappingPlan& live, const MappingPlan& next) {
  const FieldPlan* of_order[] = {Find(live.order_fields), Find(next.order_fields)};
  if (of_order[0] != nullptr && of_order[1] != nullptr) return SameText(*of_order[0], *of_order[1]);
  const FieldPlan* of_line[] = {Find(live.line_fields), Find(next.line_fields)};
  // Read from the first line: that must be the same line.
  return of_line[0] != nullptr && of_line[1] != nullptr && live.lines_path == next.lines_path &&
         SameText(*of_line[0], *of_line[1]);
}

}  // namespace ordermesh::validation
