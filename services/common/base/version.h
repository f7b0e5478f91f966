// The version of the whole: every program of a build has the same.
#pragma once

#include <string_view>

namespace ordermesh {

// As the file VERSION says: "0.5.0".
std::string_view Version();

}  // namespace ordermesh
