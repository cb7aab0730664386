#include "api/request_fault.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <cstdlib>
#include <random>
#include <string>

#include "base/hex.h"

namespace immudb::api {
namespace {

std::string Fault(const google::protobuf::Descriptor& type, std::string_view hex) {
  return FindRequestFault(type, FromHex(hex).value()).value_or("none");
}

TEST(RequestFaultTest, FaultsWithinKnownMessagesAreFoundAndOthersAreBytes) {
  const auto& type = *schema::SafeSetOptions::descriptor();
  EXPECT_EQ(Fault(type, ""), "none");
  EXPECT_EQ(Fault(type, "0a060a016b120176"), "none");
  EXPECT_EQ(Fault(type, "0a030a0561"), "unexpected EOF");
  EXPECT_EQ(Fault(type, "9a06030a0561"), "none");  // Field 99 is not known.
  EXPECT_EQ(Fault(*schema::Key::descriptor(), "0a030a0561"), "none");
}

TEST(RequestFaultTest, TextMustBeUtf8) {
  const auto& type = *schema::Database::descriptor();
  for (const char* hex : {"0a00", "0a0161", "0a02c3a4", "0a03e0a080", "0a03ed9fbf", "0a03efbfbf",
                          "0a04f0908080", "0a04f48fbfbf"}) {
    EXPECT_EQ(Fault(type, hex), "none") << hex;
  }
  for (const char* hex :
       {"0a0180", "0a01c3", "0a02c328", "0a02c080", "0a02c1bf", "0a03e08080", "0a03eda080",
        "0a02e282", "0a04f0808080", "0a04f4908080", "0a04f5808080", "0a01ff"}) {
    EXPECT_EQ(Fault(type, hex), "string field contains invalid UTF-8") << hex;
  }
  // Anything worse is told instead.
  EXPECT_EQ(Fault(type, "0a01ff12"), "unexpected EOF");
}

// Generated code reads tags and lengths of up to five bytes, though ten are legal.
bool HasNeedlesslyLongVarint(const std::string& request) {
  int run = 0;
  for (const char character : request) {
    run = static_cast<std::uint8_t>(character) >= 0x80 ? run + 1 : 0;
    if (run == 5) return true;
  }
  return false;
}

// Whatever generated code refuses has a fault, but for a limit of its own.
TEST(RequestFaultTest, NothingFaultyPassesThatGeneratedCodeRefuses) {
  const char* given = std::getenv("IMMUDB_TEST_SEED");
  const auto seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string alphabet("\x00\x01\x02\x08\x0a\x0b\x0c\x12\x1a\x61\x7f\x80\xc3\xff", 14);
  int refused = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string request;
    for (std::size_t length = random() % 12; length > 0; --length) {
      request += alphabet[random() % alphabet.size()];
    }
    schema::SafeSetOptions safe_set;
    schema::ChangePermissionRequest texts;
    for (google::protobuf::Message* message :
         std::initializer_list<google::protobuf::Message*>{&safe_set, &texts}) {
      const auto fault = FindRequestFault(*message->GetDescriptor(), AsBytes(request));
      if (fault) {
        ++refused;
        continue;
      }
      EXPECT_TRUE(message->ParseFromString(request) || HasNeedlesslyLongVarint(request))
          << ToHex(AsBytes(request));
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace immudb::api
