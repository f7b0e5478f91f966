// Which errors: the same options for lists, exports and repairs.
#pragma once

#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "ordermesh/common/v1/verdict.pb.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/record_commands.h"

namespace ordermesh::cli {

// The names of an enum that may be asked for, without the one that is never sent.
inline std::set<std::string> NamesOf(const google::protobuf::EnumDescriptor& values) {
  std::set<std::string> names;
  for (int i = 1; i < values.value_count(); ++i) names.insert(values.value(i)->name());
  return names;
}

// `code` is its own: the parser checks that it is one, FilledFilter puts it into the filter.
template <typename Filter>
void AddErrorFilter(CLI::App& command, std::string& code, Filter& filter) {
  command.add_option("-p,--partner", *filter.mutable_partner_id(), "Only this partner's");
  command.add_option("--code", code, "Only errors with a violation of this code")
      ->check(CLI::IsMember(NamesOf(*common::v1::Violation::Code_descriptor())));
  command.add_option("--field", *filter.mutable_field(), "Only errors whose violation of --code is at this field");
  command.add_option("--assignee", *filter.mutable_assignee(), "Only errors that this one works on");
  command.add_option("--tag", *filter.mutable_tag(), "Only errors with this tag");
  command.add_option("--text", *filter.mutable_text(), "Only errors whose payload holds this text");
  AddTimeOption(command, "--from", filter.mutable_from(), "Only errors received at or after this");
  AddTimeOption(command, "--to", filter.mutable_to(), "Only errors received before this");
}

// The filter with what the parser could not set.
template <typename Filter>
Filter FilledFilter(const Filter& filter, const std::string& code_name) {
  Filter filled = WithoutEmptyTimes(filter);
  common::v1::Violation::Code code = common::v1::Violation::CODE_UNSPECIFIED;
  if (common::v1::Violation::Code_Parse(code_name, &code)) filled.set_code(code);
  return filled;
}

}  // namespace ordermesh::cli
