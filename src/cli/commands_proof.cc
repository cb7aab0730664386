// Commands about the tree: current, inclusion, check-consistency.

#include <algorithm>

#include "base/error.h"
#include "base/hex.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "immudb/verify.h"

namespace immudb::cli {
namespace {

Result<Digest> HashArgument(Context& context, std::size_t number) {
  const Result<Bytes> bytes = FromHex(context.arguments[number]);
  Digest digest{};
  if (!bytes || bytes->size() != digest.size()) {
    return UsageError(context, Text("invalid hash length or digit: \"{}\" is not 64 hex digits",
                                    context.arguments[number]));
  }
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

Status Current(Context& context) {
  const auto root = context.client->CurrentRoot();
  if (!root) return root.error();
  Print(HeadText(root->head, context.style));
  return {};
}

Status Inclusion(Context& context) {
  IMMUDB_ASSIGN(const std::uint64_t number, NumberArgument(context, 0));
  const LeafIndex index{number};
  Digest leaf{};
  const bool is_given = context.arguments.size() > 1;
  if (is_given) {
    IMMUDB_ASSIGN(leaf, HashArgument(context, 1));
  }
  const auto proof = context.client->Inclusion(index);
  if (!proof) return proof.error();
  if (!is_given) {
    // What is stored, whatever it is.
    const auto item = context.client->ByIndex(index, {.form = ValueForm::kRaw, .deadline = {}});
    if (!item) return item.error();
    leaf = EntryDigest(index, item->key, item->value);
  }
  const bool verified = proof->index == index && proof->leaf == leaf && VerifyInclusion(*proof);
  Print(ProofText({.verified = verified,
                   .first_label = "hash",
                   .first_hash = ToHex(proof->leaf),
                   .first_index = number,
                   .second_label = "root",
                   .second_hash = ToHex(proof->head.root),
                   .second_index = proof->head.size.value - 1},
                  context.style));
  if (!verified) return Fail(Code::kTampered, "entry {} is not in the tree with this hash", number);
  return {};
}

Status CheckConsistency(Context& context) {
  IMMUDB_ASSIGN(const std::uint64_t number, NumberArgument(context, 0));
  IMMUDB_ASSIGN(const Digest root, HashArgument(context, 1));
  const auto proof = context.client->Consistency(LeafIndex{number});
  if (!proof) return proof.error();
  const TreeHead older{TreeSize{number + 1}, root};
  const bool verified = VerifyConsistency(older, *proof).has_value();
  Print(ProofText({.verified = verified,
                   .first_label = "firstRoot",
                   .first_hash = verified ? ToHex(root) : "",
                   .first_index = number,
                   .second_label = "secondRoot",
                   .second_hash = ToHex(proof->newer.root),
                   .second_index = proof->newer.size.value - 1},
                  context.style));
  if (!verified) {
    return Fail(Code::kTampered, "the tree does not begin with the one of this hash and index {}",
                number);
  }
  return {};
}

}  // namespace

std::vector<Command> ProofCommands() {
  constexpr std::size_t kAny = 1000;
  return {
      {.name = "current",
       .aliases = {"crt"},
       .help = "print the newest index and root, as the server says",
       .run = Current},
      {.name = "inclusion",
       .aliases = {"i"},
       .words = "index [hash]",
       .arguments_min = 1,
       .arguments_max = kAny,
       .help = "check that an entry is in the tree",
       .run = Inclusion},
      {.name = "check-consistency",
       .aliases = {"c"},
       .words = "index hash",
       .arguments_min = 2,
       .arguments_max = kAny,
       .help = "check that the tree begins with an older one",
       .run = CheckConsistency},
  };
}

}  // namespace immudb::cli
