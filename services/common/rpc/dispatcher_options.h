// What a Dispatcher (dispatcher.h) is told.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/name_follower.h"

namespace ordermesh::rpc {

struct DispatcherOptions {
  // The `peer` label of the metrics: what is behind it.
  std::string name;
  // host:port of every peer; each gets one stream. dns:///name:port stands for every address that the name has, now and
  // later.
  std::vector<std::string> addresses;
  // How they are connected to.
  ChannelOptions channel;
  // Items that wait or are under way, in all, and their bytes. Beyond either Submit takes no more.
  size_t max_items = 4 * kStreamWindowOrders;
  size_t max_bytes = 8 * kStreamWindowBytes;
  // An item that is on no wire for so long is answered UNAVAILABLE (its outcome may be unknown).
  absl::Duration max_wait = absl::Seconds(4);
  // Finds the item that kills its peer (suspects.h). Off: a broken stream says nothing of the items on it.
  bool isolate_suspects = false;
  // How names are followed; `name` is set for each.
  NameFollowerOptions names = {};
};

}  // namespace ordermesh::rpc
