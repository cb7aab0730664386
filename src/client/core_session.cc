#include <utility>

#include "base/error.h"
#include "client/core.h"
#include "client/status_map.h"

namespace immudb::client {

void Core::SetSession(Session session) {
  const MutexLock lock(mutex_);
  session_ = std::move(session);
  credentials_.reset();
  ++generation_;
}

Session Core::session() const {
  const MutexLock lock(mutex_);
  return session_;
}

void Core::Login(std::string user, std::string password, const CallOptions& options,
                 Callback<LoginReply> done) {
  const CallPtr call = Begin("Login", options);
  call->token.clear();
  Credentials credentials{std::move(user), std::move(password)};
  Question question{"Login", EncodeLogin(credentials.user, credentials.password), Effect::kChanges};
  Send(call, std::move(question),
       [this, call, credentials = std::move(credentials),
        done = std::move(done)](Result<RpcReply> reply) mutable {
         if (!reply) return done(reply.error());
         Result<LoginAnswer> answer = DecodeLogin(reply->body);
         if (!answer) return done(answer.error());
         {
           const MutexLock lock(mutex_);
           session_ = {std::move(answer->token), {}};
           if (options_.renew_session) credentials_ = std::move(credentials);
           ++generation_;
         }
         done(LoginReply{std::move(answer->warning)});
       });
}

void Core::Logout(const CallOptions& options, Callback<void> done) {
  const CallPtr call = Begin("Logout", options);
  {
    // Nothing renews a session that is being ended.
    const MutexLock lock(mutex_);
    credentials_.reset();
  }
  Send(call, {"Logout", {}, Effect::kChanges},
       [this, call, done = std::move(done)](const Result<RpcReply>& reply) {
         if (!reply && reply.error().code != Code::kUnauthenticated) return done(reply.error());
         SetSession({});
         if (!reply) return done(reply.error());
         done({});
       });
}

void Core::UseDatabase(std::string database, const CallOptions& options, Callback<void> done) {
  const CallPtr call = Begin("UseDatabase", options);
  Question question{"UseDatabase", EncodeDatabase(database)};
  Send(call, std::move(question),
       [this, call, database = std::move(database),
        done = std::move(done)](Result<RpcReply> reply) mutable {
         if (!reply) return done(reply.error());
         Result<std::string> token = DecodeToken(reply->body);
         if (!token) return done(token.error());
         {
           const MutexLock lock(mutex_);
           session_ = {*std::move(token), std::move(database)};
           ++generation_;
         }
         done({});
       });
}

void Core::Renew(const CallPtr& call, const Error& why, Callback<void> done) {
  std::optional<Credentials> starts;
  std::optional<Status> answer;
  std::uint64_t generation = 0;
  {
    const MutexLock lock(mutex_);
    const std::string database = session_.database.empty() ? "defaultdb" : session_.database;
    if (generation_ != call->session_generation && database == call->database) {
      call->token = session_.token;  // Somebody has renewed it meanwhile.
      call->session_generation = generation_;
      answer = Status();
    } else if (!credentials_.has_value() || generation_ != call->session_generation) {
      answer = Status(why);
    } else {
      renewals_.push_back({call, std::move(done)});
      if (!is_renewing_) starts = credentials_;
      is_renewing_ = true;
      generation = generation_;
    }
  }
  if (answer.has_value()) return done(*std::move(answer));
  if (starts.has_value()) LogInAgain(call, *starts, generation);
}

void Core::LogInAgain(const CallPtr& call, const Credentials& credentials,
                      std::uint64_t generation) {
  std::string database;
  {
    const MutexLock lock(mutex_);
    database = session_.database;
  }
  environment_.transport->Start({.method = "Login",
                                 .request = EncodeLogin(credentials.user, credentials.password),
                                 .token = {},
                                 .timeout = TimeLeft(call)},
                                [this, call, database, generation](const RpcReply& reply) {
                                  if (reply.code != WireCode::kOk)
                                    return EndRenewal(generation, ErrorOf(reply, Place()));
                                  Result<LoginAnswer> answer = DecodeLogin(reply.body);
                                  if (!answer) return EndRenewal(generation, answer.error());
                                  if (database.empty())
                                    return EndRenewal(generation, std::move(answer->token));
                                  environment_.transport->Start(
                                      {.method = "UseDatabase",
                                       .request = EncodeDatabase(database),
                                       .token = answer->token,
                                       .timeout = TimeLeft(call)},
                                      [this, call, generation](const RpcReply& chosen) {
                                        if (chosen.code != WireCode::kOk) {
                                          return EndRenewal(generation, ErrorOf(chosen, Place()));
                                        }
                                        EndRenewal(generation, DecodeToken(chosen.body));
                                      });
                                });
}

void Core::EndRenewal(std::uint64_t generation, Result<std::string> token) {
  std::vector<Renewal> waiting;
  {
    const MutexLock lock(mutex_);
    is_renewing_ = false;
    waiting.swap(renewals_);
    if (token && generation_ == generation) {
      session_.token = *token;
      ++generation_;
    }
  }
  for (Renewal& renewal : waiting) {
    if (!token) {
      renewal.done(token.error());
    } else {
      // Finds the new session, or one that the user has begun meanwhile.
      Renew(renewal.call, {Code::kUnauthenticated, "the session has changed"},
            std::move(renewal.done));
    }
  }
}

}  // namespace immudb::client
