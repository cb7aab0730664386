#include "client/core.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/error.h"
#include "client/status_map.h"

namespace immudb::client {

namespace {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

}  // namespace

// One question, with what is left of its chances.
struct Core::Attempt {
  CallPtr call;
  Question question;
  OnReply done;
  std::uint32_t number = 1;
  bool may_renew = true;
};

Core::Core(ClientOptions options, Environment environment)
    : options_(std::move(options)),
      environment_(std::move(environment)),
      store_(*environment_.files, options_.state_directory) {}

Core::~Core() {
  environment_.transport->CancelAll();
  calls_->WaitForNone();
}

CallPtr Core::Begin(const char* method, const CallOptions& options) {
  auto call = std::make_shared<CallState>(calls_, method);
  const std::chrono::nanoseconds deadline = options.deadline.value_or(options_.deadline);
  call->deadline_ns = environment_.clock->MonotonicNs() + deadline.count();
  const MutexLock lock(mutex_);
  call->token = session_.token;
  // A session without a choice is in the database that every server has.
  call->database = session_.database.empty() ? "defaultdb" : session_.database;
  call->session_generation = generation_;
  return call;
}

std::chrono::nanoseconds Core::TimeLeft(const CallPtr& call) const {
  return std::chrono::nanoseconds(call->deadline_ns - environment_.clock->MonotonicNs());
}

std::string Core::Place() const {
  if (!options_.unix_socket.empty()) return options_.unix_socket;
  return Text("{}:{}", options_.address, options_.port);
}

std::uint64_t Core::NowUnixSeconds() const {
  return static_cast<std::uint64_t>(environment_.clock->NowUnixUs() / kMicrosecondsPerSecond);
}

void Core::Send(const CallPtr& call, Question question, OnReply done) {
  // Shared by the steps of the question, which hand it on.
  auto attempt = std::make_shared<Attempt>();
  attempt->call = call;
  attempt->question = std::move(question);
  attempt->done = std::move(done);
  Run(attempt);
}

void Core::Run(const std::shared_ptr<Attempt>& attempt) {
  const std::chrono::nanoseconds left = TimeLeft(attempt->call);
  if (left.count() <= 0) {
    return attempt->done(Fail(Code::kUnavailable, "no answer from immudb at {} in time", Place()));
  }
  environment_.transport->Start(
      {.method = attempt->question.method,
       .request = attempt->question.request,
       .token = attempt->call->token,
       .timeout = left,
       .service = attempt->question.service},
      [this, attempt](RpcReply reply) { OnAnswer(attempt, std::move(reply)); });
}

void Core::OnAnswer(const std::shared_ptr<Attempt>& attempt, RpcReply reply) {
  if (reply.code == WireCode::kOk) return attempt->done(std::move(reply));
  const Error error = ErrorOf(reply, Place());
  if (error.code == Code::kUnauthenticated && attempt->may_renew && options_.renew_session) {
    // The server refuses such a call before it does anything, so a write may be sent again too.
    attempt->may_renew = false;
    return Renew(attempt->call, error, [this, attempt](const Status& renewed) {
      if (!renewed) return attempt->done(renewed.error());
      Run(attempt);
    });
  }
  const bool may_pass =
      reply.code == WireCode::kUnavailable || reply.code == WireCode::kResourceExhausted;
  const bool may_repeat = attempt->question.effect == Effect::kNone && may_pass &&
                          attempt->number < options_.retry.attempts_max;
  if (may_repeat) return RunAgainLater(attempt);
  attempt->done(error);
}

void Core::RunAgainLater(const std::shared_ptr<Attempt>& attempt) {
  std::chrono::nanoseconds pause = options_.retry.first_pause;
  for (std::uint32_t i = 1; i < attempt->number && pause < options_.retry.pause_max; ++i) {
    pause *= 2;
  }
  pause = std::min<std::chrono::nanoseconds>(pause, options_.retry.pause_max);
  // Clients that lost one server together do not come back together.
  std::array<std::uint8_t, 8> random{};
  if (environment_.random->Fill(random) && pause.count() > 0) {
    pause +=
        std::chrono::nanoseconds(GetU64(random.data()) % static_cast<std::uint64_t>(pause.count()));
  }
  ++attempt->number;
  environment_.executor->PostAfter(std::min(pause, TimeLeft(attempt->call)),
                                   [this, attempt] { Run(attempt); });
}

HeadKeeper& Core::Keeper(const CallPtr& call) {
  const MutexLock lock(mutex_);
  std::unique_ptr<HeadKeeper>& keeper = keepers_[call->database];
  if (keeper == nullptr) {
    keeper = std::make_unique<HeadKeeper>(
        TrustSubject{options_.server_identity, call->database}, options_,
        KeeperMeans{&store_, environment_.executor.get(), environment_.clock.get(), this});
  }
  return *keeper;
}

void Core::Report(const CallPtr& call, const Error& error) const {
  if (error.code != Code::kTampered || !options_.on_tampering) return;
  options_.on_tampering({.server = options_.server_identity,
                         .database = call->database,
                         .call = call->method,
                         .reason = error.message,
                         .trusted = call->evidence.trusted,
                         .claimed = call->evidence.claimed,
                         .proof = call->evidence.proof});
}

void Core::FetchLink(const CallPtr& call, const TreeHead& older, const TreeHead& newer,
                     Callback<EntryProof> done) {
  const LeafIndex last{older.size.value - 1};
  const LeafIndex since{newer.size.value - 1};
  Send(call, {"BySafeIndex", EncodeSafeIndex(last, since)},
       [done = std::move(done)](Result<RpcReply> reply) {
         if (!reply) return done(reply.error());
         Result<ProvenItem> answer = DecodeSafeItem(reply->body);
         if (!answer) return done(answer.error());
         done(std::move(answer->proof));
       });
}

void Core::FetchSignedHead(const CallPtr& call, Callback<SignedHead> done) {
  Send(call, {"CurrentRoot", {}}, [done = std::move(done)](Result<RpcReply> reply) {
    if (!reply) return done(reply.error());
    done(DecodeRoot(reply->body));
  });
}

void Core::Dump(std::function<bool(std::vector<DumpRecord>)> on_records, const CallOptions& options,
                Callback<void> done) {
  AskStream({"Dump", {}}, options, std::move(done),
            [on_records = std::move(on_records)](const Bytes& message) -> Status {
              IMMUDB_ASSIGN(std::vector<DumpRecord> records, DecodeDump(message));
              if (on_records(std::move(records))) return {};
              return Fail(Code::kUnavailable, "the dump was ended");
            });
}

void Core::AskStream(Question question, const CallOptions& options, Callback<void> done,
                     std::function<Status(const Bytes& message)> take) {
  CallPtr call = Begin(question.method, options);
  // Shared by the two callbacks.
  auto fault = std::make_shared<Status>();
  environment_.transport->StartStream(
      {.method = question.method,
       .request = std::move(question.request),
       .token = call->token,
       .timeout = TimeLeft(call),
       .service = question.service},
      [fault, take = std::move(take)](const Bytes& message) {
        *fault = take(message);
        return fault->has_value();
      },
      [this, call, fault, done = std::move(done)](const RpcReply& reply) {
        if (!*fault) return done(fault->error());
        if (reply.code != WireCode::kOk) return done(ErrorOf(reply, Place()));
        done({});
      });
}

}  // namespace immudb::client
