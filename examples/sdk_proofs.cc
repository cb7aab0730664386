// Proofs by hand: what the verified calls do, with the functions of immudb/verify.h.
//
//   sdk_proofs PORT STATE_FOLDER

#include "immudb/verify.h"
#include "sdk_example.h"

namespace {

using immudb::AsBytes;

immudb::Status Run(immudb::Client& client) {
  const immudb::CallOptions raw{.form = immudb::ValueForm::kRaw, .deadline = {}};
  const auto index = client.Set(AsBytes("key"), AsBytes("value"), raw);
  if (!index) return index.error();
  const auto before = client.CurrentRoot();
  if (!before) return before.error();
  if (const auto more = client.Set(AsBytes("key"), AsBytes("value 2"), raw); !more) {
    return more.error();
  }

  // The entry is in the newest tree ...
  const auto inclusion = client.Inclusion(*index);
  if (!inclusion) return inclusion.error();
  if (inclusion->index != *index ||
      inclusion->leaf != immudb::EntryDigest(*index, AsBytes("key"), AsBytes("value"))) {
    return immudb::Error{immudb::Code::kTampered, "the proof is of another entry"};
  }
  if (const auto holds = immudb::VerifyInclusion(*inclusion); !holds) return holds;

  // ... and that tree begins with the one that was there before.
  const auto consistency = client.Consistency({before->head.size.value - 1});
  if (!consistency) return consistency.error();
  if (const auto holds = immudb::VerifyConsistency(before->head, *consistency); !holds) {
    return holds;
  }

  // The same in one call, with what this client trusts kept for the next time.
  const auto root = client.SafeCurrentRoot();
  if (!root) return root.error();
  std::printf("entry %llu is proven, in a history of %llu entries\n",
              static_cast<unsigned long long>(index->value),
              static_cast<unsigned long long>(root->head.size.value));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return sdk_example::Main(argc, argv, Run);
}
