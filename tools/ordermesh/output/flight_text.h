// Everything known of one order, as a text for people.
#pragma once

#include <string>

#include "ordermesh/gateway/v1/gateway_service.pb.h"

namespace ordermesh::cli {

// One line for everything that happened, oldest first: deliveries with their verdict, edits, what was done and by whom.
std::string FlightText(const gateway::v1::FlightRecord& record);

}  // namespace ordermesh::cli
