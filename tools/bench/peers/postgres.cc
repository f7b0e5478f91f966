#include <libpq-fe.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/errors.h"
#include "tools/bench/peers/peer.h"
#include "tools/bench/peers/postgres_array.h"

namespace ordermesh::bench {
namespace {

constexpr char kPartner[] = "partner-a";
constexpr int kValues = 6;
constexpr int kParameters = kValues + 1;
constexpr int kBinary = 1;

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// One statement a batch, one round trip, one transaction. The rows come as arrays in binary format: there is one plan,
// and nothing is parsed.
class PostgresPeer final : public Peer {
 public:
  PostgresPeer(PGconn* connection, bool query_indexes)
      : connection_(connection, &PQfinish),
        query_indexes_(query_indexes),
        table_(query_indexes ? "orders_indexed" : "orders") {}

  absl::Status Prepare() override {
    // No row of another partner is here, but the identities are the partner's, as in the mesh. Positions are taken from
    // the sequence 256 at a time.
    OM_RETURN_IF_ERROR(
        Execute(absl::StrCat("CREATE TABLE IF NOT EXISTS ", table_,
                             " (position bigint GENERATED ALWAYS AS IDENTITY (CACHE 256), partner_id text NOT NULL, "
                             "external_order_id text NOT NULL,"
                             " sequence_number bigint NOT NULL, product_id text NOT NULL, customer_id text NOT NULL,"
                             " transaction_time timestamptz NOT NULL, body bytea NOT NULL,"
                             " UNIQUE (partner_id, external_order_id), UNIQUE (partner_id, sequence_number))")));
    if (!query_indexes_) return absl::OkStatus();
    for (const char* column : {"product_id", "customer_id", "transaction_time"}) {
      OM_RETURN_IF_ERROR(Execute(absl::StrCat("CREATE INDEX IF NOT EXISTS ", table_, "_", column, " ON ", table_, " (",
                                              column, ", position)")));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Submit(absl::Span<const PeerOrder> orders) override {
    if (!prepared_) OM_RETURN_IF_ERROR(PrepareStatements());
    const std::array<std::string, kValues> values = orders.size() == 1 ? RowOf(orders.front()) : ColumnsOf(orders);
    const char* bytes[kParameters];
    int lengths[kParameters], formats[kParameters];
    for (size_t i = 0; i < kValues; ++i) {
      bytes[i] = values[i].data();
      lengths[i] = static_cast<int>(values[i].size());
      formats[i] = kBinary;
    }
    bytes[kValues] = kPartner;
    lengths[kValues] = sizeof(kPartner) - 1;
    formats[kValues] = kBinary;
    const Result result(PQexecPrepared(connection_.get(), orders.size() == 1 ? "one" : "many", kParameters, bytes,
                                       lengths, formats, kBinary),
                        &PQclear);
    OM_RETURN_IF_ERROR(Check(result.get()));
    return PQntuples(result.get());
  }

 private:
  absl::Status Check(const PGresult* result) const {
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return absl::OkStatus();
    return absl::InternalError(PQerrorMessage(connection_.get()));
  }

  absl::Status Execute(const std::string& sql) {
    const Result result(PQexec(connection_.get(), sql.c_str()), &PQclear);
    return Check(result.get());
  }

  absl::Status PrepareStatements() {
    const std::string insert = absl::StrCat(
        "INSERT INTO ", table_,
        " (partner_id, external_order_id, sequence_number, product_id, customer_id, transaction_time, body) ");
    const char* end = " ON CONFLICT DO NOTHING RETURNING position";
    OM_RETURN_IF_ERROR(
        PrepareOne("many", absl::StrCat(insert,
                                        "SELECT $7::text, o.* FROM unnest($1::text[], $2::bigint[], $3::text[],"
                                        " $4::text[], $5::timestamptz[], $6::bytea[]) o",
                                        end)));
    OM_RETURN_IF_ERROR(PrepareOne(
        "one",
        absl::StrCat(insert, "VALUES ($7::text, $1::text, $2::bigint, $3::text, $4::text, $5::timestamptz, $6::bytea)",
                     end)));
    prepared_ = true;
    return absl::OkStatus();
  }

  absl::Status PrepareOne(const char* name, const std::string& sql) {
    const Result result(PQprepare(connection_.get(), name, sql.c_str(), 0, nullptr), &PQclear);
    return Check(result.get());
  }

  static std::array<std::string, kValues> RowOf(const PeerOrder& order) {
    std::array<std::string, kValues> row = {order.external_id, "", order.product, order.customer, "", order.body};
    AppendBigEndian(row[1], static_cast<uint64_t>(order.sequence), 8);
    AppendBigEndian(row[4], static_cast<uint64_t>(PostgresMicros(order.transaction_time)), 8);
    return row;
  }

  static std::array<std::string, kValues> ColumnsOf(absl::Span<const PeerOrder> orders) {
    PostgresArray ids(kPostgresText, orders.size()), sequences(kPostgresInt8, orders.size()),
        products(kPostgresText, orders.size()), customers(kPostgresText, orders.size()),
        times(kPostgresTime, orders.size()), bodies(kPostgresBytes, orders.size());
    for (const PeerOrder& order : orders) {
      ids.Add(order.external_id);
      sequences.Add(order.sequence);
      products.Add(order.product);
      customers.Add(order.customer);
      times.Add(PostgresMicros(order.transaction_time));
      bodies.Add(order.body);
    }
    return {ids.bytes(), sequences.bytes(), products.bytes(), customers.bytes(), times.bytes(), bodies.bytes()};
  }

  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  const bool query_indexes_;
  const std::string table_;
  bool prepared_ = false;
};

}  // namespace

ConnectPeer PostgresConnector(const std::string& address, bool query_indexes) {
  // The socket's folder and the port, as PostgreSQL itself writes them.
  const std::pair<std::string, std::string> parts = absl::StrSplit(address, absl::MaxSplits(':', 1));
  return [=](int) -> absl::StatusOr<std::unique_ptr<Peer>> {
    const std::string target = absl::StrCat("host=", parts.first, " port=", parts.second,
                                            " user=ordermesh dbname=postgres connect_timeout=10");
    PGconn* connection = PQconnectdb(target.c_str());
    auto peer = std::make_unique<PostgresPeer>(connection, query_indexes);
    if (PQstatus(connection) != CONNECTION_OK) return absl::UnavailableError(PQerrorMessage(connection));
    return peer;
  };
}

}  // namespace ordermesh::bench
