// The files of a process's identity, of which only whole and matching sets are passed on. gRPC's own file watcher takes
// what it finds: a file that is half written, or a key whose certificate comes a moment later, would refuse every new
// connection until the next look.
#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh::rpc {

// A certificate chain, its private key, and the authorities that peers are checked against; PEM.
struct CertificateSet {
  std::string cert;
  std::string key;
  std::string ca;

  bool operator==(const CertificateSet&) const = default;
};

// INVALID_ARGUMENT where a file holds no certificate or a cut one, or the key is not that of the first certificate.
// Dates and signatures are for the handshake to check.
absl::Status CheckCertificates(const CertificateSet& set);

// Thread-safe.
class CertificateFiles {
 public:
  // Paths of the files to follow. Nothing is read yet.
  CertificateFiles(std::string cert, std::string key, std::string ca);
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;
  ~CertificateFiles();

  // Reads the files and passes them on if they are a good set, or else keeps the last good one and says why.
  absl::Status Refresh() ABSL_LOCKS_EXCLUDED(mutex_);

  // Where the last good set can be read, in this process only and never in part: chain and key in one file, so that no
  // reader sees one of them without the other. Empty before the first good set.
  std::string identity_path() const;
  std::string authorities_path() const;

 private:
  const std::string cert_path_;
  const std::string key_path_;
  const std::string ca_path_;
  const int identity_;
  const int authorities_;

  absl::Mutex mutex_;
  CertificateSet last_ ABSL_GUARDED_BY(mutex_);
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ordermesh::rpc
