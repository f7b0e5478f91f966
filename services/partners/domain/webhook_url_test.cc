#include "services/partners/domain/webhook_url.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"

namespace ordermesh::partners {
namespace {

using ::testing::HasSubstr;

TEST(WebhookUrlTest, AcceptsPublicHttpsUrls) {
  const std::string longest_label = std::string(63, 'a');
  for (const std::string& url : {
           std::string("https://partner.example"),
           std::string("https://hooks.partner.example/orders"),
           std::string("https://hooks.partner.example:443/"),
           std::string("https://hooks.partner.example:1024"),
           std::string("https://hooks.partner.example:65535?a=b"),
           std::string("https://HOOKS.Partner.Example/Path?x=1&y=%2F@:"),
           std::string("https://xn--bcher-kva.example/"),
           std::string("https://1.2.3.example/"),
           std::string("https://localhost.partner.example/"),
           std::string("https://svc.partner.example/"),
           "https://" + longest_label + ".example/",
           "https://partner.example/" + std::string(2'048 - 24, 'x'),
       }) {
    EXPECT_TRUE(CheckWebhookUrl("webhook_urls[0]", url).ok()) << url << CheckWebhookUrl("", url);
  }
}

struct RefusedCase {
  const char* rule;
  std::vector<std::string> urls;
};

// More than 253 bytes of valid labels.
std::string LongHost() {
  std::string url = "https://";
  for (const char c : {'a', 'b', 'c', 'd'}) url += std::string(63, c) + ".";
  return url.substr(0, url.size() - 8) + ".example/";
}

const RefusedCase kRefused[] = {
    {"must start with https://",
     {"", "http://partner.example/", "HTTPS://partner.example/", "https:/partner.example/", "ftp://partner.example/",
      "javascript:alert(1)", "//partner.example/"}},
    {"must have a host", {"https://", "https:///path", "https://?q", "https://:443/"}},
    {"must have a host of at most 253 bytes", {LongHost()}},
    {"must have a public host name",
     {"https://partner", "https://2130706433/", "https://0x7f000001/", "https://localhost/", "https://LOCALHOST:8443/",
      "https://my.localhost/", "https://printer.local/", "https://metadata.google.internal/",
      "https://partners.default.svc/", "https://partners.default.svc.cluster.local/",
      "https://1.0.0.127.in-addr.arpa/"}},
    {"not an IP address",
     {"https://127.0.0.1/", "https://127.1/", "https://0177.0.0.1/", "https://0x7f.0.0.0x1/",
      "https://169.254.169.254/latest", "https://10.0.0.8:8443/", "https://a.1e100/", "https://a.b/"}},
    {"must have a DNS name as its host",
     {"https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fd00::1]:443/", "https://127.0.0.1./",
      "https://partner.example./", "https://partner..example/", "https://.partner.example/",
      "https://-partner.example/", "https://partner-.example/", "https://par_tner.example/",
      "https://part%6eer.example/", "https://*.example/", "https://" + std::string(64, 'a') + ".example/"}},
    {"must have no user",
     {"https://user@partner.example/", "https://user:secret@partner.example/", "https://partner.example@127.0.0.1/",
      "https://partner.example:443@127.0.0.1/"}},
    {"must have no fragment", {"https://partner.example/#frag", "https://partner.example#@127.0.0.1/"}},
    {"must have port 443 or 1024 to 65535",
     {"https://partner.example:/", "https://partner.example:0/", "https://partner.example:22/",
      "https://partner.example:80/", "https://partner.example:0443/", "https://partner.example:1023/",
      "https://partner.example:65536/", "https://partner.example:99999999999/", "https://partner.example:443:443/",
      "https://partner.example:+443/"}},
    {"two hex digits",
     {"https://partner.example/%", "https://partner.example/%4", "https://partner.example/%zz",
      "https://partner.example?%f"}},
    {"must be printable ASCII",
     {"https://partner.example/a b", " https://partner.example/", "https://partner.example\\@127.0.0.1/",
      "https://partner.example/\"", "https://partner.example/\n", std::string("https://partner.example/\0x", 26),
      "https://p\xc3\xa4rtner.example/", "https://partner.example/<"}},
    {"at most 2,048 bytes", {"https://partner.example/" + std::string(2'048 - 23, 'x')}},
};

TEST(WebhookUrlTest, RefusesEverythingElse) {
  for (const RefusedCase& c : kRefused) {
    for (const std::string& url : c.urls) {
      const absl::Status status = CheckWebhookUrl("webhook_urls[0]", url);
      EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << url;
      EXPECT_THAT(std::string(status.message()), HasSubstr(c.rule)) << url;
    }
  }
}

}  // namespace
}  // namespace ordermesh::partners
