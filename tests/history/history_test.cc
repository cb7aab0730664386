// Threads that write and read one ledger at the same time, and the check of what they saw. The
// check itself is tried on histories with one planted violation of each kind.

#include "history.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>

#include "immudb/cursor.h"
#include "ledger/test_world.h"

namespace immudb::history {
namespace {

constexpr std::uint32_t kKeys = 500;
constexpr int kClients = 8;

std::uint64_t CallCount() {
  const char* const text = std::getenv("IMMUDB_TEST_OPERATIONS");
  return text == nullptr ? 40'000 : std::strtoull(text, nullptr, 10);
}

std::uint64_t Number(BytesView text) {
  return std::stoull(std::string(text.begin(), text.end()));
}

Version ToVersion(const Entry& entry) {
  return {.key = static_cast<std::uint32_t>(Number(BytesView(entry.key).subspan(3))),
          .index = entry.index.value,
          .value = Number(entry.value)};
}

// One caller. It answers for itself only: no two clients share anything but the count of events.
class Client {
 public:
  Client(Ledger& ledger, std::atomic<std::uint64_t>& events, std::uint64_t number)
      : ledger_(ledger), events_(events), number_(number), random_(ledger::TestSeed(1) + number) {}

  void Run(std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls && !::testing::Test::HasFatalFailure(); i++) {
      switch (random_() % 8) {
        case 0:
        case 1: Write(1); break;
        case 2: Write(1 + random_() % 5); break;
        case 3: Scan(); break;
        case 4: Head(); break;
        default: Get();
      }
    }
  }

  std::vector<Call> TakeCalls() { return std::move(calls_); }

 private:
  std::uint64_t Now() { return events_.fetch_add(1); }
  std::uint32_t AnyKey() { return static_cast<std::uint32_t>(random_() % kKeys); }

  void Write(std::size_t count) {
    Call call{.kind = Call::Kind::kWrite};
    WriteBatch batch;
    for (std::size_t i = 0; i < count; i++) {
      call.versions.push_back({.key = AnyKey(), .value = (number_ << 32) | next_value_++});
      batch.Set(AsBytes(StoredKey(call.versions[i].key)),
                AsBytes(StoredValue(call.versions[i].value)));
    }
    call.begin = Now();
    const Result<CommitResult> done = ledger_.Commit(std::move(batch));
    call.end = Now();
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(done->last.value - done->first.value + 1, count);
    for (std::size_t i = 0; i < count; i++) call.versions[i].index = done->first.value + i;
    calls_.push_back(std::move(call));
  }

  void Get() {
    Call call{.kind = Call::Kind::kGet, .key = AnyKey()};
    call.begin = Now();
    const Result<Entry> entry = ledger_.Get(AsBytes(StoredKey(call.key)));
    call.end = Now();
    if (entry) {
      call.versions.push_back(ToVersion(*entry));
      ASSERT_EQ(call.versions[0].key, call.key);
    } else {
      ASSERT_EQ(entry.error().code, Code::kNotFound) << entry.error().message;
    }
    calls_.push_back(std::move(call));
  }

  // From one key on, up to a few more, in pieces of random length.
  void Scan() {
    Call call{.kind = Call::Kind::kScan, .key = AnyKey() / 10 * 10};
    call.key_end = call.key + 10;
    std::string prefix = StoredKey(call.key);
    prefix.pop_back();
    call.begin = Now();
    auto cursor = ledger_.Scan({.prefix = Bytes(prefix.begin(), prefix.end())});
    ASSERT_TRUE(cursor) << cursor.error().message;
    std::vector<Entry> entries;
    for (bool is_more = true; is_more;) {
      const Result<bool> read = (*cursor)->Read({.rows = 1 + random_() % 4}, entries);
      ASSERT_TRUE(read) << read.error().message;
      is_more = *read;
    }
    call.end = Now();
    for (const Entry& entry : entries) call.versions.push_back(ToVersion(entry));
    calls_.push_back(std::move(call));
  }

  void Head() {
    Call call{.kind = Call::Kind::kHead};
    call.begin = Now();
    const Result<TreeHead> head = ledger_.Head();
    call.end = Now();
    ASSERT_TRUE(head) << head.error().message;
    call.size = head->size.value;
    call.root = head->root;
    calls_.push_back(std::move(call));
  }

  Ledger& ledger_;
  std::atomic<std::uint64_t>& events_;
  const std::uint64_t number_;
  std::mt19937_64 random_;
  std::uint64_t next_value_ = 0;
  std::vector<Call> calls_;
};

std::vector<Call> RunClients(Durability durability, std::uint64_t calls) {
  ledger::ThreadedWorld world({.durability = durability, .checkpoint_log_bytes = 1u << 20});
  world.CreateAndOpen();
  std::atomic<std::uint64_t> events = 0;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint64_t i = 0; i < kClients; i++) {
    clients.push_back(std::make_unique<Client>(*world.ledger, events, i));
  }
  {
    std::vector<std::jthread> threads;
    for (const auto& client : clients) {
      threads.emplace_back([&client, calls] { client->Run(calls / kClients); });
    }
  }
  std::vector<Call> all;
  for (const auto& client : clients) {
    for (Call& call : client->TakeCalls()) all.push_back(std::move(call));
  }
  return all;
}

