#include "tests/crash/history.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::crash {
namespace {

constexpr uint64_t kMagic = 0x3130'7473'6968'6d6f;  // "omhist01"
constexpr size_t kRecordWords = 4;
constexpr size_t kBufferBytes = 1 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<HistoryWriter>> HistoryWriter::Create(const std::string& path, uint64_t seed) {
  FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return absl::InternalError(absl::StrCat("cannot write ", path));
  std::setvbuf(file, nullptr, _IOFBF, kBufferBytes);
  const uint64_t header[] = {kMagic, seed};
  OM_CHECK(std::fwrite(header, sizeof(header), 1, file) == 1);
  return std::unique_ptr<HistoryWriter>(new HistoryWriter(file));
}

HistoryWriter::~HistoryWriter() { std::fclose(file_); }

void HistoryWriter::Append(const std::vector<Event>& events) {
  absl::MutexLock lock(&mutex_);
  for (const Event& event : events) {
    const uint64_t record[kRecordWords] = {static_cast<uint64_t>(event.kind), event.number, event.id.high,
                                           event.id.low};
    OM_CHECK(std::fwrite(record, sizeof(record), 1, file_) == 1);
  }
}

void HistoryWriter::Flush() {
  absl::MutexLock lock(&mutex_);
  OM_CHECK(std::fflush(file_) == 0);
}

absl::StatusOr<std::unique_ptr<HistoryReader>> HistoryReader::Open(const std::string& path) {
  FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::unique_ptr<HistoryReader> reader(new HistoryReader(file));
  uint64_t header[2];
  if (std::fread(header, sizeof(header), 1, file) != 1 || header[0] != kMagic) {
    return absl::DataLossError(absl::StrCat(path, " is no history"));
  }
  reader->seed_ = header[1];
  return reader;
}

HistoryReader::~HistoryReader() { std::fclose(file_); }

std::optional<Event> HistoryReader::Next() {
  uint64_t record[kRecordWords];
  if (std::fread(record, sizeof(record), 1, file_) != 1) return std::nullopt;
  return Event{static_cast<EventKind>(record[0]), record[1], Uuid{record[2], record[3]}};
}

}  // namespace ordermesh::crash
