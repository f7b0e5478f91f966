#include "services/common/base/json_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/limits.h"

namespace ordermesh {
namespace {

using testing::HasSubstr;

class JsonDocumentTest : public testing::Test {
 protected:
  const JsonNode& Value(const std::string& json) {
    EXPECT_TRUE(document_.Parse("{\"v\": " + json + " }")) << json << ": " << document_.error();
    return *document_.Member(document_.root(), "v");
  }

  JsonDocument document_;
};

TEST_F(JsonDocumentTest, KeepsNumbersAsTheyAreWritten) {
  for (const std::string number : {"0", "-0", "10", "29.990", "1e400", "-1.5E-3", "0.1234567890123456789", "2e+5",
                                   "123456789012345678901234567890"}) {
    const JsonNode& node = Value(number);
    EXPECT_EQ(node.type, JsonType::kNumber);
    EXPECT_EQ(node.text, number);
  }
}

TEST_F(JsonDocumentTest, UnescapesStringsAndNames) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("a\"b\\c\/d")", "a\"b\\c/d"},
      {R"("\b\f\n\r\t")", "\b\f\n\r\t"},
      {R"("\u00e9")", "é"},
      {R"("\ud83d\ude00")", "😀"},
      {"\"é😀\"", "é😀"},
      {R"("\\ud800")", "\\ud800"},
  };
  for (const auto& [json, text] : cases) EXPECT_EQ(Value(json).text, text) << json;
  ASSERT_TRUE(document_.Parse(R"({"\u0061b": 1})"));
  EXPECT_NE(document_.Member(document_.root(), "ab"), nullptr);
}

TEST_F(JsonDocumentTest, WalksMembersAndElements) {
  const JsonNode& array = Value(R"([1, {"a": null}, true, [] ])");
  EXPECT_EQ(array.children, 4u);
  EXPECT_EQ(document_.Element(array, 0)->text, "1");
  EXPECT_EQ(document_.Member(*document_.Element(array, 1), "a")->type, JsonType::kNull);
  EXPECT_EQ(document_.Element(array, 2)->type, JsonType::kBool);
  EXPECT_EQ(document_.FirstChild(*document_.Element(array, 3)), nullptr);
  EXPECT_EQ(document_.Element(array, 4), nullptr);
  EXPECT_EQ(document_.Member(array, "a"), nullptr);
  EXPECT_EQ(document_.Element(document_.root(), 0), nullptr);
}

TEST_F(JsonDocumentTest, RefusesWhatIsNotOneObject) {
  for (const std::string payload : {"",
                                    " ",
                                    "[]",
                                    "1",
                                    "\"a\"",
                                    "null",
                                    "true",
                                    "{",
                                    "}",
                                    "{}x",
                                    "{} {}",
                                    "{},",
                                    "{}]",
                                    "{\"a\":1",
                                    "{\"a\":{\"b\":1}",
                                    "{\"a\":[1}",
                                    "{\"a\":[1,2}]",
                                    "{\"a\" 1}",
                                    "{a:1}",
                                    "{\"a\":1,}",
                                    "{,}",
                                    "{\"a\":1 \"b\":2}",
                                    "{\"a\":}",
                                    "{1:2}",
                                    "\xEF\xBB\xBF{}",
                                    "{'a':1}",
                                    "//\n{}",
                                    "{\"a\":[1 2]}",
                                    "{\"a\":[,]}",
                                    "{\"a\":[1,]}",
                                    "{\"a\"}",
                                    "{\"a\"::1}",
                                    R"({"a": "b": "c"}, "d": 1})",
                                    R"({"a": ["b": 1]})",
                                    R"({"a": 1: 2})",
                                    "{]"}) {
    EXPECT_FALSE(document_.Parse(payload)) << payload;
    EXPECT_FALSE(document_.error().empty());
  }
}

