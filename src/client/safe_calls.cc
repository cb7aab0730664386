#include "client/safe_calls.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "immudb/verify.h"
#include "proof/stored_encoding.h"

namespace immudb::client {
namespace {

using Head = HeadKeeper::Head;

// Versions of a reference that are looked at with one call.
constexpr std::uint64_t kVersionsPerCall = 100;

Since SinceOf(const Head& trusted) {
  if (!trusted.has_value()) return std::nullopt;
  return LeafIndex{trusted->size.value - 1};
}

// The server refuses the state that it has proven before: its history is shorter now.
Error Refused(const CallPtr& call, const Head& trusted, const Error& error) {
  if (error.code != Code::kConflict || !trusted.has_value()) return error;
  call->evidence.trusted = trusted;
  return Fail(
      Code::kTampered,
      "the server's history is shorter than the state trusted, of {} entries: it was rolled "
      "back, or this is another server",
      trusted->size.value);
}

// Checks one entry with its proof, and notes what shows it if it does not hold.
Status CheckEntry(const CallPtr& call, const Item& stored, const EntryProof& proof,
                  const Head& trusted) {
  Status checked = VerifyEntry(stored.index, stored.key, stored.value, proof, trusted);
  if (!checked) call->evidence = {trusted, proof.inclusion.head, proof};
  return checked;
}

Error Lie(const CallPtr& call, const EntryProof& proof, const Head& trusted, const char* what) {
  call->evidence = {trusted, proof.inclusion.head, proof};
  return Fail(Code::kTampered, "{}", what);
}

// One verified read, over its steps.
struct Read {
  Core* core;
  CallPtr call;
  Bytes key;  // As asked for.
  ValueForm form;
  Callback<VerifiedItem> done;
  Head trusted;
  ProvenItem answer;
  std::optional<VerifiedWrite> reference;
};
// Shared by the steps, which hand it on.
using ReadPtr = std::shared_ptr<Read>;

void EndRead(const ReadPtr& read, Result<VerifiedItem> result) {
  if (!result) read->core->Report(read->call, result.error());
  read->done(std::move(result));
}

// All is checked; the head of the answer is the one to keep.
void KeepRead(const ReadPtr& read) {
  const InclusionProof& inclusion = read->answer.proof.inclusion;
  read->core->Keeper(read->call)
      .Accept(read->call, read->trusted, inclusion.head, [read](const Status& kept) {
        if (!kept) return EndRead(read, kept.error());
        VerifiedItem item{.item = std::move(read->answer.item),
                          .leaf = read->answer.proof.inclusion.leaf,
                          .head = read->answer.proof.inclusion.head,
                          .reference = read->reference};
        if (const Status formed = ToForm(item.item, read->form); !formed) {
          return EndRead(read, formed.error());
        }
        EndRead(read, std::move(item));
      });
}

bool Names(const Item& reference, const Bytes& key) {
  const Result<proof::TargetView> target = proof::DecodeTarget(reference.value);
  return target && std::equal(key.begin(), key.end(), target->key.begin(), target->key.end());
}

void OnReferenceProof(const ReadPtr& read, LeafIndex index, const Result<RpcReply>& reply) {
  if (!reply) return EndRead(read, Refused(read->call, read->trusted, reply.error()));
  const Result<ProvenItem> proven = DecodeSafeItem(reply->body);
  if (!proven) return EndRead(read, proven.error());
  // Stored under the name that was asked for, at the index that was asked for, in a tree that
  // continues the one of the answer.
  const Item stored{.key = read->key, .value = proven->item.value, .index = index, .timestamp = {}};
  const Head base = read->answer.proof.inclusion.head;
  if (const Status checked = CheckEntry(read->call, stored, proven->proof, base); !checked) {
    return EndRead(read, checked.error());
  }
  if (!Names(stored, read->answer.item.key)) {
    return EndRead(read, Lie(read->call, proven->proof, base,
                             "the entry is not the target of the key asked for"));
  }
  read->reference =
      VerifiedWrite{index, proven->proof.inclusion.leaf, proven->proof.inclusion.head};
  KeepRead(read);
}

// Looks through the versions of the key asked for, the newest first, for the one that names the
// entry. The server has followed one of them; a newer one may have come meanwhile.
void FindReference(const ReadPtr& read, std::uint64_t before) {
  HistoryRequest request{.key = read->key, .offset = before, .limit = kVersionsPerCall};
  read->core->Send(
      read->call, {"History", EncodeHistory(request)}, [read, before](Result<RpcReply> reply) {
        if (!reply) return EndRead(read, reply.error());
        const Result<std::vector<Item>> versions = DecodeItems(reply->body, ValueForm::kRaw);
        if (!versions) return EndRead(read, versions.error());
        for (const Item& version : *versions) {
          if (!Names(version, read->answer.item.key)) continue;
          const LeafIndex index = version.index;
          const LeafIndex since{read->answer.proof.inclusion.head.size.value - 1};
          return read->core->Send(read->call, {"BySafeIndex", EncodeSafeIndex(index, since)},
                                  [read, index](const Result<RpcReply>& proven) {
                                    OnReferenceProof(read, index, proven);
                                  });
        }
        const std::uint64_t last = versions->empty() ? 0 : versions->back().index.value;
        const bool goes_on = last != 0 && (before == 0 || last < before);
        if (goes_on) return FindReference(read, last);
        EndRead(read, Lie(read->call, read->answer.proof, read->trusted,
                          "the entry has another key than the one asked for"));
      });
}

void OnReadAnswer(const ReadPtr& read, Result<RpcReply> reply) {
  if (!reply) return EndRead(read, Refused(read->call, read->trusted, reply.error()));
  Result<ProvenItem> answer = DecodeSafeItem(reply->body);
  if (!answer) return EndRead(read, answer.error());
  read->answer = *std::move(answer);
  const Status checked =
      CheckEntry(read->call, read->answer.item, read->answer.proof, read->trusted);
  if (!checked) return EndRead(read, checked.error());
  if (read->answer.item.key == read->key) return KeepRead(read);
  FindReference(read, 0);
}

}  // namespace

void RunSafeGet(Core& core, const CallPtr& call, Bytes key, ValueForm form,
                Callback<VerifiedItem> done) {
  auto read = std::make_shared<Read>();
  read->core = &core;
  read->call = call;
  read->key = std::move(key);
  read->form = form;
  read->done = std::move(done);
  core.Keeper(call).Trusted(call, [read](Result<Head> trusted) {
    if (!trusted) return EndRead(read, trusted.error());
    read->trusted = *trusted;
    read->core->Send(read->call, {"SafeGet", EncodeSafeGet(read->key, SinceOf(read->trusted))},
                     [read](Result<RpcReply> reply) { OnReadAnswer(read, std::move(reply)); });
  });
}

void RunSafeByIndex(Core& core, const CallPtr& call, LeafIndex index, ValueForm form,
                    Callback<VerifiedItem> done) {
  auto read = std::make_shared<Read>();
  read->core = &core;
  read->call = call;
  read->form = form;
  read->done = std::move(done);
  const auto on_answer = [read, index](const Result<RpcReply>& reply) {
    if (!reply) return EndRead(read, Refused(read->call, read->trusted, reply.error()));
    Result<ProvenItem> answer = DecodeSafeItem(reply->body);
    if (!answer) return EndRead(read, answer.error());
    read->answer = *std::move(answer);
    read->answer.item.index = index;  // What is proven is the index that was asked for.
    const Status checked =
        CheckEntry(read->call, read->answer.item, read->answer.proof, read->trusted);
    if (!checked) return EndRead(read, checked.error());
    KeepRead(read);
  };
  core.Keeper(call).Trusted(call, [read, index, on_answer](Result<Head> trusted) {
    if (!trusted) return EndRead(read, trusted.error());
    read->trusted = *trusted;
    Bytes request = EncodeSafeIndex(index, SinceOf(read->trusted));
    read->core->Send(read->call, {"BySafeIndex", std::move(request)}, on_answer);
  });
}

namespace {

// One verified write, over its steps.
struct Write {
  Core* core;
  CallPtr call;
  SafeWrite write;
  Callback<VerifiedWrite> done;
  Head trusted;
};
// Shared by the steps, which hand it on.
using WritePtr = std::shared_ptr<Write>;

void EndWrite(const WritePtr& write, Result<VerifiedWrite> result) {
  if (!result) write->core->Report(write->call, result.error());
  write->done(std::move(result));
}

void OnWritten(const WritePtr& write, const Result<RpcReply>& reply) {
  if (!reply) return EndWrite(write, Refused(write->call, write->trusted, reply.error()));
  const Result<EntryProof> proof = DecodeProof(reply->body);
  if (!proof) return EndWrite(write, proof.error());
  const LeafIndex index = proof->inclusion.index;
  const Item stored{
      .key = write->write.key, .value = write->write.value, .index = index, .timestamp = {}};
  if (const Status checked = CheckEntry(write->call, stored, *proof, write->trusted); !checked) {
    return EndWrite(write, checked.error());
  }
  if (write->trusted.has_value() && index.value < write->trusted->size.value) {
    return EndWrite(write, Lie(write->call, *proof, write->trusted,
                               "the server has answered with an entry from before the write"));
  }
  const VerifiedWrite written{index, proof->inclusion.leaf, proof->inclusion.head};
  write->core->Keeper(write->call)
      .Accept(write->call, write->trusted, proof->inclusion.head,
              [write, written](const Status& kept) {
                if (kept) return EndWrite(write, written);
                const Error& error = kept.error();
                if (error.code == Code::kTampered) return EndWrite(write, error);
                EndWrite(write, Fail(error.code,
                                     "entry {} was written and proven, but not kept as trusted: {}",
                                     written.index.value, error.message));
              });
}

}  // namespace

void RunSafeWrite(Core& core, const CallPtr& call, SafeWrite write, Callback<VerifiedWrite> done) {
  const auto state =
      std::make_shared<Write>(Write{&core, call, std::move(write), std::move(done), std::nullopt});
  core.Keeper(call).Trusted(call, [state](Result<Head> trusted) {
    if (!trusted) return EndWrite(state, trusted.error());
    state->trusted = *trusted;
    Bytes request = state->write.encode(SinceOf(state->trusted));
    state->core->Send(state->call, {state->write.method, std::move(request), Effect::kChanges},
                      [state](const Result<RpcReply>& reply) { OnWritten(state, reply); });
  });
}

void RunSafeCurrentRoot(Core& core, const CallPtr& call, Callback<SignedHead> done) {
  const auto end = [&core, call, done = std::move(done)](Result<SignedHead> result) {
    if (!result) core.Report(call, result.error());
    done(std::move(result));
  };
  core.Keeper(call).Trusted(call, [&core, call, end](Result<Head> trusted) {
    if (!trusted) return end(trusted.error());
    core.FetchSignedHead(call, [&core, call, end, trusted = *trusted](Result<SignedHead> shown) {
      if (!shown) return end(shown.error());
      core.Keeper(call).AcceptShown(call, trusted, *shown,
                                    [end, shown = *shown](const Status& kept) {
                                      if (!kept) return end(kept.error());
                                      end(shown);
                                    });
    });
  });
}

}  // namespace immudb::client
