#include "services/partners/domain/webhook_url.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabel = 63;
constexpr int kHttpsPort = 443;
constexpr int kFirstFreePort = 1'024;
constexpr int kLastPort = 65'535;

// Top labels that never lead to the public internet.
constexpr std::string_view kInnerNames[] = {"arpa",    "corp",    "home",  "internal",    "intranet",
                                            "invalid", "lan",     "local", "localdomain", "localhost",
                                            "onion",   "private", "svc"};

// The rule that is broken; empty where none is.
using Broken = std::string_view;

bool IsPrintable(std::string_view url) {
  return std::all_of(url.begin(), url.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>'; });
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

Broken CheckHost(const std::string& host) {
  if (host.empty()) return "must have a host";
  if (host.size() > kMaxHostBytes) return "must have a host of at most 253 bytes";
  const std::vector<std::string> labels = absl::StrSplit(host, '.');
  if (!std::all_of(labels.begin(), labels.end(), IsLabel)) {
    return "must have a DNS name as its host: labels of letters, digits and dashes, no address";
  }
  const std::string& top = labels.back();
  if (labels.size() == 1 || std::find(std::begin(kInnerNames), std::end(kInnerNames), top) != std::end(kInnerNames)) {
    return "must have a public host name, not one that is only known inside a network";
  }
  if (top.size() < 2 || !absl::ascii_isalpha(top[0])) return "must have a host name, not an IP address";
  return "";
}

Broken CheckPort(std::string_view port) {
  int number = 0;
  const bool digits = !port.empty() && port.size() <= 5 && port[0] != '0' &&
                      std::all_of(port.begin(), port.end(), [](char c) { return absl::ascii_isdigit(c); });
  const bool allowed = digits && absl::SimpleAtoi(absl::string_view(port.data(), port.size()), &number) &&
                       (number == kHttpsPort || (number >= kFirstFreePort && number <= kLastPort));
  return allowed ? "" : "must have port 443 or 1024 to 65535";
}

Broken CheckEscapes(std::string_view rest) {
  for (size_t at = rest.find('%'); at != rest.npos; at = rest.find('%', at + 1)) {
    if (at + 2 >= rest.size() || !absl::ascii_isxdigit(rest[at + 1]) || !absl::ascii_isxdigit(rest[at + 2])) {
      return "must have two hex digits after each %";
    }
  }
  return "";
}

Broken FindBroken(std::string_view url) {
  if (url.size() > kMaxWebhookUrlBytes) return "must be at most 2,048 bytes long";
  if (!IsPrintable(url)) return "must be printable ASCII without spaces, quotes, backslashes and angle brackets";
  if (url.substr(0, kScheme.size()) != kScheme) return "must start with https://";
  if (url.find('#') != url.npos) return "must have no fragment";
  url.remove_prefix(kScheme.size());
  const size_t end = std::min(url.find_first_of("/?"), url.size());
  const std::string_view authority = url.substr(0, end);
  if (authority.find('@') != authority.npos) return "must have no user and no password";
  const size_t colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  if (const Broken broken = CheckHost(absl::AsciiStrToLower(absl::string_view(host.data(), host.size())));
      !broken.empty()) {
    return broken;
  }
  if (colon != authority.npos) {
    if (const Broken broken = CheckPort(authority.substr(colon + 1)); !broken.empty()) return broken;
  }
  return CheckEscapes(url.substr(end));
}

}  // namespace

absl::Status CheckWebhookUrl(std::string_view field, std::string_view url) {
  const Broken broken = FindBroken(url);
  return broken.empty() ? absl::OkStatus() : InvalidField(field, broken);
}

}  // namespace ordermesh::partners
