#include "tools/ordermesh/output/flight_text.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {
namespace {

using common::v1::OrderVerdict;
using error::v1::ErrorEvent;
using google::protobuf::Timestamp;

struct Moment {
  Timestamp time;
  std::string what;
  std::string who;
  std::string about;
  std::string detail;
};

// What is sorted by time alone keeps the order in which it was found: a store writes several things at one moment.
bool IsEarlier(const Moment& one, const Moment& other) {
  return std::tuple(one.time.seconds(), one.time.nanos()) < std::tuple(other.time.seconds(), other.time.nanos());
}

template <typename Deliveries>
void AddDeliveries(const Deliveries& deliveries, const std::string& about, std::vector<Moment>& moments) {
  for (const common::v1::Delivery& one : deliveries) {
    moments.push_back({one.time(), absl::StrCat("delivered: ", OrderVerdict::Verdict_Name(one.verdict())), "", about,
                       one.trace_id().empty() ? "" : absl::StrCat("trace ", one.trace_id())});
  }
}

std::string DetailOf(const ErrorEvent& event) {
  if (event.has_verdict()) return OrderVerdict::Verdict_Name(event.verdict().verdict());
  if (!event.job_id().empty() && event.note().empty()) return absl::StrCat("job ", event.job_id());
  return event.note();
}

}  // namespace

std::string FlightText(const gateway::v1::FlightRecord& record) {
  std::vector<Moment> moments;
  if (record.has_order()) {
    const std::string about = absl::StrCat("order ", record.order().id());
    AddDeliveries(record.deliveries(), about, moments);
    moments.push_back({record.order().processed_at(), "stored", "", about,
                       absl::StrCat("mapping version ", record.order().mapping_version())});
  }
  for (const gateway::v1::ErrorRecord& one : record.errors()) {
    const std::string about = absl::StrCat("error ", one.error().id());
    AddDeliveries(one.deliveries(), about, moments);
    for (const ErrorEvent& event : one.events()) {
      moments.push_back({event.time(), ErrorEvent::Action_Name(event.action()), event.actor(), about, DetailOf(event)});
    }
  }
  std::stable_sort(moments.begin(), moments.end(), IsEarlier);
  Table table({{"TIME"}, {"WHAT"}, {"WHO"}, {"ABOUT"}, {"DETAIL"}});
  for (Moment& one : moments) {
    table.AddRow({FormatTime(one.time), std::move(one.what), one.who.empty() ? "-" : std::move(one.who),
                  std::move(one.about), std::move(one.detail)});
  }
  return table.ToString();
}

}  // namespace ordermesh::cli
