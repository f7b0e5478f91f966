// kv.h in memory: for tests, and to make derived state again from a log and compare.
#pragma once

#include <cstddef>
#include <memory>

#include "services/common/kv/kv.h"

namespace ordermesh::kv {

// An empty store of that many families. Its Checkpoint is UNIMPLEMENTED: there are no files to copy.
std::unique_ptr<Kv> NewMemoryKv(size_t families);

}  // namespace ordermesh::kv
