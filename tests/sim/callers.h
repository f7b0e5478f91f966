// Those who send orders: new ones, the same again, and others under the same identities, until each has a verdict.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/sim/feed_node.h"
#include "tests/sim/model.h"
#include "tests/sim/settings.h"

namespace ordermesh::sim {

class Callers {
 public:
  // All must outlive it.
  Callers(Context& context, const Settings& settings, const Orders& orders, Model& model, FeedNode& feed)
      : context_(context), settings_(settings), orders_(orders), model_(model), feed_(feed) {}

  // Sends in batches from now on, as many ops as the settings say.
  void Start() { PlanBatch(); }
  bool sent_all() const { return static_cast<int>(model_.ops().size()) >= settings_.ops; }
  // Asks for `count` ops again that have a verdict: unchanged, with other content, and in other bytes.
  void AskAgain(int count);

 private:
  void PlanBatch();
  Spec NextSpec();
  Spec NewSpec();
  Spec Altered(Spec spec);
  void Begin(const Spec& spec);
  void Send(size_t op);
  void OnResult(size_t op, const common::v1::OrderResult* result);

  Context& context_;
  const Settings& settings_;
  const Orders& orders_;
  Model& model_;
  FeedNode& feed_;
  uint32_t next_key_[2] = {0, 0};
  bool poisoned_ = false;
};

}  // namespace ordermesh::sim
