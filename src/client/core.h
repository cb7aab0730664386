// What all calls of a client share: the session, repetition, deadlines, the trusted states.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "client/call_state.h"
#include "client/head_keeper.h"
#include "client/messages.h"
#include "client/transport.h"
#include "client/trust_store.h"
#include "crypto/random.h"
#include "immudb/async_client.h"
#include "immudb/client_options.h"
#include "immudb/client_types.h"
#include "immudb/result.h"
#include "io/file_system.h"

namespace immudb::client {

// The means a client works with. Shared with whoever made them: a test that looks into them.
struct Environment {
  std::shared_ptr<Transport> transport;
  std::shared_ptr<Executor> executor;  // For files and pauses.
  std::shared_ptr<Clock> clock;
  std::shared_ptr<io::FileSystem> files;
  std::shared_ptr<crypto::RandomSource> random;
};

// Whether a call may be sent again when nobody knows what became of it.
enum class Effect : std::uint8_t { kNone, kChanges };

struct Question {
  const char* method = nullptr;
  Bytes request = {};
  Effect effect = Effect::kNone;
  Service service = Service::kData;
};

// Thread-safe.
class Core : public HeadSource {
 public:
  using OnReply = std::function<void(Result<RpcReply>)>;

  Core(ClientOptions options, Environment environment);
  // Cancels what is under way, and waits for its end.
  ~Core() override;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Begins a call of the user's, in the session and database of this moment.
  CallPtr Begin(const char* method, const CallOptions& options);

  // Asks the server, again if that is safe, and with a new session if the old one is over.
  void Send(const CallPtr& call, Question question, OnReply done);

  // Asks once, and takes the answer apart with `decode`.
  template <typename T, typename Decode>
  void Ask(Question question, const CallOptions& options, Callback<T> done, Decode decode) {
    const CallPtr call = Begin(question.method, options);
    Send(call, std::move(question),
         [call, done = std::move(done), decode = std::move(decode)](Result<RpcReply> reply) {
           if (!reply) return done(reply.error());
           done(decode(*reply));
         });
  }

  void Login(std::string user, std::string password, const CallOptions& options,
             Callback<LoginReply> done);
  void Logout(const CallOptions& options, Callback<void> done);
  void UseDatabase(std::string database, const CallOptions& options, Callback<void> done);
  void SetSession(Session session);
  Session session() const;

  void Dump(std::function<bool(std::vector<DumpRecord>)> on_records, const CallOptions& options,
            Callback<void> done);

  // Asks once, and hands each message of the answer to `take`, whose error ends the call.
  void AskStream(Question question, const CallOptions& options, Callback<void> done,
                 std::function<Status(const Bytes& message)> take);

  // The keeper of the database that `call` is about.
  HeadKeeper& Keeper(const CallPtr& call);
  void Report(const CallPtr& call, const Error& error) const;

  void FetchLink(const CallPtr& call, const TreeHead& older, const TreeHead& newer,
                 Callback<EntryProof> done) override;
  void FetchSignedHead(const CallPtr& call, Callback<SignedHead> done) override;

  std::uint64_t NowUnixSeconds() const;

 private:
  struct Attempt;
  struct Credentials {
    std::string user;
    std::string password;
  };
  struct Renewal {
    CallPtr call;
    Callback<void> done;
  };

  void Run(const std::shared_ptr<Attempt>& attempt);
  void OnAnswer(const std::shared_ptr<Attempt>& attempt, RpcReply reply);
  void RunAgainLater(const std::shared_ptr<Attempt>& attempt);
  // Gives `call` a session that holds, logging in if need be; one login serves all who wait.
  void Renew(const CallPtr& call, const Error& why, Callback<void> done);
  void LogInAgain(const CallPtr& call, const Credentials& credentials, std::uint64_t generation);
  void EndRenewal(std::uint64_t generation, Result<std::string> token);
  std::chrono::nanoseconds TimeLeft(const CallPtr& call) const;
  std::string Place() const;

  const ClientOptions options_;
  Environment environment_;
  const std::shared_ptr<CallCounter> calls_ = std::make_shared<CallCounter>();
  TrustStore store_;

  mutable Mutex mutex_;
  Session session_ IMMUDB_GUARDED_BY(mutex_);
  std::uint64_t generation_ IMMUDB_GUARDED_BY(mutex_) = 0;  // Grows with each change of session_.
  std::optional<Credentials> credentials_ IMMUDB_GUARDED_BY(mutex_);
  bool is_renewing_ IMMUDB_GUARDED_BY(mutex_) = false;
  std::vector<Renewal> renewals_ IMMUDB_GUARDED_BY(mutex_);
  std::map<std::string, std::unique_ptr<HeadKeeper>> keepers_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::client
