// A whole service in memory: fake engine, fake files, fake clock, and executors that run when the
// test calls.

#pragma once

#include <gtest/gtest.h>
#include <schema.pb.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/service.h"
#include "api/testing/fake_call.h"
#include "api/users.h"
#include "auth/crypt_password_hasher.h"
#include "base/error.h"
#include "catalog/testing/fake_engine.h"
#include "crypto/seeded_random.h"
#include "io/memory_file_system.h"

namespace immudb::api {

template <typename Message>
Bytes Encoded(const Message& message) {
  const std::string text = message.SerializeAsString();
  return {text.begin(), text.end()};
}

template <typename Message>
Message Parsed(const Bytes& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return message;
}

class ServiceFixture : public testing::Test {
 protected:
  // Starts the service on what is in `files_`, with a first password if there is nothing.
  void StartService(ServiceOptions options = {.version_text = "immudb 0.0.0"}) {
    catalog_ =
        catalog::Catalog::Open(
            {.files = files_, .engine = engine(), .random = random_, .clock = clock_}, "/data")
            .value();
    users_ = OpenUsers(*catalog_, hasher_, clock_, "immudb").value();
    throttle_ = std::make_unique<auth::LoginThrottle>(clock_, auth::LoginThrottle::Options{});
    authenticator_ =
        auth::Authenticator::Create(*users_, hasher_, *throttle_,
                                    auth::Authenticator::DefaultPassword::kFromThisMachineOnly)
            .value();
    sessions_ = std::make_unique<auth::SessionTable>(*users_, random_, clock_,
                                                     auth::SessionTable::Options{});
    auto reads = std::make_unique<ManualExecutor>();
    auto hashing = std::make_unique<ManualExecutor>();
    reads_ = reads.get();
    auto long_reads = std::make_unique<ManualExecutor>();
    hashing_ = hashing.get();
    long_reads_ = long_reads.get();
    service_ = std::make_unique<Service>(ServiceParts{.catalog = *catalog_,
                                                      .users = *users_,
                                                      .authenticator = *authenticator_,
                                                      .sessions = *sessions_,
                                                      .hasher = hasher_,
                                                      .clock = clock_,
                                                      .reads = std::move(reads),
                                                      .hashing = std::move(hashing),
                                                      .long_reads = std::move(long_reads)},
                                         std::move(options));
  }

  void StopService() {
    if (!service_) return;
    RunAll();
    service_->Stop();
    EXPECT_TRUE(catalog_->Close());
    service_.reset();
    catalog_.reset();
  }

  void TearDown() override { StopService(); }

  // Gives the call to the service and leaves its tasks waiting.
  std::shared_ptr<FakeCaller> Begin(FakeRequest request) {
    auto caller = std::make_shared<FakeCaller>();
    const auto found = service_->Find(request.path);
    if (const auto* refusal = std::get_if<rpc::RpcStatus>(&found)) {
      caller->Answer({.status = *refusal, .reply = {}, .has_initial_metadata = false});
    } else {
      service_->Start(std::get<rpc::Dispatcher::Method>(found),
                      std::make_unique<FakeCall>(caller, std::move(request)));
    }
    return caller;
  }

  void RunAll() {
    while (reads_->RunOne() || hashing_->RunOne() || long_reads_->RunOne()) {
    }
  }

  FakeAnswer Call(FakeRequest request) {
    const std::shared_ptr<FakeCaller> caller = Begin(std::move(request));
    RunAll();
    WaitFor(*caller);
    EXPECT_TRUE(caller->answer());
    return caller->answer().value_or(FakeAnswer{});
  }

  // The engine that databases are opened with, and waiting for what it answers from its threads.
  virtual Engine& engine() { return engine_; }
  virtual void WaitFor(FakeCaller& /*caller*/) {}

  // Reads a stream to its end, as a transport does; returns its status.
  rpc::RpcStatus ReadStream(rpc::MessageStream& stream, std::vector<Bytes>& messages) {
    for (;;) {
      rpc::MessageStream::Next next = stream.Pull([] {});
      if (next.kind == rpc::MessageStream::Next::Kind::kEnd) return next.status;
      if (next.kind == rpc::MessageStream::Next::Kind::kMessage) {
        messages.push_back(std::move(next.message));
      } else {
        RunAll();
      }
    }
  }

  // Logs in from this machine and returns the token.
  std::string LogIn(const std::string& user, const std::string& password) {
    schema::LoginRequest request;
    request.set_user(user);
    request.set_password(password);
    const FakeAnswer answer = Call({.path = Path("Login"), .message = Encoded(request)});
    EXPECT_TRUE(answer.status.ok()) << answer.status.message;
    return Parsed<schema::LoginResponse>(answer.reply).token();
  }

  void AddUser(const std::string& name, std::vector<auth::Grant> grants) {
    auth::User user;
    user.name = name;
    user.grants = std::move(grants);
    user.verifier = hasher_.Hash("Passw0rd!").value();
    ASSERT_TRUE(users_->Create(user));
  }

  static std::string Path(std::string_view method) {
    return Text("/immudb.schema.ImmuService/{}", method);
  }

  catalog::FakeLedger& defaultdb() { return engine_.ledger("/data/defaultdb"); }
  catalog::FakeLedger& systemdb() { return engine_.ledger("/data/systemdb"); }

  io::MemoryFileSystem files_;
  catalog::FakeEngine engine_{files_};
  crypto::SeededRandom random_{1};
  FakeClock clock_;
  auth::CryptPasswordHasher hasher_{random_, {.yescrypt = 1}};
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<auth::UserRegistry> users_;
  std::unique_ptr<auth::LoginThrottle> throttle_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<auth::SessionTable> sessions_;
  std::unique_ptr<Service> service_;
  ManualExecutor* reads_ = nullptr;
  ManualExecutor* long_reads_ = nullptr;
  ManualExecutor* hashing_ = nullptr;
};

}  // namespace immudb::api
