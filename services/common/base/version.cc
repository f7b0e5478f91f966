#include "services/common/base/version.h"

namespace ordermesh {

std::string_view Version() { return ORDERMESH_VERSION; }

}  // namespace ordermesh
