// A log of orders on a disk of its own, as a replicated log would be: it does not keep effects, so that they are
// applied behind it, unsynced, and made again after a crash.
#pragma once

#include <memory>

#include "services/order_store/store/log.h"
#include "tests/sim/disk.h"

namespace ordermesh::sim {

// Opens the log that `disk` holds. The disk must outlive it. `forget_last`: a planted bug, the last position is given
// again.
std::unique_ptr<order_store::Log> OpenSimLog(Disk& disk, bool forget_last);

}  // namespace ordermesh::sim
