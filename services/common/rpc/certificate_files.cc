#include "services/common/rpc/certificate_files.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::rpc {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

Bio Reader(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// The first of the certificates, all of which must be whole; null otherwise.
Certificate FirstOf(std::string_view pem) {
  ERR_clear_error();
  const Bio bio = Reader(pem);
  Certificate first(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (first == nullptr) return nullptr;
  while (Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) != nullptr) {
  }
  // The end of a good file is that no further certificate begins.
  const bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return whole ? std::move(first) : nullptr;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int NewMemoryFile() { return memfd_create("certificates", MFD_CLOEXEC); }

std::string PathOf(int file) { return absl::StrCat("/proc/self/fd/", file); }

// Puts another file with this text behind the number `file`, in one step. gRPC tells files apart by the seconds of
// their time, so each version has a second of its own.
absl::Status Replace(int file, std::string_view text, int64_t version) {
  const int next = NewMemoryFile();
  if (next < 0) return absl::ErrnoToStatus(errno, "cannot make a file in memory for certificates");
  const timespec time = {.tv_sec = version, .tv_nsec = 0};
  const timespec times[] = {time, time};
  const bool done = write(next, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    futimens(next, times) == 0 && dup3(next, file, O_CLOEXEC) == file;
  const int error = errno;
  close(next);
  return done ? absl::OkStatus() : absl::ErrnoToStatus(error, "cannot write certificates to memory");
}

}  // namespace

absl::Status CheckCertificates(const CertificateSet& set) {
  const Certificate own = FirstOf(set.cert);
  if (own == nullptr) return InvalidField("tls_cert", "the file holds no whole certificate chain (PEM)");
  const Bio bio = Reader(set.key);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (key == nullptr) return InvalidField("tls_key", "the file holds no whole private key (PEM, no passphrase)");
  const bool fits = X509_check_private_key(own.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits) return InvalidField("tls_key", "is not the key of the certificate in tls_cert");
  if (FirstOf(set.ca) == nullptr) return InvalidField("tls_ca", "the file holds no whole certificates (PEM)");
  return absl::OkStatus();
}

CertificateFiles::CertificateFiles(std::string cert, std::string key, std::string ca)
    : cert_path_(std::move(cert)),
      key_path_(std::move(key)),
      ca_path_(std::move(ca)),
      identity_(NewMemoryFile()),
      authorities_(NewMemoryFile()) {}

CertificateFiles::~CertificateFiles() {
  close(identity_);
  close(authorities_);
}

absl::Status CertificateFiles::Refresh() {
  const absl::MutexLock lock(&mutex_);
  CertificateSet now = {.cert = ReadFile(cert_path_), .key = ReadFile(key_path_), .ca = ReadFile(ca_path_)};
  if (now == last_) return absl::OkStatus();
  OM_RETURN_IF_ERROR(CheckCertificates(now));
  ++version_;
  // New authorities first: whoever is shown the new certificate may already answer with its like.
  OM_RETURN_IF_ERROR(Replace(authorities_, now.ca, version_));
  OM_RETURN_IF_ERROR(Replace(identity_, absl::StrCat(now.cert, "\n", now.key), version_));
  last_ = std::move(now);
  return absl::OkStatus();
}

std::string CertificateFiles::identity_path() const { return PathOf(identity_); }
std::string CertificateFiles::authorities_path() const { return PathOf(authorities_); }

}  // namespace ordermesh::rpc
