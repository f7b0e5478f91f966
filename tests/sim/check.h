// Looks into the stores as their callers could, and holds what is there against the model and their own audits.
#pragma once

#include "tests/sim/error_node.h"
#include "tests/sim/model.h"
#include "tests/sim/order_node.h"

namespace ordermesh::sim {

// What a watcher that follows the orders sees next.
void WatchOrders(Model& model, OrderNode& node);

// Every order, the statistics, one list and the audit (K1 to K7). The node must be up. `replica`: also makes the state
// again elsewhere, and compares the state hashes.
void CheckOrderStore(Context& context, Model& model, OrderNode& node, bool replica);

// Every error, the statistics and the audit. The node must be up.
void CheckErrorStore(Context& context, Model& model, ErrorNode& node);

}  // namespace ordermesh::sim
