// The newest tree head that this process has verified of one database, and its place on the disk.
//
// Calls run side by side: each is proven to continue the head that was newest when it began, its
// *base*. When its answer comes, the newest head may be another one. Then the two are linked: the
// server proves with one call that both are beginnings of one tree (VerifyLink). So concurrency
// raises no false alarm, and two histories do not pass, whether two threads or two processes are
// shown them.
//
// With a pinned key, only heads that the server has signed are kept: a head beyond the newest
// signed one is linked to a signed head at or beyond it.

#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "client/call_state.h"
#include "client/trust_store.h"
#include "immudb/async_client.h"
#include "immudb/bytes.h"
#include "immudb/client_options.h"
#include "immudb/client_types.h"
#include "immudb/tree.h"

namespace immudb::client {

// The questions a keeper has for the server.
class HeadSource {
 public:
  virtual ~HeadSource() = default;
  // The proof of the last entry of `older`, in a tree that continues `newer`.
  virtual void FetchLink(const CallPtr& call, const TreeHead& older, const TreeHead& newer,
                         Callback<EntryProof> done) = 0;
  virtual void FetchSignedHead(const CallPtr& call, Callback<SignedHead> done) = 0;
};

struct KeeperMeans {
  TrustStore* store;
  Executor* executor;  // Where files are read and written.
  Clock* clock;
  HeadSource* source;
};

// Thread-safe.
class HeadKeeper {
 public:
  using Head = std::optional<TreeHead>;

  // All that `means` points to, and `options`, must outlive the keeper.
  HeadKeeper(TrustSubject subject, const ClientOptions& options, const KeeperMeans& means);

  // Gives the newest head, as the base of a call; nothing at a first contact that is allowed.
  // Errors: kInvalidArgument for a first contact that is not; those of TrustStore::Load; kTampered
  // if the kept head and the one the client was given are not of one history.
  void Trusted(const CallPtr& call, Callback<Head> done);

  // Takes note of `head`, which was proven to continue `base`; `done` when it, or a newer one, is
  // on the disk. Errors: kTampered, and nothing has changed; those of TrustStore::Advance.
  void Accept(const CallPtr& call, const Head& base, const TreeHead& head, Callback<void> done);

  // Accepts a head that the server has shown by itself after `trusted` was the newest: signed, if a
  // key is pinned, and linked with the newest one. An empty head is accepted where nothing is
  // trusted, and not kept. Errors: as Accept.
  void AcceptShown(const CallPtr& call, const Head& trusted, const SignedHead& shown,
                   Callback<void> done);

  // Gives what is trusted now, or nothing; a first contact is none. Errors: of TrustStore::Load.
  void Newest(const CallPtr& call, Callback<Head> done);

 private:
  struct Waiter {
    CallPtr call;
    TreeSize size;
    Callback<void> done;
  };

  void OnLoaded(const CallPtr& call, Result<std::optional<TrustRecord>> loaded,
                const Callback<Head>& done);
  Status CheckFirstContact() const;
  // Takes what was found on the disk as the newest head, unless there is one.
  Head Begin(const Head& newest, const Head& saved);
  // Checks with the server that both heads are of one history.
  void Link(const CallPtr& call, const TreeHead& trusted, const TreeHead& claimed,
            Callback<void> done);
  void AcceptSigned(const CallPtr& call, const Head& base, const TreeHead& head,
                    Callback<void> done);
  void AdoptSigned(const CallPtr& call, const Head& base, const TreeHead& head,
                   Callback<void> done);
  void WaitUntilSaved(const CallPtr& call, TreeSize size, Callback<void> done);
  void Save();
  void OnSaved(const TreeHead& kept);
  void OnOtherHead(const TreeHead& target, const TreeHead& kept);
  void FailWaiters(const Error& error, const Evidence& evidence);
  TrustRecord RecordOf(const TreeHead& head) const;

  const TrustSubject subject_;
  const ClientOptions* options_;
  const KeeperMeans means_;

  Mutex mutex_;
  Head newest_ IMMUDB_GUARDED_BY(mutex_);
  Head saved_ IMMUDB_GUARDED_BY(mutex_);  // Invariant: not beyond newest_.
  bool is_saving_ IMMUDB_GUARDED_BY(mutex_) = false;
  std::int64_t save_until_ns_ IMMUDB_GUARDED_BY(mutex_) = 0;
  std::vector<Waiter> waiters_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::client
