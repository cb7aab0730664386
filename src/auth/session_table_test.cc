#include "auth/session_table.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "crypto/seeded_random.h"

namespace immudb::auth {
namespace {

class SessionTableTest : public testing::Test {
 protected:
  SessionTableTest() {
    for (const char* name : {"alice", "bob"}) {
      User user;
      user.name = name;
      EXPECT_TRUE(users_.Create(user));
    }
  }

  std::string Open(std::string_view name, std::string database = "defaultdb") {
    return sessions_.Open(*users_.Find(name), std::move(database)).value();
  }
  TokenState StateOf(std::string_view token) { return sessions_.Find(token).state; }

  FakeClock clock_;
  crypto::SeededRandom random_{1};
  UserRegistry users_{[](BytesView) { return Status(); }};
  SessionTable sessions_{users_, random_, clock_, {.sessions_per_user_max = 8}};
};

constexpr std::int64_t kHourMs = 3'600'000;

TEST_F(SessionTableTest, ATokenLeadsToItsUserAndDatabase) {
  const std::string token = Open("alice", "db1");
  const TokenLookup lookup = sessions_.Find(token);
  ASSERT_EQ(lookup.state, TokenState::kValid);
  EXPECT_EQ(lookup.session.user->name, "alice");
  EXPECT_EQ(lookup.session.database, "db1");
}

TEST_F(SessionTableTest, TokensAreLongPrintableAndNeverTheSame) {
  std::set<std::string> tokens;
  for (int i = 0; i < 8; ++i) {
    const std::string token = Open("alice");
    EXPECT_EQ(token.size(), 64u);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_TRUE(tokens.insert(token).second);
  }
}

TEST_F(SessionTableTest, NothingButTheWholeTokenCounts) {
  const std::string token = Open("alice");
  EXPECT_EQ(StateOf(""), TokenState::kUnknown);
  EXPECT_EQ(StateOf(token + "0"), TokenState::kUnknown);
  EXPECT_EQ(StateOf(token.substr(1)), TokenState::kUnknown);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_EQ(StateOf(other), TokenState::kUnknown);
  }
}

TEST_F(SessionTableTest, ATokenLivesForAnHourAndIsThenKnownAsExpired) {
  const std::string token = Open("alice");
  for (int i = 0; i < 6; ++i) {
    clock_.AdvanceMs(kHourMs / 6);
    EXPECT_EQ(StateOf(token), TokenState::kValid);
  }
  clock_.AdvanceMs(1);
  EXPECT_EQ(StateOf(token), TokenState::kExpired);
  clock_.AdvanceMs(20 * kHourMs);
  Open("alice");
  EXPECT_EQ(StateOf(token), TokenState::kExpired);
  clock_.AdvanceMs(5 * kHourMs);
  Open("alice");
  EXPECT_EQ(StateOf(token), TokenState::kUnknown);
}

TEST_F(SessionTableTest, ATokenThatIsNotUsedForAQuarterOfAnHourHasExpired) {
  const std::string token = Open("alice");
  clock_.AdvanceMs(kHourMs / 4);
  EXPECT_EQ(StateOf(token), TokenState::kValid);
  clock_.AdvanceMs(kHourMs / 4 + 1);
  EXPECT_EQ(StateOf(token), TokenState::kExpired);
  EXPECT_EQ(StateOf(token), TokenState::kExpired);
}

TEST_F(SessionTableTest, ClosingEndsOneSessionOnly) {
  const std::string first = Open("alice");
  const std::string second = Open("alice");
  EXPECT_TRUE(sessions_.Close(first));
  EXPECT_EQ(StateOf(first), TokenState::kUnknown);
  EXPECT_EQ(StateOf(second), TokenState::kValid);
  EXPECT_FALSE(sessions_.Close(first));
}

TEST_F(SessionTableTest, AChangeOfTheUserEndsHisSessionsForGood) {
  const std::string token = Open("alice");
  const std::string of_bob = Open("bob");
  User changed = *users_.Find("alice");
  ASSERT_TRUE(users_.Replace(changed));
  EXPECT_EQ(StateOf(token), TokenState::kUnknown);
  const std::string fresh = Open("alice");
  EXPECT_EQ(StateOf(fresh), TokenState::kValid);
  EXPECT_EQ(StateOf(token), TokenState::kUnknown);
  EXPECT_EQ(StateOf(of_bob), TokenState::kValid);
}

TEST_F(SessionTableTest, WhoOpensTooManyEndsHisOwnOldest) {
  const std::string of_bob = Open("bob");
  std::vector<std::string> tokens;
  for (int i = 0; i < 10; ++i) tokens.push_back(Open("alice"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(StateOf(tokens[static_cast<std::size_t>(i)]),
              i < 2 ? TokenState::kUnknown : TokenState::kValid)
        << i;
  }
  EXPECT_EQ(StateOf(of_bob), TokenState::kValid);
}

TEST_F(SessionTableTest, AtTheLimitTheSessionUsedLongestAgoMakesRoom) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i) {
    tokens.push_back(Open("alice"));
    clock_.AdvanceMs(1000);
  }
  EXPECT_EQ(StateOf(tokens[0]), TokenState::kValid);  // Used just now, though the oldest.
  tokens.push_back(Open("alice"));
  EXPECT_EQ(StateOf(tokens[0]), TokenState::kValid);
  EXPECT_EQ(StateOf(tokens[1]), TokenState::kUnknown);
  EXPECT_EQ(StateOf(tokens[2]), TokenState::kValid);
}

TEST_F(SessionTableTest, ClosedAndExpiredSessionsTakeNoRoom) {
  const std::string kept = Open("alice");
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(sessions_.Close(Open("alice")));
  }
  EXPECT_EQ(StateOf(kept), TokenState::kValid);

  for (int i = 0; i < 6; ++i) Open("bob");
  clock_.AdvanceMs(kHourMs + 1);
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i) tokens.push_back(Open("bob"));
  for (const std::string& token : tokens) EXPECT_EQ(StateOf(token), TokenState::kValid);
}

TEST_F(SessionTableTest, ExpiredSessionsAreRememberedOnlyInTheNumberThatMayBeOpen) {
  std::vector<std::string> tokens;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 4; ++i) tokens.push_back(Open("alice"));
    clock_.AdvanceMs(kHourMs + 1);
  }
  Open("alice");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(StateOf(tokens[i]), i < 8 ? TokenState::kUnknown : TokenState::kExpired) << i;
  }
}

class NoRandom : public crypto::RandomSource {
 public:
  Status Fill(std::span<std::uint8_t> /*out*/) override {
    return Fail(Code::kUnavailable, "no randomness");
  }
};

TEST_F(SessionTableTest, WithoutRandomnessThereIsNoSession) {
  NoRandom random;
  SessionTable sessions(users_, random, clock_, {});
  const auto token = sessions.Open(*users_.Find("alice"), "defaultdb");
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace immudb::auth