class HistoryTest : public ::testing::TestWithParam<Durability> {};

TEST_P(HistoryTest, OneOrderOfEventsExplainsWhatConcurrentClientsSaw) {
  const std::vector<Call> calls = RunClients(GetParam(), CallCount());
  EXPECT_EQ(FindViolation(calls), std::nullopt) << "IMMUDB_TEST_SEED=" << ledger::TestSeed(1);
  std::printf("%zu calls of %d clients, no violation\n", calls.size(), kClients);
}

INSTANTIATE_TEST_SUITE_P(InBothModes, HistoryTest,
                         ::testing::Values(Durability::kDurable, Durability::kWritten));

// A real history, for planting violations into.
class HistoryCheckTest : public ::testing::Test {
 protected:
  HistoryCheckTest() : calls_(RunClients(Durability::kWritten, 4'000)) {
    EXPECT_EQ(FindViolation(calls_), std::nullopt);
  }

  // The last call of `kind` for which `is_wanted`.
  template <typename Predicate>
  Call& Last(Call::Kind kind, Predicate is_wanted) {
    Call* last = nullptr;
    for (Call& call : calls_) {
      if (call.kind != kind || !is_wanted(call)) continue;
      if (last == nullptr || call.begin > last->begin) last = &call;
    }
    if (last == nullptr) std::abort();
    return *last;
  }

  // The version of `key` before `version`, written long before anything of the last calls.
  Version FirstOf(std::uint32_t key) {
    Version first{.index = UINT64_MAX};
    for (const Call& call : calls_) {
      if (call.kind != Call::Kind::kWrite) continue;
      for (const Version& version : call.versions) {
        if (version.key == key && version.index < first.index) first = version;
      }
    }
    return first;
  }

  static bool IsNotEmpty(const Call& call) { return !call.versions.empty(); }
  static bool Any(const Call& /*call*/) { return true; }

  std::vector<Call> calls_;
};

TEST_F(HistoryCheckTest, AnIndexGivenTwiceIsFound) {
  Call& last = Last(Call::Kind::kWrite, Any);
  last.versions[0].index -= 1;
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, WritesThatChangedPlacesAreFound) {
  Call* first = nullptr;
  for (Call& call : calls_) {
    const bool is_single = call.kind == Call::Kind::kWrite && call.versions.size() == 1;
    if (is_single && (first == nullptr || call.begin < first->begin)) first = &call;
  }
  Call& last = Last(Call::Kind::kWrite, [](const Call& call) { return call.versions.size() == 1; });
  std::swap(first->versions[0].index, last.versions[0].index);
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AnOldVersionIsFound) {
  Call& get = Last(Call::Kind::kGet, [this](const Call& call) {
    return IsNotEmpty(call) && FirstOf(call.key).index + 1000 < call.versions[0].index;
  });
  get.versions[0] = FirstOf(get.key);
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AKeyThatIsMissedIsFound) {
  Last(Call::Kind::kGet, IsNotEmpty).versions.clear();
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AValueThatNobodyWroteIsFound) {
  Last(Call::Kind::kGet, IsNotEmpty).versions[0].value += 1;
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AValueFromTheFutureIsFound) {
  Call& get = Last(Call::Kind::kGet, IsNotEmpty);
  get.begin = 0;
  get.end = 0;
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AScanThatLeavesAKeyOutIsFound) {
  Call& scan = Last(Call::Kind::kScan, IsNotEmpty);
  scan.versions.pop_back();
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AScanOfTwoStatesIsFound) {
  Call& scan = Last(Call::Kind::kScan, [this](const Call& call) {
    return IsNotEmpty(call) && FirstOf(call.versions[0].key).index < call.versions[0].index;
  });
  scan.versions[0] = FirstOf(scan.versions[0].key);
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AHeadThatWentBackIsFound) {
  Call& head = Last(Call::Kind::kHead, Any);
  const Call* oldest = &head;
  for (const Call& call : calls_) {
    if (call.kind == Call::Kind::kHead && call.size < oldest->size) oldest = &call;
  }
  head.size = oldest->size;
  head.root = oldest->root;
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

TEST_F(HistoryCheckTest, AnotherRootIsFound) {
  Last(Call::Kind::kHead, Any).root[0] ^= 1;
  EXPECT_NE(FindViolation(calls_), std::nullopt);
}

}  // namespace
}  // namespace immudb::history
