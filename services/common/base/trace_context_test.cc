#include "services/common/base/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace ordermesh {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kGood = "00-" + kTrace + "-b7ad6b7169203331-01";

// With the character at `at` replaced.
std::string With(size_t at, char c) {
  std::string text = kGood;
  text[at] = c;
  return text;
}

TEST(TraceContextTest, FindsTheTraceId) {
  EXPECT_EQ(TraceIdOf(kGood), kTrace);
  EXPECT_EQ(TraceIdOf(With(1, '1')), kTrace);
}

TEST(TraceContextTest, ALaterVersionMayGoOn) {
  EXPECT_EQ(TraceIdOf(With(1, '1') + "-more"), kTrace);
  EXPECT_EQ(TraceIdOf(With(1, '1') + "more"), "");
  EXPECT_EQ(TraceIdOf(With(1, '1') + "-" + std::string(200, 'x')), kTrace);
  EXPECT_EQ(TraceIdOf(With(1, '1') + "-" + std::string(201, 'x')), "");
  EXPECT_EQ(TraceIdOf(kGood + "-more"), "");
}

TEST(TraceContextTest, WhatIsNotWellFormedIsNone) {
  EXPECT_EQ(TraceIdOf(""), "");
  for (size_t size = 0; size < kGood.size(); ++size) EXPECT_EQ(TraceIdOf(kGood.substr(0, size)), "") << size;
  for (size_t at = 0; at < kGood.size(); ++at) {
    for (const char c : {'F', 'g', '\0', ' '}) EXPECT_EQ(TraceIdOf(With(at, c)), "") << at << " " << c;
  }
  EXPECT_EQ(TraceIdOf("ff" + kGood.substr(2)), "");
  EXPECT_EQ(TraceIdOf("00-" + std::string(32, '0') + "-b7ad6b7169203331-01"), "");
  EXPECT_EQ(TraceIdOf("00-" + kTrace + "-0000000000000000-01"), "");
}

}  // namespace
}  // namespace ordermesh
