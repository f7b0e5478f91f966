// What a verdict is in a history.
#pragma once

#include <cstdint>

#include "ordermesh/common/v1/verdict.pb.h"
#include "tests/crash/history.h"

namespace ordermesh::crash {

// `altered`: the order was sent with other content under the same identity.
Event EventOf(uint64_t number, bool altered, const common::v1::OrderVerdict& verdict);

}  // namespace ordermesh::crash
