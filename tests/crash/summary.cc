#include "tests/crash/summary.h"

namespace ordermesh::crash {

nlohmann::ordered_json SummaryOf(const Checker& checker) {
  const auto count = [&checker](Promise promise) {
    const auto found = checker.counts().find(promise);
    return found == checker.counts().end() ? int64_t{0} : found->second;
  };
  const CheckSummary& summary = checker.summary();
  nlohmann::ordered_json broken = nlohmann::ordered_json::array();
  for (const Broken& one : checker.broken()) broken.push_back(PromiseName(one.promise) + ": " + one.what);
  return {{"ok", checker.ok()},
          {"sent", summary.sent},
          {"acknowledged", summary.acknowledged},
          {"rejected", summary.rejected},
          {"unknowns", summary.unknowns},
          {"unknownResolved", summary.resolved},
          {"stored", summary.stored},
          {"errors", summary.errors},
          {"lost", count(Promise::kDurable)},
          {"phantoms", count(Promise::kNoPhantom)},
          {"doubled", count(Promise::kOnce)},
          {"reordered", count(Promise::kOrder)},
          {"holes", count(Promise::kDense)},
          {"unstable", count(Promise::kStableVerdict)},
          {"unresolved", count(Promise::kUnknowns)},
          {"broken", broken}};
}

}  // namespace ordermesh::crash
