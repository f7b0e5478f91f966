// The identities of the last orders and who holds them, in memory. A duplicate mostly comes soon after the first, and
// what is here need not be looked up in the engine, whose own buffer of identities is not sorted (kv.h, random_keys).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {

// More than the engine's unsorted buffer holds; with the largest write they still fit into a table of 2^17.
inline constexpr size_t kRecentIdentities = 109'000;

// The last kRecentIdentities identities at least, twice as many at most: about 27 MiB. Not thread-safe.
class RecentIdentities {
 public:
  RecentIdentities();

  // Begins a write.
  void Begin();
  // Brings what Find will need into the processor's cache.
  void Prefetch(std::string_view identity) const;
  // Who holds the identity; null where it is not among the recent ones. Valid until the next Add or Undo.
  const Holder* Find(std::string_view identity) const;
  // Who holds it since Begin.
  const Holder* FindInWrite(std::string_view identity) const;
  // A copy is kept. The identity must not be there yet.
  void Add(std::string_view identity, const Holder& holder);
  // Takes back what was added since Begin: its write has failed.
  void Undo();

 private:
  // An identity begins with a hash of itself.
  struct Hash {
    size_t operator()(std::string_view identity) const;
  };
  using Holders = absl::flat_hash_map<std::string_view, Holder, Hash>;
  // Two of them: when the young one is full it becomes the old one, and the old one's memory the next young one's.
  struct Generation {
    Holders holders;
    // The identities' bytes. Chunks never move.
    std::vector<std::unique_ptr<char[]>> chunks;
    size_t chunk = 0;
    size_t used = 0;

    std::string_view Keep(std::string_view identity);
    void Clear();
  };

  std::array<Generation, 2> generations_;
  Generation* young_ = &generations_[0];
  Generation* old_ = &generations_[1];
  // Added since Begin; views into young_.
  std::vector<std::string_view> added_;
};

}  // namespace ordermesh::order_store
