#include "client/head_keeper.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "client/head_checks.h"

namespace immudb::client {
namespace {

// Another process holds the lock while it replaces a small file: some milliseconds.
constexpr std::chrono::milliseconds kLockPause{3};
constexpr std::int64_t kLockWaitNs = 10'000'000'000;

Error Tampered(const CallPtr& call, const TreeHead& trusted, const TreeHead& claimed,
               const char* what) {
  call->evidence.trusted = trusted;
  call->evidence.claimed = claimed;
  return Fail(Code::kTampered, "{}", what);
}

}  // namespace

HeadKeeper::HeadKeeper(TrustSubject subject, const ClientOptions& options, const KeeperMeans& means)
    : subject_(std::move(subject)), options_(&options), means_(means) {}

TrustRecord HeadKeeper::RecordOf(const TreeHead& head) const {
  TrustOrigin origin = TrustOrigin::kFirstUse;
  if (!options_->pinned_key.empty()) origin = TrustOrigin::kSigned;
  if (options_->initial_head.has_value()) origin = TrustOrigin::kGiven;
  constexpr std::int64_t kMicroseconds = 1'000'000;
  return {.subject = subject_,
          .head = head,
          .origin = origin,
          .since_unix_s = means_.clock->NowUnixUs() / kMicroseconds};
}

Status HeadKeeper::CheckFirstContact() const {
  const bool is_allowed = options_->first_contact == FirstContact::kTrustOnFirstUse ||
                          !options_->pinned_key.empty() || options_->initial_head.has_value();
  if (is_allowed) return {};
  return Fail(
      Code::kInvalidArgument,
      "no trusted state of database {} of {} is kept: give one, or allow trust on first use",
      subject_.database, subject_.server);
}

void HeadKeeper::Trusted(const CallPtr& call, Callback<Head> done) {
  Head newest;
  {
    const MutexLock lock(mutex_);
    newest = newest_;
  }
  if (newest.has_value()) return done(newest);
  means_.executor->Post(
      [this, call, done = std::move(done)] { OnLoaded(call, means_.store->Load(subject_), done); });
}

void HeadKeeper::OnLoaded(const CallPtr& call, Result<std::optional<TrustRecord>> loaded,
                          const Callback<Head>& done) {
  if (!loaded) return done(loaded.error());
  const Head kept = loaded->has_value() ? Head((*loaded)->head) : std::nullopt;
  const Head& given = options_->initial_head;
  if (kept.has_value() && given.has_value() && *kept != *given) {
    // What the caller knows from elsewhere and what is kept must be of one history.
    return Link(call, *given, *kept, [this, kept, done](const Status& linked) {
      if (!linked) return done(linked.error());
      done(Begin(kept, kept));
    });
  }
  if (kept.has_value()) return done(Begin(kept, kept));
  if (const Status allowed = CheckFirstContact(); !allowed) return done(allowed.error());
  done(Begin(given, std::nullopt));
}

HeadKeeper::Head HeadKeeper::Begin(const Head& newest, const Head& saved) {
  const MutexLock lock(mutex_);
  if (newest_.has_value()) return newest_;  // Another call was faster.
  newest_ = newest;
  saved_ = saved;
  return newest_;
}

void HeadKeeper::Link(const CallPtr& call, const TreeHead& trusted, const TreeHead& claimed,
                      Callback<void> done) {
  if (trusted == claimed) return done({});
  if (trusted.size == claimed.size) {
    return done(Tampered(call, trusted, claimed, "two different trees have one size"));
  }
  const bool is_newer = trusted.size < claimed.size;
  const TreeHead older = is_newer ? trusted : claimed;
  const TreeHead newer = is_newer ? claimed : trusted;
  means_.source->FetchLink(
      call, older, newer,
      [call, trusted, claimed, older, newer, done = std::move(done)](Result<EntryProof> proof) {
        const bool is_unknown = !proof && (proof.error().code == Code::kConflict ||
                                           proof.error().code == Code::kNotFound);
        if (is_unknown) {
          return done(Tampered(call, trusted, claimed,
                               "the server no longer knows a state that it has shown before"));
        }
        if (!proof) return done(proof.error());
        const Status linked = VerifyLink(older, newer, *proof);
        if (linked) return done({});
        call->evidence.proof = *proof;
        done(Tampered(call, trusted, claimed, linked.error().message.c_str()));
      });
}

void HeadKeeper::Accept(const CallPtr& call, const Head& base, const TreeHead& head,
                        Callback<void> done) {
  IMMUDB_CHECK(head.size.value > 0);
  const bool needs_signature = !options_->pinned_key.empty();
  std::optional<TreeHead> other;  // To be linked with `head` first.
  {
    const MutexLock lock(mutex_);
    if (newest_.has_value() && *newest_ != head && newest_ != base) {
      other = newest_;
    } else if (newest_ != head && !needs_signature) {
      IMMUDB_CHECK(!newest_.has_value() || newest_->size <= head.size);
      newest_ = head;
    }
  }
  if (other.has_value()) {
    return Link(call, *other, head,
                [this, call, other, head, done = std::move(done)](const Status& linked) {
                  if (!linked) return done(linked.error());
                  if (head.size < other->size) return WaitUntilSaved(call, head.size, done);
                  Accept(call, other, head, done);
                });
  }
  if (needs_signature) return AcceptSigned(call, base, head, std::move(done));
  WaitUntilSaved(call, head.size, std::move(done));
}

void HeadKeeper::AcceptSigned(const CallPtr& call, const Head& base, const TreeHead& head,
                              Callback<void> done) {
  bool is_signed = false;
  {
    const MutexLock lock(mutex_);
    is_signed = newest_ == head && saved_ == head;  // What is kept is signed.
  }
  if (is_signed) return done({});
  means_.source->FetchSignedHead(
      call, [this, call, base, head, done = std::move(done)](Result<SignedHead> answer) {
        if (!answer) return done(answer.error());
        const TreeHead shown = answer->head;
        if (const Status valid = VerifySignedHead(*answer, options_->pinned_key); !valid) {
          return done(Tampered(call, head, shown, valid.error().message.c_str()));
        }
        if (shown.size < head.size) {
          return done(Tampered(call, head, shown, "the signed state is older than the answer"));
        }
        Link(call, head, shown, [this, call, base, shown, done](const Status& linked) {
          if (!linked) return done(linked.error());
          AdoptSigned(call, base, shown, done);
        });
      });
}

void HeadKeeper::AdoptSigned(const CallPtr& call, const Head& base, const TreeHead& head,
                             Callback<void> done) {
  Head other;
  {
    const MutexLock lock(mutex_);
    if (newest_.has_value() && newest_ != base && *newest_ != head) {
      other = newest_;
    } else {
      newest_ = head;
    }
  }
  if (!other.has_value()) return WaitUntilSaved(call, head.size, std::move(done));
  Link(call, *other, head, [this, call, other, head, done = std::move(done)](const Status& linked) {
    if (!linked) return done(linked.error());
    // The other head is signed too: it serves as well as this one.
    WaitUntilSaved(call, std::min(other->size, head.size), done);
  });
}

void HeadKeeper::AcceptShown(const CallPtr& call, const Head& trusted, const SignedHead& shown,
                             Callback<void> done) {
  const TreeHead& head = shown.head;
  const TreeHead before = trusted.value_or(TreeHead{});
  if (head.size < before.size) {
    return done(
        Tampered(call, before, head, "the server's history is shorter than the one trusted"));
  }
  if (head.size.value == 0) return done({});
  if (!options_->pinned_key.empty()) {
    const Status valid = VerifySignedHead(shown, options_->pinned_key);
    if (!valid) return done(Tampered(call, before, head, valid.error().message.c_str()));
  }
  // Not proven to continue anything: Accept links it with what is newest by now, if anything is.
  Accept(call, std::nullopt, head, std::move(done));
}

void HeadKeeper::Newest(const CallPtr& call, Callback<Head> done) {
  Head newest;
  {
    const MutexLock lock(mutex_);
    newest = newest_;
  }
  if (newest.has_value()) return done(newest);
  means_.executor->Post([this, call, done = std::move(done)] {
    const Result<std::optional<TrustRecord>> kept = means_.store->Load(subject_);
    if (!kept) return done(kept.error());
    done(kept->has_value() ? Head((*kept)->head) : options_->initial_head);
  });
}

void HeadKeeper::WaitUntilSaved(const CallPtr& call, TreeSize size, Callback<void> done) {
  bool is_saved = false;
  bool starts = false;
  {
    const MutexLock lock(mutex_);
    is_saved = saved_.has_value() && saved_->size >= size;
    if (!is_saved) {
      waiters_.push_back({call, size, done});
      starts = !is_saving_;
      is_saving_ = true;
      if (starts) save_until_ns_ = means_.clock->MonotonicNs() + kLockWaitNs;
    }
  }
  if (is_saved) return done({});
  if (starts) means_.executor->Post([this, call] { Save(); });
}

void HeadKeeper::Save() {
  Head expected;
  TreeHead target;
  CallPtr call;  // Keeps the client alive while a pause runs.
  {
    const MutexLock lock(mutex_);
    IMMUDB_CHECK(newest_.has_value());
    IMMUDB_CHECK(!waiters_.empty());
    expected = saved_;
    target = *newest_;
    call = waiters_.front().call;
  }
  const Result<TreeHead> kept = means_.store->Advance(expected, RecordOf(target));
  if (kept && *kept == target) return OnSaved(*kept);
  if (kept) return OnOtherHead(target, *kept);
  bool tries_again = false;
  if (kept.error().code == Code::kUnavailable) {
    const MutexLock lock(mutex_);
    tries_again = means_.clock->MonotonicNs() < save_until_ns_;
  }
  if (!tries_again) return FailWaiters(kept.error(), {});
  means_.executor->PostAfter(kLockPause, [this, call] { Save(); });
}

void HeadKeeper::OnSaved(const TreeHead& kept) {
  std::vector<Waiter> done;
  CallPtr next;
  {
    const MutexLock lock(mutex_);
    saved_ = kept;
    std::vector<Waiter> later;
    for (Waiter& waiter : waiters_) {
      (waiter.size <= kept.size ? done : later).push_back(std::move(waiter));
    }
    waiters_ = std::move(later);
    is_saving_ = !waiters_.empty();
    if (is_saving_) {
      next = waiters_.front().call;
      save_until_ns_ = means_.clock->MonotonicNs() + kLockWaitNs;
    }
  }
  if (next != nullptr) means_.executor->Post([this, next] { Save(); });
  for (const Waiter& waiter : done) waiter.done({});
}

void HeadKeeper::OnOtherHead(const TreeHead& target, const TreeHead& kept) {
  CallPtr call;
  {
    const MutexLock lock(mutex_);
    call = waiters_.front().call;
  }
  Link(call, kept, target, [this, call, kept](const Status& linked) {
    if (!linked) return FailWaiters(linked.error(), call->evidence);
    {
      const MutexLock lock(mutex_);
      saved_ = kept;
      if (newest_->size < kept.size) newest_ = kept;
    }
    means_.executor->Post([this, call] { Save(); });
  });
}

void HeadKeeper::FailWaiters(const Error& error, const Evidence& evidence) {
  std::vector<Waiter> failed;
  {
    const MutexLock lock(mutex_);
    failed.swap(waiters_);
    is_saving_ = false;
  }
  for (const Waiter& waiter : failed) {
    if (error.code == Code::kTampered) waiter.call->evidence = evidence;
    waiter.done(error);
  }
}

}  // namespace immudb::client
