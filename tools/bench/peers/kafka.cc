#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/errors.h"
#include "tools/bench/peers/peer.h"

namespace ordermesh::bench {
namespace {

constexpr int kPartitions = 4;
constexpr int kAdminTimeoutMs = 30'000;
constexpr int kPollMs = 100;

// What waits for the messages of one request.
struct Awaited {
  explicit Awaited(int count) : left(count) {}
  absl::BlockingCounter left;
  std::atomic<int> failed = 0;
};

void OnDelivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* awaited = static_cast<Awaited*>(message->_private);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) awaited->failed.fetch_add(1);
  awaited->left.DecrementCount();
}

// One producer for all workers, as its makers advise: it has threads of its own and fills a request from all that is
// waiting.
class Producer {
 public:
  static absl::StatusOr<std::shared_ptr<Producer>> Make(const std::string& address, bool batches) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    // A request begins when 256 messages of a partition wait, or, one order a message, at once.
    const std::pair<const char*, std::string> settings[] = {{"bootstrap.servers", address},
                                                            {"acks", "all"},
                                                            {"enable.idempotence", "true"},
                                                            {"linger.ms", batches ? "5" : "0"},
                                                            {"batch.num.messages", "256"},
                                                            {"socket.nagle.disable", "true"},
                                                            {"queue.buffering.max.messages", "1000000"}};
    std::array<char, 512> error{};
    for (const auto& [name, value] : settings) {
      if (rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
        rd_kafka_conf_destroy(conf);
        return absl::InternalError(error.data());
      }
    }
    rd_kafka_conf_set_dr_msg_cb(conf, OnDelivered);
    rd_kafka_t* kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size());
    if (kafka == nullptr) {
      rd_kafka_conf_destroy(conf);
      return absl::InternalError(error.data());
    }
    return std::make_shared<Producer>(kafka);
  }

  explicit Producer(rd_kafka_t* kafka) : kafka_(kafka), poller_([this] { Poll(); }) {}
  ~Producer() {
    stopping_ = true;
    poller_.join();
    rd_kafka_destroy(kafka_);
  }
  rd_kafka_t* get() { return kafka_; }

 private:
  void Poll() {
    while (!stopping_) rd_kafka_poll(kafka_, kPollMs);
  }

  rd_kafka_t* const kafka_;
  std::atomic<bool> stopping_ = false;
  std::thread poller_;
};

class KafkaPeer final : public Peer {
 public:
  KafkaPeer(std::shared_ptr<Producer> producer, bool flush_every_message, int worker)
      : producer_(std::move(producer)),
        flush_every_message_(flush_every_message),
        name_(flush_every_message ? "orders-flushed" : "orders"),
        topic_(rd_kafka_topic_new(producer_->get(), name_.c_str(), nullptr), &rd_kafka_topic_destroy),
        worker_(worker) {}

  absl::Status Prepare() override {
    std::array<char, 512> error{};
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name_.c_str(), kPartitions, 1, error.data(), error.size());
    if (topic == nullptr) return absl::InternalError(error.data());
    if (flush_every_message_) rd_kafka_NewTopic_set_config(topic, "flush.messages", "1");
    rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(producer_->get(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_operation_timeout(options, kAdminTimeoutMs, error.data(), error.size());
    rd_kafka_queue_t* queue = rd_kafka_queue_new(producer_->get());
    rd_kafka_CreateTopics(producer_->get(), &topic, 1, options, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kAdminTimeoutMs);
    const absl::Status status = ResultOf(event);
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);
    return status;
  }

  absl::StatusOr<int64_t> Submit(absl::Span<const PeerOrder> orders) override {
    Awaited awaited(static_cast<int>(orders.size()));
    // A batch goes to one partition, so that it is one request; single orders to the one that is being filled.
    const int partition = orders.size() > 1 ? worker_ % kPartitions : RD_KAFKA_PARTITION_UA;
    for (const PeerOrder& order : orders) {
      // Copied by the client; the key is what a reader would deduplicate by.
      if (rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK,
                           const_cast<char*>(order.body.data()), order.body.size(), nullptr, 0, &awaited) != 0) {
        awaited.failed.fetch_add(1);
        awaited.left.DecrementCount();
      }
    }
    awaited.left.Wait();
    if (awaited.failed > 0)
      return absl::InternalError(absl::StrCat(awaited.failed.load(), " messages were not delivered"));
    return static_cast<int64_t>(orders.size());
  }

 private:
  static absl::Status ResultOf(rd_kafka_event_t* event) {
    const rd_kafka_CreateTopics_result_t* result =
        event == nullptr ? nullptr : rd_kafka_event_CreateTopics_result(event);
    if (result == nullptr) return absl::UnavailableError("no answer to the creation of the topic");
    size_t count = 0;
    const rd_kafka_topic_result_t** topics = rd_kafka_CreateTopics_result_topics(result, &count);
    for (size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(topics[i]);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        return absl::InternalError(rd_kafka_err2str(error));
      }
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<Producer> producer_;
  const bool flush_every_message_;
  const std::string name_;
  const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> topic_;
  const int worker_;
};

}  // namespace

ConnectPeer KafkaConnector(const std::string& address, bool flush_every_message, bool batches) {
  // The producer lives as long as one of its peers; connections are made one after the other.
  const auto shared = std::make_shared<std::weak_ptr<Producer>>();
  return [=](int worker) -> absl::StatusOr<std::unique_ptr<Peer>> {
    std::shared_ptr<Producer> producer = shared->lock();
    if (producer == nullptr) {
      OM_ASSIGN_OR_RETURN(producer, Producer::Make(address, batches));
      *shared = producer;
    }
    return std::make_unique<KafkaPeer>(std::move(producer), flush_every_message, worker);
  };
}

}  // namespace ordermesh::bench
