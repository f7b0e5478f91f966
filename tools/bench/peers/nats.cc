#include <nats/nats.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"
#include "tools/bench/peers/peer.h"

namespace ordermesh::bench {
namespace {

constexpr char kSubject[] = "orders.partner-a";
constexpr int64_t kTimeoutMs = 60'000;
// Atomic batches: the server refuses one as a whole where an id in it is known.
constexpr char kStream[] = R"({"name": "orders", "subjects": ["orders.*"], "storage": "file", "num_replicas": 1,)"
                           R"( "retention": "limits", "discard": "old", "duplicate_window": 120000000000,)"
                           R"( "allow_atomic": true})";
constexpr int kStreamExists = 10058;

absl::Status FromNats(natsStatus status, absl::string_view what) {
  if (status == NATS_OK) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(what, ": ", natsStatus_GetText(status)));
}

using Message = std::unique_ptr<natsMsg, decltype(&natsMsg_Destroy)>;

// A batch is one atomic publish, which the server syncs once; an order alone is a publish with its acknowledgement.
class NatsPeer final : public Peer {
 public:
  explicit NatsPeer(natsConnection* connection, std::string name)
      : connection_(connection, &natsConnection_Destroy), name_(std::move(name)) {}

  absl::Status Prepare() override {
    natsMsg* answer = nullptr;
    OM_RETURN_IF_ERROR(FromNats(
        natsConnection_RequestString(&answer, connection_.get(), "$JS.API.STREAM.CREATE.orders", kStream, kTimeoutMs),
        "making the stream"));
    const Message owner(answer, &natsMsg_Destroy);
    const nlohmann::json made = Parse(answer);
    const int error = made.contains("error") ? made["error"].value("err_code", 0) : 0;
    if (!made.contains("error") || error == kStreamExists) return absl::OkStatus();
    return absl::InternalError(made.dump());
  }

  absl::StatusOr<int64_t> Submit(absl::Span<const PeerOrder> orders) override {
    if (orders.size() == 1) return SubmitOne(orders.front());
    const std::string batch = absl::StrCat(name_, "-", ++batches_);
    for (size_t i = 0; i < orders.size(); ++i) {
      OM_ASSIGN_OR_RETURN(const Message message, MakeMessage(orders[i]));
      OM_RETURN_IF_ERROR(SetHeader(message, "Nats-Batch-Id", batch));
      OM_RETURN_IF_ERROR(SetHeader(message, "Nats-Batch-Sequence", absl::StrCat(i + 1)));
      if (i + 1 < orders.size()) {
        OM_RETURN_IF_ERROR(FromNats(natsConnection_PublishMsg(connection_.get(), message.get()), "publishing"));
        continue;
      }
      OM_RETURN_IF_ERROR(SetHeader(message, "Nats-Batch-Commit", "1"));
      OM_ASSIGN_OR_RETURN(const nlohmann::json answer, Request(message));
      if (answer.contains("error")) return SubmitOneByOne(orders, answer.dump());
    }
    return static_cast<int64_t>(orders.size());
  }

 private:
  static nlohmann::json Parse(const natsMsg* message) {
    const char* data = natsMsg_GetData(message);
    return nlohmann::json::parse(data, data + natsMsg_GetDataLength(message), nullptr, false);
  }

  static absl::StatusOr<Message> MakeMessage(const PeerOrder& order) {
    natsMsg* made = nullptr;
    const natsStatus status =
        natsMsg_Create(&made, kSubject, nullptr, order.body.data(), static_cast<int>(order.body.size()));
    OM_RETURN_IF_ERROR(FromNats(status, "making a message"));
    Message message(made, &natsMsg_Destroy);
    OM_RETURN_IF_ERROR(SetHeader(message, "Nats-Msg-Id", order.external_id));
    return message;
  }

  static absl::Status SetHeader(const Message& message, const char* name, const std::string& value) {
    return FromNats(natsMsgHeader_Set(message.get(), name, value.c_str()), name);
  }

  // The acknowledgement of the stream.
  absl::StatusOr<nlohmann::json> Request(const Message& message) {
    natsMsg* answer = nullptr;
    OM_RETURN_IF_ERROR(
        FromNats(natsConnection_RequestMsg(&answer, connection_.get(), message.get(), kTimeoutMs), "publishing"));
    const Message owner(answer, &natsMsg_Destroy);
    nlohmann::json json = Parse(answer);
    if (!json.is_object()) return absl::InternalError("the acknowledgement is not JSON");
    return json;
  }

  absl::StatusOr<int64_t> SubmitOne(const PeerOrder& order) {
    OM_ASSIGN_OR_RETURN(const Message message, MakeMessage(order));
    OM_ASSIGN_OR_RETURN(const nlohmann::json answer, Request(message));
    if (answer.contains("error")) return absl::InternalError(answer.dump());
    return answer.value("duplicate", false) ? 0 : 1;
  }

  // After a refused batch: what is known in it is told apart. Anything but that refusal is a failure.
  absl::StatusOr<int64_t> SubmitOneByOne(absl::Span<const PeerOrder> orders, const std::string& refusal) {
    if (!absl::StrContains(refusal, "duplicate")) return absl::InternalError(refusal);
    int64_t created = 0;
    for (const PeerOrder& order : orders) {
      OM_ASSIGN_OR_RETURN(const int64_t one, SubmitOne(order));
      created += one;
    }
    return created;
  }

  const std::unique_ptr<natsConnection, decltype(&natsConnection_Destroy)> connection_;
  const std::string name_;
  int64_t batches_ = 0;
};

}  // namespace

ConnectPeer NatsConnector(const std::string& address) {
  return [address](int worker) -> absl::StatusOr<std::unique_ptr<Peer>> {
    natsConnection* connection = nullptr;
    const std::string url = "nats://" + address;
    OM_RETURN_IF_ERROR(FromNats(natsConnection_ConnectTo(&connection, url.c_str()), "connecting"));
    // Batches are named over all that are open at the server.
    return std::make_unique<NatsPeer>(connection, absl::StrCat(worker, "-", absl::ToUnixMicros(absl::Now())));
  };
}

}  // namespace ordermesh::bench
