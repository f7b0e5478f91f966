// Writing JSON texts byte by byte, for payloads whose bytes must be passed on as they are.
#pragma once

#include <string>
#include <string_view>

namespace ordermesh::cli {

// Appends `text` as a JSON string. Quotes, backslashes and control characters are escaped; every other byte is passed
// on, also where it is not UTF-8: nlohmann's writer would refuse or replace it, but it is the mesh that must judge it.
void AppendJsonText(std::string_view text, std::string& to);

// Appends `"name":"value"`.
void AppendJsonMember(std::string_view name, std::string_view value, std::string& to);

}  // namespace ordermesh::cli
