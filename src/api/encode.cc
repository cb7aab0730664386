#include "api/encode.h"

#include <bit>
#include <utility>

#include "api/structured.h"
#include "api/wire.h"
#include "base/check.h"
#include "base/error.h"

namespace immudb::api {
namespace {

// Scalars with the default value are left out.
void AppendNumber(Bytes& out, std::uint32_t field, std::uint64_t value) {
  if (value != 0) AppendVarintField(out, field, value);
}

void AppendPlainBytes(Bytes& out, std::uint32_t field, BytesView value) {
  if (!value.empty()) AppendBytesField(out, field, value);
}

void AppendPath(Bytes& out, std::uint32_t field, const Path& path) {
  for (const Digest& digest : path) AppendBytesField(out, field, digest);
}

// The index of the newest leaf of a tree that has one.
std::uint64_t NewestIndex(TreeSize size) {
  IMMUDB_CHECK(size.value > 0);
  return size.value - 1;
}

// Room for an item's tags, lengths and index.
constexpr std::size_t kItemFramingBytesMax = 48;

}  // namespace

Status ToForm(Entry& entry, ValueForm form) {
  if (form == ValueForm::kPlain) return {};
  Result<Bytes> value = NormalizeStoredContent(entry.value);
  if (!value) return Fail(Code::kLimitExceeded, "{}", value.error().message);
  entry.value = *std::move(value);
  return {};
}

Bytes EncodeIndex(LeafIndex index) {
  Bytes out;
  AppendNumber(out, 1, index.value);
  return out;
}

Bytes EncodeItem(const Entry& entry, ValueForm form) {
  Bytes out;
  out.reserve(entry.key.size() + entry.value.size() + kItemFramingBytesMax);
  AppendPlainBytes(out, 1, entry.key);
  if (form == ValueForm::kStructured) {
    AppendBytesField(out, 2, entry.value);
  } else {
    AppendPlainBytes(out, 2, entry.value);
  }
  AppendNumber(out, 3, entry.index.value);
  return out;
}

Bytes EncodeProof(const EntryProof& proof) {
  Bytes out;
  AppendBytesField(out, 1, proof.inclusion.leaf);
  AppendNumber(out, 2, proof.inclusion.index.value);
  AppendBytesField(out, 3, proof.inclusion.head.root);
  AppendNumber(out, 4, NewestIndex(proof.inclusion.head.size));
  AppendPath(out, 5, proof.inclusion.path);
  AppendPath(out, 6, proof.consistency_path);
  return out;
}

Bytes EncodeSafeItem(const ProvenEntry& entry, ValueForm form) {
  const Bytes item = EncodeItem(entry.entry, form);
  const Bytes proof = EncodeProof(entry.proof);
  Bytes out;
  out.reserve(item.size() + proof.size() + kItemFramingBytesMax);
  AppendBytesField(out, 1, item);
  AppendBytesField(out, 2, proof);
  return out;
}

Bytes EncodeRootPayload(const TreeHead& head) {
  Bytes payload;
  if (head.size.value > 0) {
    AppendNumber(payload, 1, NewestIndex(head.size));
    AppendBytesField(payload, 2, head.root);
  }
  return payload;
}

Bytes EncodeRoot(const TreeHead& head) {
  Bytes out;
  AppendBytesField(out, 1, EncodeRootPayload(head));
  AppendBytesField(out, 2, {});  // The signature: clients look into it without asking.
  return out;
}

Bytes EncodeSignedRoot(const TreeHead& head, BytesView signature, BytesView public_key) {
  Bytes signature_message;
  AppendBytesField(signature_message, 1, signature);
  AppendBytesField(signature_message, 2, public_key);
  Bytes out;
  AppendBytesField(out, 1, EncodeRootPayload(head));
  AppendBytesField(out, 2, signature_message);
  return out;
}

Bytes EncodeInclusion(const InclusionProof& proof) {
  Bytes out;
  AppendNumber(out, 1, NewestIndex(proof.head.size));
  AppendNumber(out, 2, proof.index.value);
  AppendBytesField(out, 3, proof.head.root);
  AppendBytesField(out, 4, proof.leaf);
  AppendPath(out, 5, proof.path);
  return out;
}

Bytes EncodeConsistency(const ConsistencyProof& proof) {
  Bytes out;
  AppendNumber(out, 1, NewestIndex(proof.older));
  AppendNumber(out, 2, NewestIndex(proof.newer.size));
  AppendBytesField(out, 4, proof.newer.root);
  AppendPath(out, 5, proof.path);
  return out;
}

void AppendListItem(Bytes& list, const Entry& entry, ValueForm form) {
  AppendBytesField(list, 1, EncodeItem(entry, form));
}

void AppendSetItem(Bytes& list, const SortedSetItem& item, ValueForm form) {
  if (form == ValueForm::kStructured) return AppendListItem(list, item.entry, form);
  Bytes out;
  const Bytes entry = EncodeItem(item.entry, form);
  out.reserve(entry.size() + item.stored_key.size() + kItemFramingBytesMax);
  AppendBytesField(out, 1, entry);
  // -0 is another number than the default.
  if (std::bit_cast<std::uint64_t>(item.score) != 0) AppendDoubleField(out, 2, item.score);
  AppendPlainBytes(out, 3, item.stored_key);
  AppendNumber(out, 4, item.index.value);
  AppendBytesField(list, 1, out);
}

void AppendTreeNode(Bytes& layer, const TreeNode& node) {
  Bytes out;
  AppendBytesField(out, 1, node.key);
  AppendBytesField(out, 2, node.hash);
  AppendPlainBytes(out, 3, node.leaf_key);
  AppendNumber(out, 4, node.leaf_key.empty() ? 0 : 1);
  AppendNumber(out, 5, node.is_only_in_memory ? 1 : 0);
  AppendNumber(out, 6, node.is_root ? 1 : 0);
  AppendBytesField(layer, 1, out);
}

Bytes EncodeCount(std::uint64_t count) {
  Bytes out;
  AppendNumber(out, 1, count);
  return out;
}

Bytes EncodeEmptyConsistency(LeafIndex asked, const TreeHead& empty) {
  Bytes out;
  AppendNumber(out, 1, asked.value);
  AppendNumber(out, 2, ~std::uint64_t{0});  // The index before 0, as unsigned numbers wrap.
  AppendBytesField(out, 4, empty.root);
  return out;
}

}  // namespace immudb::api
