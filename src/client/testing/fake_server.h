// A server of a few lines, for tests of the client: it keeps entries in memory, makes its proofs
// from the slow tree of merkle/reference_tree.h, and lies when told to. It shares no code with what
// checks its answers, but the leaf's hash.

#pragma once

#include <schema.pb.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "client/transport.h"
#include "crypto/ecdsa.h"
#include "immudb/verify.h"
#include "merkle/reference_tree.h"
#include "proof/stored_encoding.h"

namespace immudb::client {

struct FakeLedger {
  struct Stored {
    std::string key;
    std::string value;
    bool is_reference = false;
  };
  std::vector<Stored> entries;
  std::vector<Digest> leaves;

  std::uint64_t Append(std::string key, std::string value, bool is_reference = false) {
    const LeafIndex index{entries.size()};
    leaves.push_back(EntryDigest(index, AsBytes(key), AsBytes(value)));
    entries.push_back({std::move(key), std::move(value), is_reference});
    return index.value;
  }
  // The newest entry of `key`, or -1.
  std::int64_t Find(const std::string& key) const {
    auto i = static_cast<std::int64_t>(entries.size()) - 1;
    while (i >= 0 && entries[static_cast<std::size_t>(i)].key != key) --i;
    return i;
  }
  TreeHead Head() const { return {TreeSize{leaves.size()}, merkle::reference::TreeHash(leaves)}; }
};

class FakeServer : public Transport {
 public:
  // Changes an answer before it is given.
  using Lie = std::function<void(const std::string& method, RpcReply& reply)>;

  FakeLedger ledger;  // Of every database.
  Lie lie;
  const crypto::EcdsaPrivateKey* key = nullptr;  // Signs, if there is one.
  bool holds = false;                            // Keeps answers back in `held`.
  std::vector<std::function<void()>> held;
  std::vector<std::string> methods;  // As they were called.
  std::vector<std::string> tokens;   // As they came with each call.
  bool knows_sessions = false;       // Refuses tokens other than those it gave.
  std::uint64_t sessions = 0;        // Tokens given so far; only the last one holds.
  WireCode fault = WireCode::kOk;    // The answer to the next `faults` calls.
  int faults = 0;
  bool checks_since = true;  // Refuses a trusted index beyond its newest.

  void Start(Rpc rpc, Done done) override {
    RpcReply reply;
    {
      const MutexLock lock(mutex_);
      methods.push_back(rpc.method);
      tokens.push_back(rpc.token);
      reply = Answer(rpc);
      if (reply.code == WireCode::kOk && lie) lie(rpc.method, reply);
      if (holds) {
        held.push_back([done = std::move(done), reply] { done(reply); });
        return;
      }
    }
    done(std::move(reply));
  }

  void StartStream(Rpc rpc, OnMessage on_message, Done done) override {
    Start(rpc, std::move(done));
    static_cast<void>(on_message);
  }
  void CancelAll() override {}

  // Gives what is held, in its order.
  void Release() {
    std::vector<std::function<void()>> answers;
    answers.swap(held);
    for (const auto& answer : answers) answer();
  }

  // Ends every session.
  void EndSessions() { current_ = "none"; }

  // The honest answer, for a lie that gives it to another question. Not for use by calls.
  RpcReply AnswerNow(const Rpc& rpc) { return Answer(rpc); }

  std::size_t Calls(const std::string& method) const {
    return static_cast<std::size_t>(std::count(methods.begin(), methods.end(), method));
  }

 private:
  schema::Proof Prove(std::uint64_t index, std::uint64_t since, std::uint64_t size) const;
  schema::Item ItemAt(std::uint64_t index) const;
  bool Knows(std::uint64_t since) const;
  RpcReply Proven(std::uint64_t index, std::uint64_t since) const;
  RpcReply Written(std::string stored_key, std::string value, bool is_reference,
                   std::uint64_t since);
  RpcReply GetProven(const schema::SafeGetOptions& request) const;
  RpcReply Versions(const schema::HistoryOptions& request) const;
  RpcReply CurrentRoot() const;
  RpcReply NewSession(const std::string& database);
  RpcReply Answer(const Rpc& rpc);

  Mutex mutex_;
  std::string current_;
};

}  // namespace immudb::client
