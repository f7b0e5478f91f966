// Stores that an older release wrote.
#pragma once

#include "absl/status/status.h"
#include "services/common/kv/kv.h"

namespace ordermesh::error_store {

// Makes postings and counters again from the rows where they are an older release's. Killed on the way it begins anew.
// A million errors take some ten seconds.
absl::Status UpgradeDerived(kv::Kv& kv);

}  // namespace ordermesh::error_store