TEST_F(JsonDocumentTest, RefusesEveryScalarThatJsonDoesNotKnow) {
  for (const std::string value : {"NaN",
                                  "nan",
                                  "Infinity",
                                  "-Infinity",
                                  "-",
                                  "+1",
                                  "01",
                                  "-01",
                                  "1.",
                                  ".5",
                                  "1.e5",
                                  "1e",
                                  "1e+",
                                  "1x",
                                  "0x10",
                                  "1_0",
                                  "tru",
                                  "truee",
                                  "True",
                                  "nul",
                                  "nulll",
                                  "false1",
                                  "undefined",
                                  "\"a",
                                  "\"a\"b",
                                  "\"a\"\"b\"",
                                  "\"\\x\"",
                                  "\"\\u12\"",
                                  "\"\\u12G4\"",
                                  "\"\\ud800\"",
                                  "\"\\ud800x\"",
                                  "\"\\ud800\\u0041\"",
                                  "\"\\udc00\"",
                                  "\"\\ud800\\ud800\"",
                                  "\"\\\"",
                                  "\"a\nb\"",
                                  "\"a\tb\"",
                                  "\"\x01\"",
                                  "\"\xff\xfe\"",
                                  "\"\xc0\x80\"",
                                  "\"\xed\xa0\x80\"",
                                  "\"\xf5\x80\x80\x80\"",
                                  "\"\xe2\x82\""}) {
    EXPECT_FALSE(document_.Parse("{\"v\":" + value + "}")) << value;
    EXPECT_FALSE(document_.Parse("{\"v\":[" + value + "]}")) << value;
  }
  EXPECT_FALSE(document_.Parse(std::string("{\"v\":\"a\0b\"}", 11)));
  EXPECT_FALSE(document_.Parse(R"({"\ud800": 1})"));
  EXPECT_FALSE(document_.Parse(R"({"\q": 1})"));
}

TEST_F(JsonDocumentTest, RefusesAMemberNameTwiceInOneObject) {
  EXPECT_FALSE(document_.Parse(R"({"a":1,"a":2})"));
  EXPECT_FALSE(document_.Parse(R"({"v":{"a":1,"b":2,"\u0061":2}})"));
  EXPECT_TRUE(document_.Parse(R"({"a":{"a":1},"b":{"a":1}})"));
  std::string many = "{";
  for (int i = 0; i < 50; ++i) many += "\"m" + std::to_string(i) + "\":1,";
  EXPECT_TRUE(document_.Parse(many + "\"n\":1}"));
  EXPECT_FALSE(document_.Parse(many + "\"m49\":1}"));
  EXPECT_FALSE(document_.Parse(many + "\"m3\":1}"));
}

TEST_F(JsonDocumentTest, BoundsDepthAndSize) {
  const auto nested = [](int depth) {
    return "{\"v\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(document_.Parse(nested(kMaxJsonDepth)));
  EXPECT_FALSE(document_.Parse(nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(document_.Parse(nested(10'000)));
  EXPECT_FALSE(document_.Parse(std::string(20'000, '[')));
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(document_.Parse(objects));
  const std::string frame = R"({"v":""})";
  const auto sized = [&](size_t bytes) { return R"({"v":")" + std::string(bytes - frame.size(), 'x') + "\"}"; };
  EXPECT_TRUE(document_.Parse(sized(kMaxOrderBytes)));
  EXPECT_FALSE(document_.Parse(sized(kMaxOrderBytes + 1)));
}

TEST_F(JsonDocumentTest, SaysWhereTheFaultIs) {
  ASSERT_FALSE(document_.Parse(R"({"v": 01})"));
  EXPECT_THAT(document_.error(), HasSubstr("at byte 6"));
  ASSERT_FALSE(document_.Parse("{\"v\":\"abc\xff\"}"));
  EXPECT_THAT(document_.error(), HasSubstr("at byte 9"));
  ASSERT_FALSE(document_.Parse("{\"v\":\"é\xe2\x82\"}"));
  EXPECT_THAT(document_.error(), HasSubstr("not UTF-8"));
  ASSERT_FALSE(document_.Parse("{} x"));
  EXPECT_THAT(document_.error(), HasSubstr("at byte 4"));
  ASSERT_FALSE(document_.Parse("{} {}"));
  EXPECT_THAT(document_.error(), HasSubstr("at byte 3"));
}

TEST_F(JsonDocumentTest, ReadsSmallPayloadsAfterALargeOne) {
  std::string large = "{\"v\":[0";
  for (int i = 0; i < 200'000; ++i) large += ",1";
  ASSERT_TRUE(document_.Parse(large + "]}"));
  EXPECT_EQ(Value("[1,2]").children, 2u);
  EXPECT_FALSE(document_.Parse("{"));
  EXPECT_EQ(Value("\"again\"").text, "again");
}

}  // namespace
}  // namespace ordermesh
