// A client with a fake server, files in memory and a clock that stands still.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "client/core.h"
#include "client/testing/fake_server.h"
#include "crypto/seeded_random.h"
#include "immudb/async_client.h"
#include "io/memory_file_system.h"

namespace immudb::client {

// Runs every task at once, on the thread that posts it.
class InlineExecutor : public Executor {
 public:
  void Post(Task task) override { task(); }
  void PostAfter(std::chrono::nanoseconds delay, Task task) override {
    pauses.push_back(delay);
    task();
  }
  std::vector<std::chrono::nanoseconds> pauses;
};

// What stays when a process ends: the files; and what it talks to.
struct World {
  std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();
  std::shared_ptr<io::MemoryFileSystem> files = std::make_shared<io::MemoryFileSystem>();
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<InlineExecutor> executor = std::make_shared<InlineExecutor>();
  std::vector<TamperReport> reports;
  ClientOptions options;

  World() {
    options.server_identity = "server";
    options.state_directory = "/state";
    options.first_contact = FirstContact::kTrustOnFirstUse;
    options.on_tampering = [this](const TamperReport& report) { reports.push_back(report); };
  }

  // A process of its own on these files.
  std::unique_ptr<AsyncClient> NewClient() const {
    return AsyncClient::CreateWith(options, {.transport = server,
                                             .executor = executor,
                                             .clock = clock,
                                             .files = files,
                                             .random = std::make_shared<crypto::SeededRandom>(1)});
  }
};

// A place for the answer of a call that has answered by the time it returns.
template <typename T>
class Answer {
 public:
  Callback<T> callback() {
    return [this](Result<T> result) {
      EXPECT_FALSE(result_.has_value()) << "a call has answered twice";
      result_ = std::move(result);
    };
  }
  bool is_there() const { return result_.has_value(); }
  Result<T>& get() {
    if (!result_.has_value()) {
      ADD_FAILURE() << "the call has not answered";
      result_ = Result<T>(Error{Code::kClosed, "no answer"});
    }
    return *result_;
  }

 private:
  std::optional<Result<T>> result_;
};

inline Result<VerifiedWrite> SafeSet(AsyncClient& client, std::string_view key,
                                     std::string_view value) {
  Answer<VerifiedWrite> answer;
  client.SafeSet(AsBytes(key), AsBytes(value), {}, answer.callback());
  return answer.get();
}

inline Result<VerifiedItem> SafeGet(AsyncClient& client, std::string_view key) {
  Answer<VerifiedItem> answer;
  client.SafeGet(AsBytes(key), {}, answer.callback());
  return answer.get();
}

inline std::optional<TreeHead> TrustedHead(AsyncClient& client) {
  Answer<std::optional<TreeHead>> answer;
  client.TrustedHead({}, answer.callback());
  return answer.get().value_or(std::nullopt);
}

// The code of an error; no value for a success.
template <typename T>
std::optional<Code> CodeOf(const Result<T>& result) {
  return result ? std::nullopt : std::optional<Code>(result.error().code);
}

}  // namespace immudb::client
