#include "services/validation/domain/date_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/errors.h"

namespace ordermesh::validation {
namespace {

struct Case {
  std::string format;
  std::string zone;
  std::string text;
  // RFC 3339 in UTC; empty where the text is refused.
  std::string expected;
};

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  OM_CHECK(absl::LoadTimeZone(name, &zone));
  return zone;
}

void Expect(const Case& c) {
  const auto format = DateFormat::Compile(c.format, Zone(c.zone));
  ASSERT_TRUE(format.ok()) << c.format << ": " << format.status();
  const auto time = format->Parse(c.text);
  const std::string got = time.has_value() ? absl::FormatTime(absl::RFC3339_full, *time, absl::UTCTimeZone()) : "";
  EXPECT_EQ(got, c.expected) << c.format << " " << c.text;
}

TEST(DateFormat, ReadsTheFormatsOfThePartners) {
  const std::vector<Case> cases = {
      {"DD/MM/YYYY HH:MM", "Europe/London", "01/12/2010 08:26", "2010-12-01T08:26:00+00:00"},
      {"DD/MM/YYYY HH:MM", "Europe/London", "01/07/2011 08:26", "2011-07-01T07:26:00+00:00"},
      {"M/D/YYYY H:MM", "America/Sao_Paulo", "10/2/2017 10:56", "2017-10-02T13:56:00+00:00"},
      {"M/D/YYYY H:MM", "America/Sao_Paulo", "7/26/2018 3:24", "2018-07-26T06:24:00+00:00"},
      {"M/D/YYYY H:MM", "America/Sao_Paulo", "12/25/2017 10:00", "2017-12-25T12:00:00+00:00"},
      {"YYYY-MM-DD HH:MM:SS", "UTC", "2026-01-15 10:30:00", "2026-01-15T10:30:00+00:00"},
      {"iso8601", "UTC", "2026-01-15T10:30:00.000Z", "2026-01-15T10:30:00+00:00"},
      {"iso8601", "UTC", "2026-01-15T10:30:00Z", "2026-01-15T10:30:00+00:00"},
      {"iso8601", "UTC", "2026-01-15T10:30:00.5+02:00", "2026-01-15T08:30:00.5+00:00"},
      {"iso8601", "UTC", "2026-01-15T10:30:00.123456789-0330", "2026-01-15T14:00:00.123456789+00:00"},
      {"YYYYMMDD", "UTC", "20260115", "2026-01-15T00:00:00+00:00"},
      {"D.M.YYYY H 'Uhr' mm:ss.fff", "UTC", "5.1.2026 7 Uhr 05:09.25", "2026-01-05T07:05:09.25+00:00"},
  };
  for (const Case& c : cases) Expect(c);
}

TEST(DateFormat, ReadsRepeatedAndSkippedCivilTimesAsDocumented) {
  // 01:30 occurs twice on 31 October 2010; the first is still summer time. It does not occur on 28 March 2010.
  Expect({"DD/MM/YYYY HH:MM", "Europe/London", "31/10/2010 01:30", "2010-10-31T00:30:00+00:00"});
  Expect({"DD/MM/YYYY HH:MM", "Europe/London", "28/03/2010 01:30", "2010-03-28T01:30:00+00:00"});
  // Sao Paulo skipped midnight on 15 October 2017.
  Expect({"M/D/YYYY H:MM", "America/Sao_Paulo", "10/15/2017 0:30", "2017-10-15T03:30:00+00:00"});
}

TEST(DateFormat, RefusesWhatDoesNotMatch) {
  for (const std::string text :
       {"", "01/12/2010", "1/12/2010 08:26", "01/12/10 08:26", "01-12-2010 08:26", "01/13/2010 08:26",
        "31/02/2010 08:26", "01/12/2010 24:00", "01/12/2010 08:60", "01/12/2010 08:26 ", " 01/12/2010 08:26",
        "01/12/2010 08:26:00", "aa/bb/cccc dd:ee", "00/12/2010 08:26", "01/12/0000 08:26", "-1/12/2010 08:26"}) {
    Expect({"DD/MM/YYYY HH:MM", "Europe/London", text, ""});
  }
  for (const std::string text :
       {"2026-01-15T10:30:00", "2026-01-15T10:30:00.Z", "2026-01-15T10:30:60Z", "2026-01-15 10:30:00Z",
        "2026-01-15T10:30:00.1234567890Z", "2026-01-15T10:30:00+24:00", "2026-01-15T10:30:00+2", "2026-01-15T10:30:00X",
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"}) {
    Expect({"iso8601", "UTC", text, ""});
  }
}

TEST(DateFormat, RefusesFormatsThatSayTooLittleOrTooMuch) {
  for (const std::string format : {"", "YYYY", "YYYY-MM", "YY-MM-DD", "YYYY-MM-DD QQ", "YYYY-MM-DD 'T", "YYYY-MM-DD DD",
                                   "YYYY-MMM-DD", "YYYY-MM-DD HH:MM:mm", "YYYY-MM-DDTHH"}) {
    EXPECT_FALSE(DateFormat::Compile(format, absl::UTCTimeZone()).ok()) << format;
  }
  EXPECT_FALSE(DateFormat::Compile("YYYY-MM-DD" + std::string(80, ' '), absl::UTCTimeZone()).ok());
}

}  // namespace
}  // namespace ordermesh::validation
